/* SPDX-License-Identifier: MIT */
/*
 * What the program finds in its environment, and where its reports go: see
 * launch.h.  Offline.
 */
#include "config.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "tools/launch.h"

int alck_library_find(char *buf, char *why, size_t why_size)
{
	/* Beside the launcher in a build tree (as built; as libtool keeps
	 * it), beside it when the whole was moved, and where it was
	 * installed. */
	static const char *const places[] = {"../lib/preload/.libs",
					     "../../lib/preload/.libs",
					     "../lib/alloccheck", NULL};
	const char *given = getenv("ALLOCCHECK_LIBRARY");
	char self[PATH_MAX], candidate[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int found = 0;

	if (given && *given) {
		found = realpath(given, buf) != NULL;
		if (!found) {
			snprintf(why, why_size,
				 "ALLOCCHECK_LIBRARY names %s, which is not "
				 "there",
				 given);
			return -1;
		}
	}
	self[n > 0 ? n : 0] = 0;
	if (strrchr(self, '/'))
		*strrchr(self, '/') = 0;
	for (int i = 0; !found && n > 0 && places[i]; i++) {
		snprintf(candidate, sizeof(candidate), "%s/%s/liballoccheck.so",
			 self, places[i]);
		found = realpath(candidate, buf) != NULL;
	}
	if (!found && !realpath(ALCK_PKGLIBDIR "/liballoccheck.so", buf)) {
		snprintf(why, why_size,
			 "liballoccheck.so is neither beside the launcher nor "
			 "in %s: install alloccheck, or name the library in "
			 "ALLOCCHECK_LIBRARY",
			 ALCK_PKGLIBDIR);
		return -1;
	}
	/* The loader takes LD_PRELOAD apart at these, and knows no escape. */
	if (buf[strcspn(buf, " \t:")]) {
		snprintf(why, why_size,
			 "%s cannot stand in LD_PRELOAD, because its path has "
			 "a space or a colon in it: move alloccheck to another "
			 "folder",
			 buf);
		return -1;
	}
	return 0;
}

/* PATH, with every C of it written twice (C is '%') or behind a backslash. */
static size_t put_escaped(char *to, size_t size, const char *from,
			  const char *which)
{
	size_t at = 0;

	for (; *from; from++) {
		if (strchr(which, *from)) {
			if (at + 1 < size)
				to[at] = *from == '%' ? '%' : '\\';
			at++;
		}
		if (at + 1 < size)
			to[at] = *from;
		at++;
	}
	if (size)
		to[at < size ? at : size - 1] = 0;
	return at;
}

/* Can a folder be made in FOLDER?  access alone lets root into /proc. */
static int takes_folders(const char *folder)
{
	struct statfs fs;

	if (!folder || folder[0] != '/' || access(folder, W_OK | X_OK) ||
	    statfs(folder, &fs))
		return 0;
	return fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC;
}

int alck_log_path(const struct alck_options *options, char *buf, size_t size)
{
	const char *given = options->log_path, *folder;
	char cwd[PATH_MAX];
	size_t at = 0;
	int n;

	if (given[0] == '/') {
		n = snprintf(buf, size, "%s", given);
		return n < 0 || (size_t)n >= size ? -1 : 0;
	}
	folder = getcwd(cwd, sizeof(cwd));
	if (!given[0] && !takes_folders(folder)) {
		folder = getenv("TMPDIR");
		if (!takes_folders(folder))
			folder = "/tmp";
	}
	if (!folder)
		return -1;
	at = put_escaped(buf, size, folder, "%");
	if (at >= size)
		return -1;
	if (at && buf[at - 1] == '/')
		at--;
	n = given[0] ? snprintf(buf + at, size - at, "/%s", given)
		     : snprintf(buf + at, size - at, "/alloccheck.%ld",
				(long)getpid());
	return n < 0 || (size_t)n >= size - at ? -1 : 0;
}

/* "A", or "A<sep>B", or "B": whichever of the two has something in it. */
static char *joined(const char *a, char sep, const char *b)
{
	size_t la = a ? strlen(a) : 0, lb = b ? strlen(b) : 0;
	char *s = malloc(la + lb + 2);

	if (!s)
		return NULL;
	if (la)
		memcpy(s, a, la);
	if (la && lb)
		s[la++] = sep;
	if (lb)
		memcpy(s + la, b, lb);
	s[la + lb] = 0;
	return s;
}

/* Is LIBRARY already in LIST (an alloccheck run by an alloccheck)? */
static int is_listed(const char *list, const char *library)
{
	size_t n = strlen(library);

	while (list && *list) {
		size_t len = strcspn(list, " :");

		if (len == n && !memcmp(list, library, n))
			return 1;
		list += len + (list[len] != 0);
	}
	return 0;
}

/* AddressSanitizer's library ends a program in which it does not come first in
 * the loader's list.  Behind ours it works all the same; it has an option for
 * that, which children need too. */
static int allow_sanitizers(void)
{
	static const char option[] = "verify_asan_link_order=0";
	const char *given = getenv("ASAN_OPTIONS");
	char *all;
	int failed;

	if (given && strstr(given, "verify_asan_link_order"))
		return 0;
	all = joined(given, ':', option);
	failed = !all || setenv("ASAN_OPTIONS", all, 1);
	free(all);
	return failed;
}

int alck_environment_set(const char *library,
			 const struct alck_command_line *line,
			 const char *log_path)
{
	const char *preload = getenv("LD_PRELOAD");
	char escaped[2 * ALCK_OPTION_TEXT_MAX + 16] = "log_path=";
	char *theirs = NULL, *all = NULL, *list = NULL;
	int failed = 1;

	put_escaped(escaped + 9, sizeof(escaped) - 9, log_path, ":\\");
	theirs = joined(getenv("ALLOCCHECK_OPTIONS"), ':', line->text);
	all = theirs ? joined(theirs, ':', escaped) : NULL;
	list = is_listed(preload, library) ? joined(preload, ':', NULL)
					   : joined(library, ':', preload);
	if (all && list)
		failed = setenv("LD_PRELOAD", list, 1) ||
			 setenv("ALLOCCHECK_OPTIONS", all, 1) ||
			 allow_sanitizers();
	free(theirs);
	free(all);
	free(list);
	return failed ? -1 : 0;
}
