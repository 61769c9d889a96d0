/* SPDX-License-Identifier: MIT */
/* Finding the library, and making a report of its state: see state.h. */
#include "config.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"
#include "inspect/state-internal.h"

#define PAGE	    4096
#define MODULES_MAX 16384
#define PIECES_MAX  (1u << 20)
#define BYTES_MAX   (96ul << 20)
#define SEARCH_MAX  (64ul << 20) /* the library's data are a fifth of it */
#define ROOT_SELF   offsetof(struct alck_root, self)

static int read_cached(struct alck_state *state, uint64_t addr, void *to,
		       size_t len)
{
	uint64_t page = addr & -(uint64_t)PAGE;
	size_t place = addr / PAGE % 64;

	if ((addr & (PAGE - 1)) + len > PAGE)
		return alck_memory_read(state->memory, addr, to, len);
	if (state->pages[place].at != page + 1) {
		state->pages[place].at = 0;
		if (alck_memory_read(state->memory, page,
				     state->pages[place].bytes, PAGE))
			return alck_memory_read(state->memory, addr, to, len);
		state->pages[place].at = page + 1;
	}
	memcpy(to, state->pages[place].bytes + (addr & (PAGE - 1)), len);
	return 0;
}

uint64_t alck_state_word(struct alck_state *state, uint64_t addr)
{
	uint64_t value = 0;

	read_cached(state, addr, &value, sizeof(value));
	return value;
}

uint32_t alck_state_half(struct alck_state *state, uint64_t addr)
{
	uint32_t value = 0;

	read_cached(state, addr, &value, sizeof(value));
	return value;
}

/* ------------------------------------------------------------ the root */

/* The root that a note in PAGE, which lies at BASE, leads to; 0 without. */
static uint64_t find_note(const unsigned char *page, uint64_t base, size_t at,
			  size_t end)
{
	Elf64_Nhdr n;

	while (at + sizeof(n) <= end) {
		size_t name = at + sizeof(n), desc;
		int64_t distance;

		memcpy(&n, page + at, sizeof(n));
		desc = name + ((n.n_namesz + (size_t)3) & ~(size_t)3);
		if (n.n_namesz > PAGE || n.n_descsz > PAGE ||
		    desc + n.n_descsz > end)
			return 0;
		if (n.n_type == ALCK_ROOT_NOTE && n.n_descsz == 8 &&
		    n.n_namesz == sizeof(ALCK_ROOT_OWNER) &&
		    !memcmp(page + name, ALCK_ROOT_OWNER, n.n_namesz)) {
			memcpy(&distance, page + desc, sizeof(distance));
			return base + desc + (uint64_t)distance;
		}
		at = desc + ((n.n_descsz + (size_t)3) & ~(size_t)3);
	}
	return 0;
}

/* The root of the library whose file begins at BASE; 0 if it is another. */
static uint64_t find_root(struct alck_memory *memory, uint64_t base)
{
	unsigned char page[PAGE];
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	uint64_t root;

	if (alck_memory_read(memory, base, page, sizeof(page)) ||
	    memcmp(page, ELFMAG, SELFMAG) || page[EI_CLASS] != ELFCLASS64)
		return 0;
	memcpy(&eh, page, sizeof(eh));
	for (size_t i = 0; i < eh.e_phnum; i++) {
		if (eh.e_phoff > PAGE ||
		    eh.e_phoff + (i + 1) * sizeof(ph) > PAGE)
			return 0;
		memcpy(&ph, page + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_NOTE || ph.p_offset >= PAGE ||
		    ph.p_filesz > PAGE - ph.p_offset)
			continue;
		root = find_note(page, base, ph.p_offset,
				 ph.p_offset + ph.p_filesz);
		if (root)
			return root;
	}
	return 0;
}

/* The same where the core has no file's first page (coredump_filter says so,
 * bit 4): the root lies in the library's data or right behind it, and names
 * itself.
 */
static uint64_t search_root(struct alck_memory *memory, uint64_t low,
			    uint64_t high)
{
	unsigned char page[PAGE];
	uint64_t self;

	if (high - low > SEARCH_MAX)
		high = low + SEARCH_MAX;
	for (; low < high; low += PAGE) {
		if (alck_memory_read(memory, low, page, sizeof(page)))
			continue;
		for (size_t at = 0; at + ROOT_SELF + 8 <= PAGE; at += 8) {
			if (memcmp(page + at, ALCK_ROOT_MAGIC, 16))
				continue;
			memcpy(&self, page + at + ROOT_SELF, sizeof(self));
			if (self == low + at)
				return self;
		}
	}
	return 0;
}

