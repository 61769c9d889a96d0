/* SPDX-License-Identifier: MIT */
/* Environment and limits of a process: see live.h.  Offline. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/live.h"

#define ENVIRONMENT_MAX (1u << 20)
#define LINES_MAX	64

/* What the loader and the allocators heed; a trailing _ or = is part of it. */
static const char *const heeded[] = {
	"LD_",		 "GLIBC_TUNABLES=", "MALLOC_",	     "JE_MALLOC_",
	"_RJEM_MALLOC_", "JEMALLOC_",	    "TCMALLOC_",     "MIMALLOC_",
	"TBB_MALLOC_",	 "HEAPPROFILE=",    "PYTHONMALLOC=", "ALLOCCHECK_",
};

static int is_heeded(const char *variable)
{
	for (size_t i = 0; i < sizeof(heeded) / sizeof(heeded[0]); i++)
		if (!strncmp(variable, heeded[i], strlen(heeded[i])))
			return 1;
	return 0;
}

static void keep(struct alck_scene *scene, const char ***list, size_t *n,
		 const char *text)
{
	if (!*list)
		*list = alck_arena_alloc(&scene->arena,
					 LINES_MAX * sizeof(**list));
	if (*list && *n < LINES_MAX)
		(*list)[*n] =
			alck_arena_text(&scene->arena, text, strlen(text));
	if (*list && *n < LINES_MAX && (*list)[*n])
		++*n;
}

static void read_environment(struct alck_scene *scene, struct alck_live *live,
			     const char *path)
{
	char *bytes = malloc(ENVIRONMENT_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	while (bytes && fd >= 0 && len < ENVIRONMENT_MAX &&
	       (n = read(fd, bytes + len, ENVIRONMENT_MAX - len)) > 0)
		len += (size_t)n;
	if (bytes)
		bytes[len] = 0;
	for (size_t at = 0; bytes && at < len; at += strlen(bytes + at) + 1)
		if (is_heeded(bytes + at))
			keep(scene, &live->environment, &live->nenvironment,
			     bytes + at);
	if (fd >= 0)
		close(fd);
	free(bytes);
}

/* "Max address space         unlimited            unlimited            bytes"
 */
static void read_limits(struct alck_scene *scene, struct alck_live *live,
			const char *path)
{
	static const char *const wanted[] = {
		"Max address space", "Max data size", "Max locked memory",
		"Max stack size", "Max processes"};
	FILE *f = fopen(path, "re");
	char line[256], soft[32], text[80];

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]);
		     i++) {
			size_t len = strlen(wanted[i]);

			if (strncmp(line, wanted[i], len) ||
			    sscanf(line + len, " %31s", soft) != 1 ||
			    !strcmp(soft, "unlimited"))
				continue;
			snprintf(text, sizeof(text), "%s %s", wanted[i] + 4,
				 soft);
			keep(scene, &live->limits, &live->nlimits, text);
		}
	if (f)
		fclose(f);
}

void alck_live_surroundings(struct alck_scene *scene, struct alck_live *live,
			    const char *proc, pid_t pid)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%ld/environ", proc, (long)pid);
	read_environment(scene, live, path);
	snprintf(path, sizeof(path), "%s/%ld/limits", proc, (long)pid);
	read_limits(scene, live, path);
}
