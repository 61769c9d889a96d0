/* SPDX-License-Identifier: MIT */
/* How ld.so came to an object: see search-path.h. */
#include <fcntl.h>
#include <sys/auxv.h>

#include "preload/ld-cache.h"
#include "preload/runtime.h"
#include "preload/search-path.h"
#include "preload/sys.h"
#include "preload/text.h"

#define PATH_SIZE 4096
#define CHAIN_MAX 32 /* who asked for who asked for ... */

const char *const alck_found_by_names[ALCK_FOUND_WAYS] = {
#define X(id, text) [ALCK_FOUND_##id] = text,
	ALCK_FOUND_BY(X)
#undef X
};

/* -------------------------------------------------------- the environment */

/* As ld.so read it at start: the program may have changed it since. */
static struct {
	int read;
	const char *library_path, *preload, *audit, *preload_file;
} given;

static const char *variable(const char *name)
{
	size_t n = alck_text_length(name);
	const char *value = NULL;

	/* Of several ld.so takes the last. */
	for (char *const *e = alck_runtime.envp; e && *e; e++)
		if (alck_text_begins(*e, name) && (*e)[n] == '=')
			value = *e + n + 1;
	return value && *value ? alck_keep_text(value) : NULL;
}

/* Without its comments: from '#' to the end of the line. */
static const char *read_preload_file(void)
{
	char text[PATH_SIZE];
	int fd = alck_sys_open("/etc/ld.so.preload", O_RDONLY | O_CLOEXEC, 0);
	int comment = 0;
	long n;

	if (fd < 0)
		return NULL;
	n = alck_sys_read(fd, text, sizeof(text) - 1);
	alck_sys_close(fd);
	if (n <= 0)
		return NULL;
	text[n] = 0;
	for (char *p = text; *p; p++) {
		comment = *p == '#' || (comment && *p != '\n');
		if (comment)
			*p = ' ';
	}
	return alck_keep_text(text);
}

static void read_environment(void)
{
	if (given.read)
		return;
	given.read = 1;
	given.library_path = variable("LD_LIBRARY_PATH");
	given.preload = variable("LD_PRELOAD");
	given.audit = variable("LD_AUDIT");
	given.preload_file = read_preload_file();
}

/* -------------------------------------------------------- names with a $ */

static const struct alck_module *program(void)
{
	return alck_module(0);
}

static void add_origin(struct alck_text *t, const struct alck_module *m)
{
	const char *path = (m ? m : program())->path;
	size_t n = (size_t)(alck_text_base(path) - path);

	if (*path != '/' && alck_runtime.cwd) {
		alck_text_add(t, alck_runtime.cwd);
		alck_text_add(t, "/");
	}
	/* Without the slash before the name, unless it is the root's. */
	alck_text_add_bytes(t, path, n > 1 ? n - 1 : n);
}

/* What $LIB stands for is built into ld.so: one of these. */
static const char *const libs[] = {"lib/x86_64-linux-gnu", "lib64", "lib",
				   "lib/aarch64-linux-gnu"};
#define LIBS (sizeof(libs) / sizeof(libs[0]))

/* The length of "$NAME" or "${NAME}" at P, 0 if something else is there. */
static size_t is_token(const char *p, const char *name)
{
	size_t n = alck_text_length(name);

	if (p[0] != '$')
		return 0;
	if (p[1] == '{')
		return alck_text_begins(p + 2, name) && p[2 + n] == '}' ? n + 3
									: 0;
	return alck_text_begins(p + 1, name) ? n + 1 : 0;
}

/* LEN bytes of TEXT as ld.so expands them for MODULE, to BUF of PATH_SIZE.
 * Returns whether LIB, which is a guess, was used. */
static int expand(const char *text, size_t len, const struct alck_module *m,
		  const char *lib, char *buf)
{
	const char *platform = (const char *)alck_auxv(AT_PLATFORM);
	struct alck_text t;
	int guessed = 0;
	size_t n;

	alck_text_begin(&t, buf, PATH_SIZE);
	for (size_t i = 0; i < len; i += n) {
		if ((n = is_token(text + i, "ORIGIN"))) {
			add_origin(&t, m);
		} else if ((n = is_token(text + i, "LIB"))) {
			alck_text_add(&t, lib);
			guessed = 1;
		} else if ((n = is_token(text + i, "PLATFORM"))) {
			alck_text_add(&t, platform ? platform : "");
		} else {
			n = 1;
			alck_text_add_bytes(&t, text + i, 1);
		}
	}
	return guessed;
}

/* ---------------------------------------------------------------- lists */

static int is_one_of(char c, const char *of)
{
	for (; *of; of++)
		if (*of == c)
			return 1;
	return 0;
}