static int is_library(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && !strcmp(slash, "/liballoccheck.so");
}

static uint64_t find_root_in_data(struct alck_memory *memory,
				  const struct alck_mapping *maps, size_t n)
{
	uint64_t root = 0;

	for (size_t i = 0; i < n && !root; i++) {
		if (!maps[i].writable || !is_library(maps[i].path))
			continue;
		root = search_root(memory, maps[i].low, maps[i].high);
		if (!root && i + 1 < n && maps[i + 1].low == maps[i].high &&
		    !maps[i + 1].path[0])
			root = search_root(memory, maps[i + 1].low,
					   maps[i + 1].high);
	}
	return root;
}

static const char *read_root(struct alck_state *state)
{
	const struct alck_mapping *maps;
	size_t n = alck_memory_mappings(state->memory, &maps);
	struct alck_root *r = &state->root;
	uint64_t root = 0;

	for (size_t i = 0; i < n && !root; i++)
		if (maps[i].path[0] == '/' && !maps[i].offset)
			root = find_root(state->memory, maps[i].low);
	if (!root)
		root = find_root_in_data(state->memory, maps, n);
	if (!root)
		return "alloccheck's library is not in it";
	if (alck_memory_read(state->memory, root, r, sizeof(*r)) ||
	    memcmp(r->magic, ALCK_ROOT_MAGIC, sizeof(r->magic)) ||
	    r->self != root)
		return "alloccheck's library is in it, but had not begun, or "
		       "its memory is damaged";
	if (r->version != ALCK_ROOT_VERSION)
		return "the library in it is of another version: use its "
		       "alloccheck";
	if (r->size < sizeof(*r))
		memset((char *)r + r->size, 0, sizeof(*r) - r->size);
	return NULL;
}

struct alck_state *alck_state_new(struct alck_memory *memory, char *why,
				  size_t size)
{
	struct alck_state *state = calloc(1, sizeof(*state));
	const char *wrong = "out of memory";

	if (state) {
		state->memory = memory;
		wrong = read_root(state);
	}
	if (!wrong)
		return state;
	snprintf(why, size, "%s", wrong);
	free(state);
	return NULL;
}

void alck_state_free(struct alck_state *state)
{
	free(state);
}

/* ------------------------------------------------------------ the report */

struct bytes {
	unsigned char *at;
	size_t len, room;
	int failed;
};

static void add(struct bytes *b, const void *from, size_t len)
{
	if (b->failed)
		return;
	if (b->len + len > b->room) {
		unsigned char *grown;

		b->room = 2 * b->room + len + 65536;
		grown = b->room > BYTES_MAX ? NULL : realloc(b->at, b->room);
		if (!grown) {
			b->failed = 1;
			return;
		}
		b->at = grown;
	}
	memcpy(b->at + b->len, from, len);
	b->len += len;
}

/* The journal's pieces; returns how many. */
static size_t add_journal(struct alck_state *state, struct bytes *b)
{
	static unsigned char piece[ALCK_RECORD_MAX + 64];
	uint64_t at = alck_state_word(state, state->root.journal), head[2];
	size_t n = 0;

	for (; at && n < PIECES_MAX; at = head[0]) {
		if (alck_memory_read(state->memory, at, head, sizeof(head)) ||
		    head[1] > sizeof(piece) ||
		    alck_memory_read(state->memory, at + sizeof(head), piece,
				     head[1]))
			break;
		add(b, piece, head[1]);
		n++;
	}
	return n;
}

static unsigned char buffer[65536];

static void begin(struct alck_record_writer *w, enum alck_record_type type)
{
	alck_record_begin(w, buffer, sizeof(buffer), type);
}

static void end(struct bytes *b, struct alck_record_writer *w)
{
	size_t len = alck_record_end(w);

	add(b, buffer, len);
}

/* The text that the pointer at ADDR leads to. */
static void put_text(struct alck_state *state, struct alck_record_writer *w,
		     enum alck_field field, uint64_t addr)
{
	char text[4096];

	if (alck_memory_text(state->memory, alck_state_word(state, addr), text,
			     sizeof(text)) > 0)
		alck_record_text(w, field, text);
}

static void add_process(struct alck_state *state, struct bytes *b)
{
	struct alck_record_writer w;
	unsigned char header[ALCK_FILE_HEADER];

	alck_record_file_header(header);
	add(b, header, sizeof(header));
	begin(&w, ALCK_RECORD_PROCESS);
	alck_record_uint(&w, ALCK_FIELD_PID,
			 (uint64_t)alck_memory_pid(state->memory));
	alck_record_text(&w, ALCK_FIELD_EXE, alck_memory_exe(state->memory));
	alck_record_uint(&w, ALCK_FIELD_STARTED,
			 alck_state_word(state, state->root.started + 8));
	end(b, &w);
}

