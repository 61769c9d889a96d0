/* SPDX-License-Identifier: MIT */
/* The report file: see recorder.h.  Signal-safe. */
#include <time.h>

#include "preload/binding.h"
#include "preload/channel.h"
#include "preload/events.h"
#include "preload/hiding.h"
#include "preload/journal.h"
#include "preload/kin.h"
#include "preload/modules.h"
#include "preload/providers.h"
#include "preload/recorder.h"
#include "preload/report-file.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define PATH_SIZE 4352
/* The first one to write looks up versions and names, for as long as 50 ms: who
 * waits yields a few times, and then naps, two seconds in all. */
#define YIELDS 100
#define NAPS   20000
#define NAP    50000 /* ns */

static int lock;	 /* process ID of whoever holds it */
static int pid;		 /* that the report below belongs to */
static uint8_t epoch;	 /* counts reports: marks what each holds */
static uint32_t nevents; /* in the journal */
static unsigned char buffer[ALCK_RECORD_HEAD + ALCK_RECORD_TAIL + 32768];
static struct alck_record_writer writer;

/* Where the journal goes, and how far it got there. */
static enum sink { NOWHERE, FILE_OF_OURS, LAUNCHER } sink;
static const struct alck_piece *written;
static uint32_t skip, refusals; /* tries to leave out */

/* ----------------------------------------------------------------- the lock */

static int take(struct alck_thread *t)
{
	const struct timespec nap = {0, NAP};
	int self = alck_thread_process(t);

	if (t->busy)
		return -1;
	for (int i = 0; i < YIELDS + NAPS; i++) {
		int holder = 0;

		if (__atomic_compare_exchange_n(&lock, &holder, self, 0,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED)) {
			t->busy = ALCK_BUSY_RECORDING;
			return 0;
		}
		/* A thread of the parent held it when we were forked. */
		if (holder != self &&
		    __atomic_compare_exchange_n(&lock, &holder, self, 0,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED)) {
			t->busy = ALCK_BUSY_RECORDING;
			return 0;
		}
		if (i < YIELDS)
			alck_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		else
			alck_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	}
	return -1;
}

static void release(struct alck_thread *t)
{
	t->busy = 0;
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

/* -------------------------------------------------------------- the journal */

/* Writes what has not been written yet, in order.  Returns 0, or -1 where it
 * went no further. */
static int drain(int (*write)(const unsigned char *bytes, size_t len))
{
	const struct alck_piece *p =
		written ? written->next : alck_journal.first;

	for (; p; p = p->next) {
		if (write(p->bytes, p->len))
			return -1;
		written = p;
	}
	return 0;
}

/* All of it goes from the start to where it never was. */
static int open_sink(enum sink to)
{
	if (to == FILE_OF_OURS ? alck_report_file_create(pid)
			       : alck_channel_open())
		return -1;
	sink = to;
	written = NULL;
	return 0;
}

static int is_all_written(void)
{
	return written == alck_journal.last;
}

/* Brings the journal to the file, or where it can take no more to the launcher.
 * Returns 0 when nothing is left to be written. */
static int deliver(void)
{
	if (skip) {
		skip--;
		return -1;
	}
	if (sink == LAUNCHER && drain(alck_channel_write))
		sink = NOWHERE;
	if (sink == NOWHERE)
		open_sink(FILE_OF_OURS);
	if (sink == FILE_OF_OURS && drain(alck_report_file_write) &&
	    (!written || !alck_report_file_path()[0]))
		sink = NOWHERE;
	if ((sink == NOWHERE || (sink == FILE_OF_OURS && !is_all_written())) &&
	    !open_sink(LAUNCHER))
		drain(alck_channel_write);
	if (sink != NOWHERE && is_all_written()) {
		refusals = 0;
		return 0;
	}
	/* In vain: not with every event and count again. */
	skip = 1u << (refusals < 8 ? refusals : 8);
	skip--;
	refusals++;
	return -1;
}

/* Closes the record and keeps it; it is written with the next deliver().
 * Returns -1 where there is no memory to keep it in. */
static int put(struct alck_record_writer *w)
{
	return alck_journal_add(w->buf, alck_record_end(w));
}

/* -------------------------------------------------- what every report holds */

static void put_process(int ppid, const char *parent)
{
	struct alck_record_writer *w = &writer;
	struct alck_provider *libc = NULL;
	char text[64];
	struct alck_text t;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_PROCESS);
	alck_record_uint(w, ALCK_FIELD_PID, (uint64_t)pid);
	alck_record_uint(w, ALCK_FIELD_PPID, (uint64_t)ppid);
	if (parent[0])
		alck_record_text(w, ALCK_FIELD_PARENT_REPORT, parent);
	alck_record_uint(w, ALCK_FIELD_LAUNCHER,
			 (uint64_t)alck_channel_launcher());
	alck_record_text(w, ALCK_FIELD_EXE, alck_module(0)->path);
	for (int i = 0; i < alck_runtime.argc && w->used < 16384; i++)
		alck_record_text(w, ALCK_FIELD_ARG, alck_runtime.argv[i]);
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX && !libc; i++) {
		struct alck_provider *p = alck_provider(i);

		if (p && p->module->is_libc && !p->module->name_space)
			libc = p;
	}
	if (libc) {
		alck_text_begin(&t, text, sizeof(text));
		alck_text_add(&t, "glibc ");
		alck_text_add(&t, alck_provider_version(libc));
		alck_record_text(w, ALCK_FIELD_LIBC, text);
	}
	alck_record_uint(w, ALCK_FIELD_STARTED, alck_runtime.started_real);
	alck_record_text(w, ALCK_FIELD_TOOL, "alloccheck " PACKAGE_VERSION);
	alck_record_text(w, ALCK_FIELD_OPTIONS, alck_runtime.options_text);
	put(w);
}

