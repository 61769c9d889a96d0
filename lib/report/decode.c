/* SPDX-License-Identifier: MIT */
/* One record into the model: see decode.h.  Offline. */
#include "report/decode.h"

#include <string.h>

#define ARGS_MAX 65536

struct decoding {
	struct alck_report *report;
	int malformed;
};

/* Where a field of a record goes. */
struct slot {
	uint8_t field, type;
	size_t offset;
};

#define UINT(id, member)                                                      \
	{                                                                     \
		ALCK_FIELD_##id, ALCK_TYPE_UINT, offsetof(struct ROW, member) \
	}
#define TEXT(id, member)                                                      \
	{                                                                     \
		ALCK_FIELD_##id, ALCK_TYPE_TEXT, offsetof(struct ROW, member) \
	}
#define BYTES(id, member)                                                      \
	{                                                                      \
		ALCK_FIELD_##id, ALCK_TYPE_BYTES, offsetof(struct ROW, member) \
	}
#define WORDS(id, member)                                                      \
	{                                                                      \
		ALCK_FIELD_##id, ALCK_TYPE_WORDS, offsetof(struct ROW, member) \
	}
#define END             \
	{               \
		0, 0, 0 \
	}

#define ROW alck_report_process
static const struct slot process_slots[] = {
	UINT(PID, pid),
	UINT(PPID, ppid),
	UINT(STARTED, started),
	UINT(LAUNCHER, launcher),
	TEXT(EXE, exe),
	TEXT(LIBC, libc),
	TEXT(TOOL, tool),
	TEXT(OPTIONS, options),
	TEXT(PARENT_REPORT, parent_report),
	END,
};
#undef ROW

#define ROW alck_report_module
static const struct slot module_slots[] = {
	UINT(TIME, time),
	UINT(BIAS, bias),
	UINT(LOW, low),
	UINT(HIGH, high),
	UINT(NAMESPACE, name_space),
	UINT(UNLOADED, unloaded),
	UINT(DEEP_BOUND, deep_bound),
	UINT(BINDS_MALLOC, binds_malloc),
	UINT(BINDS_REALLOC, binds_realloc),
	UINT(BINDS_FREE, binds_free),
	UINT(BINDS_NEW, binds_new),
	UINT(BINDS_DELETE, binds_delete),
	TEXT(PATH, path),
	BYTES(BUILD_ID, build_id),
	END,
};
#undef ROW

#define ROW alck_report_provider
static const struct slot provider_slots[] = {
	UINT(MODULE, module),
	UINT(GLOBAL, global),
	UINT(TIME, time),
	UINT(NAMESPACE, name_space),
	TEXT(FAMILY, family),
	TEXT(TITLE, title),
	TEXT(HOW, how),
	TEXT(ASKED, asked),
	TEXT(FOUND_BY, found_by),
	TEXT(FOLDER, folder),
	UINT(ASKER, asker),
	TEXT(VERSION, version),
	TEXT(PATH, path),
	BYTES(BUILD_ID, build_id),
	END,
};
#undef ROW