static void add_module(struct alck_state *state, struct bytes *b, uint64_t at)
{
	const struct alck_root_modules *m = &state->root.modules;
	struct alck_record_writer w;
	unsigned char id[32];
	uint32_t len = alck_state_half(state, at + m->build_id_len);

	begin(&w, ALCK_RECORD_MODULE);
	alck_record_uint(&w, ALCK_FIELD_ID, alck_state_half(state, at + m->id));
	put_text(state, &w, ALCK_FIELD_PATH, at + m->path);
	if (len <= sizeof(id) &&
	    !alck_memory_read(state->memory, at + m->build_id, id, len))
		alck_record_bytes(&w, ALCK_FIELD_BUILD_ID, id, len);
	alck_record_uint(&w, ALCK_FIELD_BIAS,
			 alck_state_word(state, at + m->bias));
	alck_record_uint(&w, ALCK_FIELD_LOW,
			 alck_state_word(state, at + m->low));
	alck_record_uint(&w, ALCK_FIELD_HIGH,
			 alck_state_word(state, at + m->high));
	alck_record_uint(&w, ALCK_FIELD_NAMESPACE,
			 alck_state_half(state, at + m->name_space));
	alck_record_uint(&w, ALCK_FIELD_TIME,
			 alck_state_word(state, at + m->loaded_at));
	if (alck_state_half(state, at + m->retired) & 0xff)
		alck_record_uint(&w, ALCK_FIELD_UNLOADED,
				 alck_state_word(state, at + m->unloaded_at));
	end(b, &w);
}

static void add_modules(struct alck_state *state, struct bytes *b)
{
	const struct alck_root_modules *m = &state->root.modules;
	uint32_t n = alck_state_half(state, m->count);

	for (uint32_t i = 0; i < n && i < MODULES_MAX; i++) {
		uint64_t at = alck_state_word(state, m->rows + 8ul * i);

		if (at)
			add_module(state, b, at);
	}
}

static void add_providers(struct alck_state *state, struct bytes *b)
{
	const struct alck_root_providers *p = &state->root.providers;
	struct alck_record_writer w;

	for (uint32_t i = 1; i < p->count && i < 256; i++) {
		uint64_t at = p->rows + (uint64_t)i * p->size;
		uint64_t family = alck_state_word(state, at + p->family);
		uint64_t module = alck_state_word(state, at + p->module);

		if (!family || !module)
			continue;
		begin(&w, ALCK_RECORD_PROVIDER);
		alck_record_uint(&w, ALCK_FIELD_ID, i);
		put_text(state, &w, ALCK_FIELD_FAMILY, family + p->family_name);
		put_text(state, &w, ALCK_FIELD_TITLE, family + p->family_title);
		put_text(state, &w, ALCK_FIELD_VERSION, at + p->version);
		put_text(state, &w, ALCK_FIELD_PATH,
			 module + state->root.modules.path);
		alck_record_uint(
			&w, ALCK_FIELD_MODULE,
			alck_state_half(state,
					module + state->root.modules.id));
		end(b, &w);
	}
}

static void add_events(struct alck_state *state, struct bytes *b)
{
	const struct alck_root_events *e = &state->root.events;
	struct alck_record_writer w;

	for (uint32_t i = 0; i < e->count && i < 65536; i++) {
		uint64_t at = e->rows + (uint64_t)i * e->size;

		if (!alck_state_word(state, at + e->text))
			break;
		begin(&w, ALCK_RECORD_EVENT);
		alck_record_uint(&w, ALCK_FIELD_TIME,
				 alck_state_word(state, at + e->time));
		alck_record_uint(&w, ALCK_FIELD_THREAD,
				 alck_state_half(state, at + e->thread));
		put_text(state, &w, ALCK_FIELD_KIND, at + e->kind);
		put_text(state, &w, ALCK_FIELD_MESSAGE, at + e->text);
		end(b, &w);
	}
}

unsigned char *alck_state_report(struct alck_state *state, size_t *len)
{
	struct bytes b = {NULL, 0, 0, 0};
	size_t pieces = add_journal(state, &b);

	if (!pieces)
		add_process(state, &b);
	add_modules(state, &b);
	add_providers(state, &b);
	if (!pieces)
		add_events(state, &b);
	*len = b.len;
	if (!b.failed)
		return b.at;
	free(b.at);
	return NULL;
}