/* NAME as the reader finds it from elsewhere: a program may load "./x.so".
 * What has no slash is no file (linux-vdso.so.1). */
static const char *findable(const char *name)
{
	static char absolute[PATH_SIZE];
	struct alck_text t;
	const char *p = name;

	while (*p && *p != '/')
		p++;
	if (p == name || !*p || !alck_runtime.cwd)
		return name;
	if (name[0] == '.' && name[1] == '/')
		name += 2;
	alck_text_begin(&t, absolute, sizeof(absolute));
	alck_text_add(&t, alck_runtime.cwd);
	alck_text_add(&t, "/");
	alck_text_add(&t, name);
	return absolute;
}

/* What its calls of malloc and the like are bound to by now. */
static void add_bindings(struct alck_module *m)
{
	if (m->at_start && !m->retired)
		alck_binding_note(m);
	if (!m->bound_noted)
		return;
	alck_binding_look(m, 0);
	for (unsigned int i = 0; i < ALCK_BOUND_CALLS; i++)
		if (m->bound_slot[i])
			alck_record_uint(&writer, ALCK_FIELD_BINDS_MALLOC + i,
					 m->bound[i] ? m->bound[i]
						     : ALCK_UNBOUND);
}

static void put_module(struct alck_module *m)
{
	struct alck_record_writer *w = &writer;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_MODULE);
	alck_record_uint(w, ALCK_FIELD_ID, m->id);
	alck_record_text(w, ALCK_FIELD_PATH, findable(m->path));
	alck_record_bytes(w, ALCK_FIELD_BUILD_ID, m->build_id, m->build_id_len);
	alck_record_uint(w, ALCK_FIELD_BIAS, m->bias);
	alck_record_uint(w, ALCK_FIELD_LOW, m->low);
	alck_record_uint(w, ALCK_FIELD_HIGH, m->high);
	alck_record_uint(w, ALCK_FIELD_NAMESPACE, m->name_space);
	alck_record_uint(w, ALCK_FIELD_TIME, m->loaded_at);
	alck_record_uint(w, ALCK_FIELD_DEEP_BOUND, m->deep_bound);
	/* 0: it has come again, and is there. */
	alck_record_uint(w, ALCK_FIELD_UNLOADED,
			 m->retired ? m->unloaded_at : 0);
	add_bindings(m);
	if (!put(w))
		m->recorded = epoch;
}