#define ROW alck_report_finding
static const struct slot finding_slots[] = {
	UINT(TIME, time),
	UINT(THREAD, thread),
	UINT(POINTER, pointer),
	UINT(SIZE, size),
	UINT(ALLOCATED, allocated),
	UINT(OWNER, owner),
	UINT(FREER, freer),
	UINT(ALLOC_THREAD, alloc_thread),
	UINT(FREED_THREAD, freed_thread),
	UINT(ALLOC_TIME, alloc_time),
	UINT(FREED_TIME, freed_time),
	UINT(OBJECT, object),
	UINT(OBJECT_PROVIDER, object_provider),
	UINT(GLOBAL_PROVIDER, global_provider),
	UINT(LATE, late),
	UINT(PRIVATE, private),
	UINT(WORD_BEFORE, word_before),
	UINT(INSIDE, inside),
	UINT(TAIL_CALL, tail_call),
	UINT(ARENA_AT, arena_at),
	UINT(SPARED_BY_MODULE, spared_by_module),
	TEXT(SPARED, spared),
	UINT(ARENA, arena),
	UINT(ARENA_LOCK, arena_lock),
	UINT(FORK_THREAD, fork_thread),
	UINT(FORK_SINCE, fork_since),
	TEXT(CODE, code),
	TEXT(SLUG, slug),
	TEXT(SEVERITY, severity),
	TEXT(VERDICT, verdict),
	TEXT(ACTION, action),
	TEXT(API, api),
	TEXT(ALLOC_API, alloc_api),
	TEXT(FREED_API, freed_api),
	TEXT(OBJECT_API, object_api),
	TEXT(WILD, wild),
	TEXT(ASKED, asked),
	TEXT(OTHER_FILE, other_file),
	TEXT(OTHER_FROM, other_from),
	BYTES(OTHER_BUILD_ID, other_build_id),
	UINT(OTHER_NAMED, other_named),
	UINT(REBINDER, tool),
	UINT(ALIGNMENT, alignment),
	UINT(BLOCKS, blocks),
	UINT(BYTES, bytes),
	UINT(GIVEN_SIZE, given_size),
	TEXT(CHILD, child),
	TEXT(LOST, lost),
	TEXT(MESSAGE, message),
	WORDS(STACK, stack),
	WORDS(ALLOC_STACK, alloc_stack),
	WORDS(FREED_STACK, freed_stack),
	WORDS(LOAD_STACK, load_stack),
	END,
};
#undef ROW

#define ROW alck_report_event
static const struct slot event_slots[] = {
	UINT(TIME, time),
	UINT(THREAD, thread),
	UINT(MODULE, module),
	TEXT(KIND, kind),
	TEXT(MESSAGE, message),
	TEXT(PATH, path),
	END,
};
#undef ROW

#define ROW alck_report_coverage
static const struct slot coverage_slots[] = {
	TEXT(PATH, path),
	TEXT(SEEN, seen),
	TEXT(WHY, why),
	END,
};
#undef ROW

#define ROW alck_report_counters
static const struct slot counters_slots[] = {
	UINT(UNTRACKED, untracked),
	UINT(UNKNOWN_FREES, unknown_frees),
	UINT(UNRECORDED, unrecorded),
	UINT(SHORT_STACKS, short_stacks),
	UINT(LOST_STACKS, lost_stacks),
	UINT(LOST_AGES, lost_ages),
	END,
};
#undef ROW

#define ROW alck_report_host
static const struct slot host_slots[] = {
	TEXT(PROCESSOR, processor),
	TEXT(CPU_VENDOR, vendor),
	TEXT(KERNEL, kernel),
	TEXT(SPLIT_LOCK_MODE, split_lock_mode),
	UINT(CPU_FAMILY, cpu_family),
	UINT(CPU_MODEL, cpu_model),
	UINT(HYPERVISOR, hypervisor),
	UINT(SPLIT_LOCK_DETECT, split_lock_detect),
	UINT(BUS_LOCK_DETECT, bus_lock_detect),
	UINT(SPLIT_LOCK_MITIGATE, mitigate),
	END,
};
#undef ROW

#define ROW alck_report_crash
static const struct slot crash_slots[] = {
	UINT(TIME, time),
	UINT(THREAD, thread),
	UINT(SIGNAL, signal),
	UINT(SIGNAL_CODE, code),
	UINT(FAULT_ADDRESS, fault),
	UINT(SENDER, sender),
	UINT(PC, pc),
	UINT(FREER, provider),
	TEXT(API, api),
	WORDS(REGISTERS, registers),
	WORDS(STACK, stack),
	END,
};
#undef ROW

