/* SPDX-License-Identifier: MIT */
/* Where ld.so finds a library: see search.h.  Offline. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/search.h"

#define CACHE	      "/etc/ld.so.cache"
#define LOADER_MAX    (16u << 20)
#define CACHE_FOUND   "ld.so.cache"
#define DEFAULT_FOUND "ld.so's own folders"

/* ----------------------------------------------- what is built into ld.so */

static char *read_whole(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes = NULL;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size < LOADER_MAX)
		bytes = malloc((size_t)st.st_size + 1);
	*len = bytes ? (size_t)st.st_size : 0;
	if (bytes && pread(fd, bytes, *len, 0) != (ssize_t)*len) {
		free(bytes);
		bytes = NULL;
	}
	if (bytes)
		bytes[*len] = 0;
	close(fd);
	return bytes;
}

static int is_folder(const char *text)
{
	size_t len = strlen(text);

	return len > 1 && len < 128 && text[0] == '/' && text[len - 1] == '/';
}

/* Its folders stand one behind the other, each with a slash at both ends:
 * "/lib64/", "/usr/lib64/".  "/usr/" is among them in all distributions. */
static void find_dirs(struct alck_search *search, const char *bytes, size_t len)
{
	for (const char *p = bytes;
	     p && (p = memmem(p, len - (size_t)(p - bytes), "/usr/lib", 8));
	     p++) {
		const char *first = p;
		int n = 0;

		while (first > bytes && first[-1])
			first--;
		/* The one in front of it, and so on. */
		while (first > bytes + 1) {
			const char *before = first - 1;

			while (before > bytes && before[-1])
				before--;
			if (!is_folder(before))
				break;
			first = before;
		}
		while (is_folder(first) && n < ALCK_SEARCH_DIRS - 1) {
			search->dirs[n++] = alck_arena_text(
				search->arena, first, strlen(first));
			first += strlen(first) + 1;
		}
		if (n >= 2)
			return;
		memset(search->dirs, 0, sizeof(search->dirs));
	}
	search->dirs[0] = "/lib64/";
	search->dirs[1] = "/usr/lib64/";
}

/* $LIB: the text behind the three words that ld.so knows. */
static void find_lib(struct alck_search *search, const char *bytes, size_t len)
{
	static const char words[] = "ORIGIN\0PLATFORM\0LIB\0lib";
	const char *p = memmem(bytes, len, words, sizeof(words) - 1);

	search->lib = "lib64";
	if (p)
		p += sizeof(words) - 1 - 3;
	else if ((p = memmem(bytes, len, "\0lib/x86_64-linux-gnu\0", 22)))
		p++;
	if (p && strlen(p) < 64)
		search->lib = alck_arena_text(search->arena, p, strlen(p));
}

static void find_levels(struct alck_search *search, const char *bytes,
			size_t len)
{
	int n = 0, sub = 0;

	__builtin_cpu_init();
	int v2 = __builtin_cpu_supports("sse4.2") &&
		 __builtin_cpu_supports("popcnt") &&
		 __builtin_cpu_supports("ssse3");
	int v3 = v2 && __builtin_cpu_supports("avx2") &&
		 __builtin_cpu_supports("bmi") &&
		 __builtin_cpu_supports("bmi2") &&
		 __builtin_cpu_supports("fma");
	int v4 = v3 && __builtin_cpu_supports("avx512f") &&
		 __builtin_cpu_supports("avx512bw") &&
		 __builtin_cpu_supports("avx512cd") &&
		 __builtin_cpu_supports("avx512dq") &&
		 __builtin_cpu_supports("avx512vl");

	search->platform = "x86_64";
	if (memmem(bytes, len, "x86-64-v2", 9)) {
		if (v4)
			search->levels[n++] = "x86-64-v4";
		if (v3)
			search->levels[n++] = "x86-64-v3";
		if (v2)
			search->levels[n++] = "x86-64-v2";
		for (int i = 0; i < n; i++)
			search->subdirs[sub++] = alck_arena_printf(
				search->arena, "glibc-hwcaps/%s/",
				search->levels[i]);
	}
	/* Up to 2.36: every choice of these, in this order.  Names of its own
	 * for processors ld.so has for Intel's alone.  Later ones have "tls" as
	 * the end of other words alone. */
	if (memmem(bytes, len, "haswell", 7) &&
	    memmem(bytes, len, "\0tls", 5)) {
		int intel = __builtin_cpu_is("intel");

		if (v3 && intel)
			search->platform = "haswell";
		for (int mask = 15; mask; mask--) {
			if ((mask & 2) && !(v4 && intel))
				continue;
			search->subdirs[sub++] = alck_arena_printf(
				search->arena, "%s%s%s%s%s",
				mask & 8 ? "tls/" : "",
				mask & 4 ? search->platform : "",
				mask & 4 ? "/" : "",
				mask & 2 ? "avx512_1/" : "",
				mask & 1 ? "x86_64/" : "");
		}
	}
}

void alck_search_init(struct alck_search *search, struct alck_arena *arena,
		      const char *interpreter, const char *library_path)
{
	size_t len = 0;
	char *bytes = interpreter ? read_whole(interpreter, &len) : NULL;

	*search = (struct alck_search){.arena = arena,
				       .library_path = library_path};
	find_dirs(search, bytes, len);
	find_lib(search, bytes ? bytes : "", len);
	find_levels(search, bytes ? bytes : "", len);
	alck_ld_cache_open(&search->cache, CACHE);
	free(bytes);
}