static int each_element(const char *list, const char *separators,
			int (*visit)(const char *at, size_t len, void *data),
			void *data)
{
	while (list) {
		size_t n = 0;
		int r;

		while (list[n] && !is_one_of(list[n], separators))
			n++;
		r = visit(list, n, data);
		if (r)
			return r;
		list = list[n] ? list + n + 1 : NULL;
	}
	return 0;
}

struct folders {
	const struct alck_module *origin;
	int (*visit)(const char *folder, void *data);
	void *data;
};

/* As fillin_rpath does: an empty element is "./", and there is one slash at the
 * end. */
static int visit_folder(const char *at, size_t len, void *data)
{
	const struct folders *f = data;
	/* Static: whoever calls dlopen may have a small stack. */
	static char folder[PATH_SIZE + 1];

	for (size_t i = 0; i < LIBS; i++) {
		int guessed = expand(at, len, f->origin, libs[i], folder), r;
		size_t n = alck_text_length(folder);

		if (!n)
			folder[n++] = '.';
		while (n > 1 && folder[n - 1] == '/')
			n--;
		if (folder[n - 1] != '/')
			folder[n++] = '/';
		folder[n] = 0;
		r = f->visit(folder, f->data);
		if (r || !guessed)
			return r;
	}
	return 0;
}

static const char *dynamic_text(const struct alck_module *m, long tag)
{
	for (const ElfW(Dyn) *d = m->dynamic; d && d->d_tag != DT_NULL; d++)
		if (d->d_tag == tag)
			return m->strtab + d->d_un.d_val;
	return NULL;
}

int alck_search_folders(const struct alck_module *m, enum alck_found_by by,
			int (*visit)(const char *folder, void *data),
			void *data)
{
	struct folders f = {m, visit, data};
	const char *list;

	read_environment();
	if (by == ALCK_FOUND_LIBRARY_PATH) {
		f.origin = program();
		return each_element(given.library_path, ":;", visit_folder, &f);
	}
	if (!m || m->retired)
		return 0;
	list = dynamic_text(m, DT_RUNPATH);
	/* Where there is a RUNPATH, RPATH counts for nothing. */
	if (by == ALCK_FOUND_RPATH)
		list = list ? NULL : dynamic_text(m, DT_RPATH);
	return each_element(list, ":", visit_folder, &f);
}

int alck_search_needed(const struct alck_module *m,
		       int (*visit)(const char *name, void *data), void *data)
{
	if (m->retired)
		return 0;
	for (const ElfW(Dyn) *d = m->dynamic; d && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_NEEDED) {
			int r = visit(m->strtab + d->d_un.d_val, data);

			if (r)
				return r;
		}
	return 0;
}

/* -------------------------------------------------------------- comparing */

/* Folders for certain processors, which ld.so looks in first. */
static int is_for_processor(const char *from, const char *to)
{
	static const char *const names[] = {
		"glibc-hwcaps/", "x86-64-v2/", "x86-64-v3/", "x86-64-v4/",
		"tls/",		 "haswell/",   "xeon_phi/",  "avx512_1/",
		"x86_64/",	 "atomics/",   "aarch64/",
	};
	unsigned int i = 0, n = sizeof(names) / sizeof(names[0]);

	while (from < to && i < n) {
		for (i = 0; i < n; i++)
			if (alck_text_begins(from, names[i]))
				break;
		if (i < n)
			from += alck_text_length(names[i]);
	}
	return from == to;
}

static int has_slash(const char *name)
{
	return alck_text_base(name) != name;
}

/* Is PATH what is found for NAME in FOLDER? */
static int is_in(const char *folder, const char *name, const char *path)
{
	return alck_text_begins(path, folder) &&
	       alck_text_equal(alck_text_base(path), name) &&
	       is_for_processor(path + alck_text_length(folder),
				alck_text_base(path));
}

int alck_search_agrees(const char *name, const struct alck_module *asker,
		       const char *path)
{
	static char expanded[PATH_SIZE];

	if (!has_slash(name))
		return alck_text_equal(name, alck_text_base(path));
	for (size_t i = 0; i < LIBS; i++) {
		int guessed = expand(name, alck_text_length(name), asker,
				     libs[i], expanded);

		if (alck_text_equal(expanded, path))
			return 1;
		if (!guessed)
			return 0;
	}
	return 0;
}

/* -------------------------------------------------------- who has asked */

struct wanted {
	const struct alck_module *module;
	const struct alck_module *asker;
	const char *name; /* the result */
};

static int is_wanted(const char *name, void *data)
{
	struct wanted *w = data;

	if (!alck_search_agrees(name, w->asker, w->module->path))
		return 0;
	w->name = name;
	return 1;
}

