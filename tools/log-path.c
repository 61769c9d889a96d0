/* SPDX-License-Identifier: MIT */
/* log_path as the preload library reads it: see launch.h.  Offline. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/launch.h"

/* A text that is cut off where there is no room. */
struct line {
	char *buf;
	size_t size, used;
};

static void add(struct line *l, const char *text, size_t len)
{
	while (len-- && l->used + 1 < l->size)
		l->buf[l->used++] = *text++;
	l->buf[l->used] = 0;
}

/* The value of the variable that NAME (LEN bytes) is, in which a slash would
 * lead elsewhere. */
static void add_variable(struct line *l, const char *name, size_t len)
{
	char copy[256];
	const char *value;

	if (len >= sizeof(copy))
		return;
	memcpy(copy, name, len);
	copy[len] = 0;
	for (value = getenv(copy); value && *value; value++)
		add(l, *value == '/' ? "_" : value, 1);
}

int alck_log_path_expand(const char *log_path, pid_t pid, const char *program,
			 char *buf, size_t size)
{
	struct line l = {buf, size, 0};
	int is_name = 0;
	char number[24];

	for (const char *p = log_path; *p; p++) {
		size_t len = strcspn(p, "}");

		if (*p != '%') {
			if (!program && strchr("*?[\\", *p))
				add(&l, "\\", 1);
			add(&l, p, 1);
			continue;
		}
		switch (*++p) {
		case 'p':
			snprintf(number, sizeof(number), "%ld", (long)pid);
			add(&l, number, strlen(number));
			is_name = 1;
			break;
		case 'n':
			add(&l, program ? program : "*",
			    program ? strlen(program) : 1);
			is_name = 1;
			break;
		case 'q':
			if (p[1] != '{' || !p[len - 1])
				return is_name;
			if (program)
				add_variable(&l, p + 2, len - 3);
			else
				add(&l, "*", 1);
			p += len - 1;
			is_name = 1;
			break;
		case 0:
			return is_name;
		default:
			add(&l, p, 1);
		}
	}
	return is_name;
}

int alck_log_path_name(const char *log_path, pid_t pid, const char *program,
		       int attempt, char *buf, size_t size)
{
	int n = 0;
	size_t at;

	if (!alck_log_path_expand(log_path, pid, program, buf, size)) {
		at = strlen(buf);
		n = snprintf(buf + at, size - at, "%s%s.%ld.alck",
			     at && buf[at - 1] == '/' ? "" : "/", program,
			     (long)pid);
	}
	at = strlen(buf);
	if (n >= 0 && attempt)
		n = snprintf(buf + at, size - at, ".%d.alck", attempt);
	return n < 0 || strlen(buf) + 1 >= size ? -1 : 0;
}
