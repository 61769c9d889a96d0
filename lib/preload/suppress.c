/* SPDX-License-Identifier: MIT */
/* Suppressions, inside the process: see suppress.h.  Signal-safe. */
#include <fcntl.h>

#include "preload/modules.h"
#include "preload/runtime.h"
#include "preload/suppress.h"
#include "preload/sys.h"
#include "preload/text.h"

#define FILES_MAX 32
#define FILE_MAX  (1u << 20)

/* The rules are kept as text and read anew for each finding that is to stop
 * the program: that is one. */
struct file {
	const char *path;
	const char *text; /* NULL: it could not be read */
	size_t len;
};

static struct file files[FILES_MAX];
static unsigned int nfiles;

/* -------------------------------------------------------------------- reading
 */

/* Reads the whole of FD into memory that stays. */
static const char *read_whole(int fd, size_t *len)
{
	size_t room = 4096;
	char *text = alck_keep(room), *grown;
	long n = 1;

	for (*len = 0; text && n; *len += (size_t)n) {
		if (*len == room) {
			grown = room < FILE_MAX ? alck_keep(2 * room) : NULL;
			for (size_t i = 0; grown && i < room; i++)
				grown[i] = text[i];
			text = grown;
			room *= 2;
			if (!text)
				break;
		}
		n = alck_sys_read(fd, text + *len, room - *len);
		if (n == -4 /* EINTR */)
			n = 0;
		else if (n < 0)
			return NULL;
	}
	return text;
}

static void add_file(const char *path, size_t len)
{
	struct file *f = &files[nfiles];
	char *copy;
	int fd;

	if (!len || nfiles == FILES_MAX)
		return;
	copy = alck_keep(len + 1);
	if (!copy)
		return;
	for (size_t i = 0; i < len; i++)
		copy[i] = path[i];
	copy[len] = 0;
	f->path = copy;
	nfiles++;
	fd = alck_sys_open(copy, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			   0);
	if (fd < 0)
		return;
	f->text = read_whole(fd, &f->len);
	alck_sys_close(fd);
}

void alck_suppress_start(void)
{
	const struct alck_options *o = &alck_runtime.options;
	const char *path = o->suppressions;
	size_t len;

	if (o->on_error != ALCK_ON_ERROR_ABORT && !o->stderr)
		return;
	while (*path) {
		for (len = 0; path[len] && path[len] != '\n'; len++)
			continue;
		add_file(path, len);
		path += len + (path[len] == '\n');
	}
}

static void say(const char *path, unsigned int line, const char *what)
{
	char text[512];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, "alloccheck: ");
	alck_text_add(&t, path);
	if (line) {
		alck_text_add(&t, ":");
		alck_text_add_number(&t, line);
	}
	alck_text_add(&t, ": ");
	alck_text_add(&t, what);
	alck_text_add(&t, "\n");
	alck_say(text);
}

void alck_suppress_say(void)
{
	struct alck_suppression_reader reader;
	struct alck_suppression rule;
	int got;

	for (unsigned int i = 0; i < nfiles; i++) {
		if (!files[i].text) {
			say(files[i].path, 0,
			    "these suppressions cannot be read, and the "
			    "program runs without them");
			continue;
		}
		alck_suppression_begin(&reader, files[i].text, files[i].len);
		while ((got = alck_suppression_next(&reader, &rule)))
			if (got < 0)
				say(files[i].path, reader.mistake_line,
				    reader.mistake);
	}
}

/* ------------------------------------------------------------------- matching
 */

/* The fault that is asked about, with one of its stacks at a time. */
struct asked {
	const struct alck_fault *fault;
	int which; /* 1: of the allocation; -1: none yet */
	unsigned int count;
	uintptr_t pcs[ALCK_DEPOT_MAX_DEPTH];
};

static int is_allocator(const struct alck_module *m)
{
	if (!m)
		return 0;
	return m->is_self || alck_provider_of(m);
}

static unsigned int frames_of(void *data, int alloc, unsigned int *skip)
{
	struct asked *a = data;

	if (a->which != alloc) {
		a->which = alloc;
		a->count = alck_depot_stack_get(alloc ? a->fault->alloc.stack
						      : a->fault->stack,
						a->pcs, ALCK_DEPOT_MAX_DEPTH);
	}
	while (*skip < a->count &&
	       is_allocator(alck_module_at(a->pcs[*skip] - 1)))
		++*skip;
	return a->count;
}