static int is_wanted_element(const char *at, size_t len, void *data)
{
	static char name[PATH_SIZE];
	struct wanted *w = data;
	struct alck_text t;

	if (!len)
		return 0;
	alck_text_begin(&t, name, sizeof(name));
	alck_text_add_bytes(&t, at, len);
	if (!is_wanted(name, w))
		return 0;
	w->name = alck_keep_once(name);
	return 1;
}

/* ld.so goes through what it has loaded, in that order. */
static void find_needer(struct wanted *w)
{
	const struct alck_module *m = w->module;

	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		w->asker = alck_module(i);
		if (w->asker->batch == m->batch && !w->asker->retired &&
		    w->asker->name_space == m->name_space &&
		    alck_search_needed(w->asker, is_wanted, w))
			return;
	}
	w->asker = NULL;
}

/* Who asked ld.so for MODULE, and for what; by a list or, UNKNOWN, by name. */
static enum alck_found_by find_asker(const struct alck_module *m,
				     struct wanted *w)
{
	*w = (struct wanted){.module = m};
	if (m->is_program)
		return ALCK_FOUND_PROGRAM;
	w->asker = program();
	if (m->opened_as) {
		w->name = m->opened_as;
		if (m->opened_by)
			w->asker = m->opened_by;
		return ALCK_FOUND_UNKNOWN;
	}
	if (m->at_start && m->name_space &&
	    each_element(given.audit, ":", is_wanted_element, w))
		return ALCK_FOUND_AUDIT;
	if (m->at_start && !m->name_space) {
		if (each_element(given.preload, " :", is_wanted_element, w))
			return ALCK_FOUND_PRELOAD;
		if (each_element(given.preload_file, ": \t\n",
				 is_wanted_element, w))
			return ALCK_FOUND_PRELOAD_FILE;
	}
	find_needer(w);
	return ALCK_FOUND_UNKNOWN;
}

/* --------------------------------------------------------------- searching */

struct look {
	const char *name, *path;
	const char *folder; /* the result */
};

static int look_in(const char *folder, void *data)
{
	struct look *l = data;

	if (!is_in(folder, l->name, l->path))
		return 0;
	l->folder = alck_keep_once(folder);
	return 1;
}

static int by_rpath(const struct alck_module *asker, struct look *l)
{
	const struct alck_module *m = asker;
	struct wanted w;

	for (int i = 0; m && i < CHAIN_MAX; i++) {
		if (alck_search_folders(m, ALCK_FOUND_RPATH, look_in, l))
			return 1;
		find_asker(m, &w);
		m = w.asker;
	}
	return alck_search_folders(program(), ALCK_FOUND_RPATH, look_in, l);
}

static int by_default(struct look *l)
{
	static const char *const folders[] = {
		"/lib/x86_64-linux-gnu/",
		"/usr/lib/x86_64-linux-gnu/",
		"/lib64/",
		"/usr/lib64/",
		"/lib/",
		"/usr/lib/",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (is_in(folders[i], l->name, l->path))
			return 1;
	return 0;
}

static enum alck_found_by look_for(const struct alck_module *asker,
				   struct look *l)
{
	int has_runpath = dynamic_text(asker, DT_RUNPATH) != NULL;

	if (!has_runpath && by_rpath(asker, l))
		return ALCK_FOUND_RPATH;
	if (alck_search_folders(NULL, ALCK_FOUND_LIBRARY_PATH, look_in, l))
		return ALCK_FOUND_LIBRARY_PATH;
	if (alck_search_folders(asker, ALCK_FOUND_RUNPATH, look_in, l))
		return ALCK_FOUND_RUNPATH;
	if (alck_ld_cache_has(l->name, l->path))
		return ALCK_FOUND_CACHE;
	return by_default(l) ? ALCK_FOUND_DEFAULT : ALCK_FOUND_UNKNOWN;
}

void alck_search(const struct alck_module *m, struct alck_search *s)
{
	struct wanted w;
	struct look l = {.path = m->path};

	read_environment();
	*s = (struct alck_search){.by = find_asker(m, &w)};
	s->asked = w.name ? alck_keep_once(w.name) : NULL;
	s->asker = w.asker;
	if (s->by != ALCK_FOUND_UNKNOWN || !w.name)
		return;
	if (has_slash(w.name)) {
		s->by = ALCK_FOUND_PATH;
		return;
	}
	/* Called as "ld.so PROGRAM" it may have been given --library-path. */
	if (!alck_auxv(AT_BASE) || !w.asker || w.asker->retired)
		return;
	l.name = w.name;
	s->by = look_for(w.asker, &l);
	s->folder = l.folder;
}