static void put_search(struct alck_record_writer *w,
		       const struct alck_search *s)
{
	alck_record_text(w, ALCK_FIELD_FOUND_BY, alck_found_by_names[s->by]);
	alck_record_text(w, ALCK_FIELD_ASKED, s->asked);
	if (s->asker)
		alck_record_uint(w, ALCK_FIELD_ASKER, s->asker->id);
	alck_record_text(w, ALCK_FIELD_FOLDER, s->folder);
}

/* In sentences: "jemalloc". */
static const char *title_of(const struct alck_provider *p)
{
	static char title[64];
	struct alck_text t;

	if (!p->likely)
		return p->family->title;
	alck_text_begin(&t, title, sizeof(title));
	alck_text_add(&t, p->likely->title);
	alck_text_add(&t, " by its strings");
	return title;
}

static void put_provider(struct alck_provider *p)
{
	struct alck_record_writer *w = &writer;
	const struct alck_entry *m = alck_global[ALCK_STANDARD_MALLOC];
	const char *version = alck_provider_version(p);

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_PROVIDER);
	alck_record_uint(w, ALCK_FIELD_ID, p->id);
	alck_record_text(w, ALCK_FIELD_FAMILY, p->family->name);
	alck_record_text(w, ALCK_FIELD_TITLE, title_of(p));
	alck_record_text(w, ALCK_FIELD_VERSION, version);
	alck_record_text(w, ALCK_FIELD_HOW,
			 p->free && (p->free->reach & ALCK_PRIVATE) ? "hidden"
			 : p->module->is_program		    ? "static"
								    : "shared");
	alck_record_uint(w, ALCK_FIELD_MODULE, p->module->id);
	alck_record_text(w, ALCK_FIELD_PATH, p->module->path);
	alck_record_bytes(w, ALCK_FIELD_BUILD_ID, p->module->build_id,
			  p->module->build_id_len);
	alck_record_uint(w, ALCK_FIELD_NAMESPACE, p->module->name_space);
	alck_record_uint(w, ALCK_FIELD_GLOBAL, m && m->provider == p);
	put_search(w, &p->found);
	if (!put(w))
		p->recorded = epoch;
}

/* Of the object that P is in, with all that it has. */
static void put_coverage(const struct alck_provider *p)
{
	static char why[4096];
	struct alck_record_writer *w = &writer;
	const struct alck_module *m = p->module;
	const struct alck_provider *q;
	const char *last = "";
	struct alck_text t;
	int is_part = m->hides != 0;

	alck_text_begin(&t, why, sizeof(why));
	for (uint32_t i = 1; (q = alck_provider(i)); i++) {
		if (q->module != m || q->retired != p->retired)
			continue;
		is_part |= q->is_part;
		/* One that has come again says the same as before. */
		if (!q->coverage || alck_text_equal(q->coverage, last))
			continue;
		alck_text_add(&t, t.used ? "; " : "");
		alck_text_add(&t, q->coverage);
		last = q->coverage;
	}
	if (m->hides) {
		alck_text_add(&t, t.used ? "; and " : "");
		alck_hiding_tell(m, &t);
	}
	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_COVERAGE);
	alck_record_text(w, ALCK_FIELD_PATH, m->path);
	if (!alck_runtime.options.rebind) {
		alck_record_text(w, ALCK_FIELD_SEEN, "part");
		alck_record_text(w, ALCK_FIELD_WHY,
				 "rebind=0: only calls by the global scope");
	} else {
		alck_record_text(w, ALCK_FIELD_SEEN, is_part ? "part" : "all");
		alck_record_text(w, ALCK_FIELD_WHY, why[0] ? why : NULL);
	}
	put(w);
}

/* An allocator that is not known by its names, in M. */
static void put_hiding(struct alck_module *m)
{
	const struct alck_provider *beside = alck_provider_of(m);
	struct alck_record_writer *w = &writer;
	char why[512];
	struct alck_text t;

	if (beside) {
		put_coverage(beside);
		m->hides_recorded = epoch;
		return;
	}
	alck_text_begin(&t, why, sizeof(why));
	alck_hiding_tell(m, &t);
	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_COVERAGE);
	alck_record_text(w, ALCK_FIELD_PATH, findable(m->path));
	alck_record_text(w, ALCK_FIELD_SEEN,
			 m->hides == ALCK_HIDES_PERHAPS ? "part" : "none");
	alck_record_text(w, ALCK_FIELD_WHY, why);
	if (!put(w))
		m->hides_recorded = epoch;
}