static int is_exported(const ElfW(Sym) * s)
{
	unsigned int type = ELF64_ST_TYPE(s->st_info);

	return s->st_shndx != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC);
}

static int is_text(struct alck_slice slice, const char *text)
{
	for (size_t i = 0; i < slice.len; i++)
		if (!text[i] || text[i] != slice.text[i])
			return 0;
	return !text[slice.len];
}

/* The function at PC in M, by what M exports.  A function of M's own, or one
 * that is inlined, has no name here; but one that is exported elsewhere in M
 * is not at PC. */
static enum alck_fit fit_function(const struct alck_module *m, uintptr_t pc,
				  struct alck_slice function)
{
	int elsewhere = 0;

	if (!m || m->retired || !m->symtab || !m->strtab)
		return ALCK_FIT_MODULE;
	for (uint32_t i = 1; i < m->nsym; i++) {
		const ElfW(Sym) *s = &m->symtab[i];
		const char *name = m->strtab + s->st_name;
		uintptr_t start = m->bias + s->st_value;

		if (!is_exported(s))
			continue;
		if (pc < start || pc - start >= s->st_size)
			elsewhere |= is_text(function, name);
		else if (alck_glob(function, name, alck_text_length(name)))
			return ALCK_FIT_YES;
	}
	return elsewhere ? ALCK_FIT_NO : ALCK_FIT_MODULE;
}

static enum alck_fit fit_frame(void *data, int alloc, unsigned int index,
			       struct alck_slice module,
			       struct alck_slice function)
{
	struct asked *a = data;
	uintptr_t pc = a->pcs[index] - 1;
	const struct alck_module *m = alck_module_at(pc);
	const char *path = m ? m->path : "", *base = alck_text_base(path);

	(void)alloc; /* frames_of came before */
	if (!alck_glob(module, base, alck_text_length(base)) &&
	    !alck_glob(module, path, alck_text_length(path)))
		return ALCK_FIT_NO;
	return function.len ? fit_function(m, pc, function) : ALCK_FIT_YES;
}

static void party(const struct alck_provider *p, const char *names[2])
{
	names[0] = p ? p->family->name : NULL;
	names[1] = p ? alck_text_base(p->module->path) : NULL;
}

static void put_place(char place[ALCK_SUPPRESS_PLACE], const char *path,
		      unsigned int line)
{
	struct alck_text t;

	alck_text_begin(&t, place, ALCK_SUPPRESS_PLACE);
	alck_text_add(&t, path);
	alck_text_add(&t, ":");
	alck_text_add_number(&t, line);
}

enum alck_fit alck_suppress_find(const struct alck_fault *f,
				 char place[ALCK_SUPPRESS_PLACE])
{
	const struct alck_finding_row *row = &alck_finding_rows[f->code];
	struct alck_suppression_reader reader;
	struct alck_suppressible finding;
	struct alck_suppression rule;
	struct asked asked;
	enum alck_fit fit, best = ALCK_FIT_NO;
	int got;

	asked.fault = f;
	asked.which = -1;
	finding.code = row->code;
	finding.slug = row->slug;
	finding.api = f->entry->name;
	finding.frames = frames_of;
	finding.frame = fit_frame;
	finding.data = &asked;
	party(f->block ? alck_provider(f->block->owner) : NULL, finding.owner);
	party(f->entry->provider, finding.freer);
	for (unsigned int i = 0; i < nfiles; i++) {
		if (!files[i].text)
			continue;
		alck_suppression_begin(&reader, files[i].text, files[i].len);
		while ((got = alck_suppression_next(&reader, &rule))) {
			fit = got > 0 ? alck_suppression_fits(&rule, &finding)
				      : ALCK_FIT_NO;
			/* One that fits for sure is better. */
			if (fit == ALCK_FIT_NO ||
			    (fit == ALCK_FIT_MODULE && best == fit))
				continue;
			best = fit;
			put_place(place, files[i].path, rule.line);
			if (best == ALCK_FIT_YES)
				return best;
		}
	}
	return best;
}