void alck_search_done(struct alck_search *search)
{
	alck_ld_cache_close(&search->cache);
}

/* ----------------------------------------------------------- $ORIGIN, ... */

const char *alck_search_origin(struct alck_arena *arena, const char *path)
{
	char *real = realpath(path, NULL),
	     *slash = real ? strrchr(real, '/') : NULL;
	const char *origin = "";

	if (slash)
		origin = alck_arena_text(
			arena, real,
			slash == real ? 1 : (size_t)(slash - real));
	free(real);
	return origin ? origin : "";
}

const char *alck_search_expand(const struct alck_search *search,
			       const char *text, size_t len,
			       const struct alck_asker *asker)
{
	const struct {
		const char *name, *value;
	} tokens[] = {{"ORIGIN", asker ? asker->origin : ""},
		      {"LIB", search->lib},
		      {"PLATFORM", search->platform}};
	char out[4096];
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < sizeof(out);) {
		size_t skip = 0;

		for (size_t k = 0; text[i] == '$' && k < 3 && !skip; k++) {
			size_t name = strlen(tokens[k].name);
			int braces = i + 1 < len && text[i + 1] == '{';
			size_t at = i + 1 + (size_t)braces;

			if (at + name > len ||
			    memcmp(text + at, tokens[k].name, name) ||
			    (braces &&
			     (at + name >= len || text[at + name] != '}')))
				continue;
			skip = at + name + (size_t)braces - i;
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%s",
					      tokens[k].value);
			if (n >= sizeof(out))
				n = sizeof(out) - 1;
		}
		if (skip)
			i += skip;
		else
			out[n++] = text[i++];
	}
	return alck_arena_text(search->arena, out, n);
}

/* --------------------------------------------------------------- look-up */

/* ld.so goes on where a file is for another machine. */
static int fits(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	Elf64_Ehdr eh;
	int ok;

	if (fd < 0)
		return 0;
	ok = pread(fd, &eh, sizeof(eh), 0) == sizeof(eh) &&
	     !memcmp(eh.e_ident, ELFMAG, SELFMAG) &&
	     eh.e_ident[EI_CLASS] == ELFCLASS64 && eh.e_machine == EM_X86_64;
	close(fd);
	return ok;
}

static const char *in_dir(const struct alck_search *search, const char *dir,
			  const char *name)
{
	size_t len = strlen(dir);
	const char *slash = len && dir[len - 1] == '/' ? "" : "/";
	char path[4096];
	struct stat st;

	if (!len) {
		dir = ".";
	} else if (stat(dir, &st)) {
		return NULL;
	}
	for (size_t i = 0;; i++) {
		const char *sub = search->subdirs[i];

		if ((size_t)snprintf(path, sizeof(path), "%s%s%s%s", dir, slash,
				     sub ? sub : "", name) < sizeof(path) &&
		    fits(path))
			return alck_arena_text(search->arena, path,
					       strlen(path));
		if (!sub)
			return NULL;
	}
}

/* In the folders of PATH, which SEPARATORS part. */
static const char *in_path(const struct alck_search *search, const char *path,
			   const char *separators, const char *name,
			   const struct alck_asker *asker)
{
	const char *found;

	while (path) {
		size_t len = strcspn(path, separators);
		const char *dir = alck_search_expand(search, path, len, asker);

		found = dir ? in_dir(search, dir, name) : NULL;
		if (found)
			return found;
		path = path[len] ? path + len + 1 : NULL;
	}
	return NULL;
}

static int in_default_dir(const struct alck_search *search, const char *path)
{
	for (int i = 0; search->dirs[i]; i++)
		if (!strncmp(path, search->dirs[i], strlen(search->dirs[i])))
			return 1;
	return 0;
}

static const char *by_rpath(const struct alck_search *search, const char *name,
			    const struct alck_asker *asker,
			    const struct alck_asker *program)
{
	const struct alck_asker *a;
	const char *found = NULL;
	int met_program = 0;

	if (asker && asker->runpath)
		return NULL;
	for (a = asker; a && !found; a = a->parent) {
		met_program |= a == program;
		if (a->rpath && !a->runpath)
			found = in_path(search, a->rpath, ":", name, a);
	}
	if (!found && !met_program && program && program->rpath &&
	    !program->runpath)
		found = in_path(search, program->rpath, ":", name, program);
	return found;
}

const char *alck_search_find(const struct alck_search *search, const char *name,
			     const struct alck_asker *asker,
			     const struct alck_asker *program, const char **how)
{
	const char *found;

	if (strchr(name, '/')) {
		*how = "its path";
		found = alck_search_expand(search, name, strlen(name), asker);
		return found && fits(found) ? found : NULL;
	}
	*how = "RPATH";
	found = by_rpath(search, name, asker, program);
	if (!found && search->library_path && *search->library_path) {
		*how = "LD_LIBRARY_PATH";
		found = in_path(search, search->library_path, ":;", name,
				program);
	}
	if (!found && asker && asker->runpath) {
		*how = "RUNPATH";
		found = in_path(search, asker->runpath, ":", name, asker);
	}
	if (found)
		return found;
	*how = CACHE_FOUND;
	found = alck_ld_cache_find(&search->cache, name, search->levels);
	if (found && fits(found) &&
	    !(asker && asker->no_defaults && in_default_dir(search, found)))
		return found;
	*how = DEFAULT_FOUND;
	for (int i = 0; search->dirs[i] && !(asker && asker->no_defaults);
	     i++) {
		found = in_dir(search, search->dirs[i], name);
		if (found)
			return found;
	}
	return NULL;
}