#define ROW alck_report_held
static const struct slot held_slots[] = {
	TEXT(REGISTER, name),
	TEXT(STATE, state),
	UINT(POINTER, pointer),
	UINT(BEGIN, begin),
	UINT(SIZE, size),
	UINT(ALLOCATED, allocated),
	UINT(OWNER, owner),
	TEXT(ALLOC_API, alloc_api),
	UINT(ALLOC_THREAD, alloc_thread),
	WORDS(ALLOC_STACK, alloc_stack),
	TEXT(FREED_API, freed_api),
	UINT(FREED_THREAD, freed_thread),
	WORDS(FREED_STACK, freed_stack),
	END,
};
#undef ROW

#define ROW alck_report_end
static const struct slot end_slots[] = {
	TEXT(ENDED, ended),
	UINT(STATUS, status),
	UINT(TIME, time),
	END,
};
#undef ROW

static uint64_t little_endian(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 8; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* Stores the field in VIEW to the member at OUT.  Returns 0 when its length is
 * wrong for its type. */
static int store(struct alck_arena *arena, const struct alck_field_view *view,
		 char *out)
{
	struct alck_number number;
	struct alck_words words;
	struct alck_bytes bytes;
	const char *text;
	uint64_t *copy;

	switch (view->type) {
	case ALCK_TYPE_UINT:
		if (!view->len || view->len > 8)
			return 0;
		number.value = alck_field_uint(view);
		number.set = 1;
		memcpy(out, &number, sizeof(number));
		return 1;
	case ALCK_TYPE_TEXT:
		if (memchr(view->value, 0, view->len))
			return 0;
		text = alck_arena_text(arena, view->value, view->len);
		if (text)
			memcpy(out, &text, sizeof(text));
		return 1;
	case ALCK_TYPE_BYTES:
		bytes.value = (unsigned char *)alck_arena_text(
			arena, view->value, view->len);
		bytes.len = bytes.value ? view->len : 0;
		memcpy(out, &bytes, sizeof(bytes));
		return 1;
	case ALCK_TYPE_WORDS:
		if (view->len % 8)
			return 0;
		copy = alck_arena_alloc(arena, view->len);
		words.value = copy;
		words.count = copy ? view->len / 8 : 0;
		for (size_t i = 0; i < words.count; i++)
			copy[i] = little_endian(view->value + 8 * i);
		memcpy(out, &words, sizeof(words));
		return 1;
	}
	return 0;
}

/* Fills ROW from the record's fields.  What it does not name stays as it was,
 * so that a second record with the same ID updates the first. */
static void fill(struct decoding *d, const struct alck_record *record,
		 const struct slot *slots, void *row)
{
	struct alck_field_view view;
	size_t position = 0;
	int more, bad = 0;

	while ((more = alck_field_next(record, &position, &view)) > 0) {
		for (const struct slot *s = slots; row && s->field; s++) {
			if (s->field != view.number)
				continue;
			if (s->type != view.type ||
			    !store(&d->report->arena, &view,
				   (char *)row + s->offset))
				bad = 1;
		}
	}
	if (more < 0 || bad)
		d->malformed = 1;
}

/* The UINT field NUMBER of a record; not set when it is not there. */
static struct alck_number uint_field(const struct alck_record *record,
				     unsigned int number)
{
	struct alck_number value = {0, 0};
	struct alck_field_view view;
	size_t position = 0;

	while (alck_field_next(record, &position, &view) > 0)
		if (view.number == number && view.type == ALCK_TYPE_UINT &&
		    view.len && view.len <= 8)
			value = (struct alck_number){alck_field_uint(&view), 1};
	return value;
}

/* argv comes as one field an argument; a later record's list replaces the
 * earlier one. */
static void read_args(struct decoding *d, const struct alck_record *record)
{
	struct alck_report_process *process = &d->report->process;
	struct alck_field_view view;
	size_t position = 0, count = 0;
	const char **args;

	while (alck_field_next(record, &position, &view) > 0)
		count += view.number == ALCK_FIELD_ARG &&
			 view.type == ALCK_TYPE_TEXT;
	if (!count || count > ARGS_MAX)
		return;
	args = alck_arena_alloc(&d->report->arena, count * sizeof(*args));
	if (!args)
		return;
	count = 0;
	position = 0;
	while (alck_field_next(record, &position, &view) > 0) {
		if (view.number != ALCK_FIELD_ARG ||
		    view.type != ALCK_TYPE_TEXT)
			continue;
		args[count] = alck_arena_text(&d->report->arena, view.value,
					      view.len);
		if (args[count])
			count++;
	}
	process->args = args;
	process->nargs = count;
}

static void raise_to(struct alck_number *number, struct alck_number other)
{
	if (other.set && (!number->set || other.value > number->value))
		*number = other;
}

/* Counts only grow, so the largest is the newest. */
static void read_counters(struct decoding *d, const struct alck_record *record)
{
	struct alck_report_counters *all = &d->report->counters;
	struct alck_report_counters now = {0};

	fill(d, record, counters_slots, &now);
	raise_to(&all->untracked, now.untracked);
	raise_to(&all->unknown_frees, now.unknown_frees);
	raise_to(&all->unrecorded, now.unrecorded);
	raise_to(&all->short_stacks, now.short_stacks);
	raise_to(&all->lost_stacks, now.lost_stacks);
	raise_to(&all->lost_ages, now.lost_ages);
}

/* One record tells of the process, each further one of a block. */
static void read_crash(struct decoding *d, const struct alck_record *record)
{
	struct alck_field_view view;
	size_t position = 0;

	while (alck_field_next(record, &position, &view) > 0)
		if (view.number == ALCK_FIELD_REGISTER) {
			fill(d, record, held_slots,
			     alck_report_add_held(d->report));
			return;
		}
	d->report->crash.set = 1;
	fill(d, record, crash_slots, &d->report->crash);
}

int alck_decode(struct alck_report *report, const struct alck_record *record)
{
	struct decoding decoding = {report, 0}, *d = &decoding;
	struct alck_number id = uint_field(record, ALCK_FIELD_ID);
	struct alck_report_finding *finding;

	report->nrecords++;
	switch (record->type) {
	case ALCK_RECORD_MODULE:
	case ALCK_RECORD_PROVIDER:
	case ALCK_RECORD_FINDING:
	case ALCK_RECORD_COUNT:
		if (!id.set)
			return 1;
	}
	switch (record->type) {
	case ALCK_RECORD_PROCESS:
		fill(d, record, process_slots, &report->process);
		read_args(d, record);
		break;
	case ALCK_RECORD_MODULE:
		fill(d, record, module_slots,
		     alck_report_add_module(report, id.value));
		break;
	case ALCK_RECORD_PROVIDER:
		fill(d, record, provider_slots,
		     alck_report_add_provider(report, id.value));
		break;
	case ALCK_RECORD_FINDING:
		finding = alck_report_add_finding(report, id.value);
		fill(d, record, finding_slots, finding);
		if (finding)
			raise_to(&finding->count,
				 uint_field(record, ALCK_FIELD_COUNT));
		break;
	case ALCK_RECORD_COUNT:
		finding = alck_report_add_finding(report, id.value);
		fill(d, record, NULL, NULL);
		if (finding)
			raise_to(&finding->count,
				 uint_field(record, ALCK_FIELD_COUNT));
		break;
	case ALCK_RECORD_EVENT:
		fill(d, record, event_slots, alck_report_add_event(report));
		break;
	case ALCK_RECORD_COVERAGE:
		fill(d, record, coverage_slots,
		     alck_report_add_coverage(report));
		break;
	case ALCK_RECORD_COUNTERS:
		read_counters(d, record);
		break;
	case ALCK_RECORD_HOST:
		report->host.set = 1;
		fill(d, record, host_slots, &report->host);
		break;
	case ALCK_RECORD_CRASH:
		read_crash(d, record);
		break;
	case ALCK_RECORD_END:
		fill(d, record, end_slots, &report->end);
		break;
	}
	return d->malformed;
}