static void put_event(const struct alck_event *e)
{
	struct alck_record_writer *w = &writer;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_EVENT);
	alck_record_uint(w, ALCK_FIELD_TIME, e->time);
	alck_record_uint(w, ALCK_FIELD_THREAD, e->thread);
	alck_record_text(w, ALCK_FIELD_KIND, e->kind);
	alck_record_text(w, ALCK_FIELD_MESSAGE, e->text);
	put(w);
}

/* What has come since the last record. */
static void catch_up(void)
{
	const struct alck_event *e;

	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_module(i)->recorded != epoch)
			put_module(alck_module(i));
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX; i++) {
		struct alck_provider *p = alck_provider(i);

		if (p && p->recorded != epoch) {
			put_provider(p);
			put_coverage(p);
		}
	}
	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_module(i)->hides &&
		    alck_module(i)->hides_recorded != epoch)
			put_hiding(alck_module(i));
	while ((e = alck_event_get(nevents))) {
		put_event(e);
		nevents++;
	}
}

/* The name of a report of our kin: of the program that this process was before,
 * or of its parent. */
static void find_kin(int ppid, char *name, size_t size)
{
	static char folder[PATH_SIZE];

	alck_report_file_folder(pid, folder, sizeof(folder));
	alck_kin_find(folder, pid, name, size);
	if (!name[0] && ppid)
		alck_kin_find(folder, ppid, name, size);
}

static void begin_report(int forked)
{
	static char parent[256];
	struct alck_text t;
	int ppid = alck_runtime.ppid;

	alck_text_begin(&t, parent, sizeof(parent));
	if (forked) {
		ppid = alck_sys_getppid();
		alck_text_add(&t, alck_text_base(alck_report_file_path()));
	} else if (!alck_sys_sandboxed) {
		find_kin(ppid, parent, sizeof(parent));
	}
	if (forked) {
		alck_report_file_leave();
		alck_channel_leave();
	}
	alck_journal_reset();
	sink = NOWHERE;
	written = NULL;
	skip = refusals = 0;
	epoch++;
	if (!epoch)
		epoch = 1;
	nevents = 0;
	alck_record_file_header(buffer);
	alck_journal_add(buffer, ALCK_FILE_HEADER);
	put_process(ppid, parent);
}

/* ----------------------------------------------------------------- for others
 */

int alck_recorder_is_open(void)
{
	return pid && pid == alck_thread_process(&alck_thread);
}

/* Takes the recorder, with a report of this very process begun. */
static int take_open(struct alck_thread *t)
{
	int self = alck_thread_process(t), was = pid;

	if (take(t))
		return -1;
	if (pid != self) {
		pid = self;
		begin_report(was || self != alck_runtime.pid);
	}
	catch_up();
	return 0;
}

void alck_recorder_open(struct alck_thread *t)
{
	if (take_open(t))
		return;
	deliver();
	release(t);
}

struct alck_record_writer *alck_recorder_begin(struct alck_thread *t,
					       enum alck_record_type type)
{
	if (take_open(t))
		return NULL;
	alck_record_begin(&writer, buffer, sizeof(buffer), type);
	return &writer;
}

void alck_recorder_flush(struct alck_thread *t)
{
	if (!alck_recorder_is_open() || take(t))
		return;
	catch_up();
	deliver();
	release(t);
}

void alck_recorder_next(struct alck_record_writer *w,
			enum alck_record_type type)
{
	put(w);
	alck_record_begin(w, buffer, sizeof(buffer), type);
}

int alck_recorder_end(struct alck_thread *t, struct alck_record_writer *w)
{
	int kept = !put(w), r = deliver();

	release(t);
	return kept ? r : -1;
}

void alck_recorder_prepare(struct alck_thread *t)
{
	if (take(t))
		return;
	if (!pid || sink == NOWHERE)
		alck_channel_open();
	release(t);
}
