/* SPDX-License-Identifier: MIT */
/* C++ names as people write them: see demangle.h.  Offline. */
#include <config.h>
#include "report/demangle.h"

#ifdef HAVE_CXA_DEMANGLE
#include <stdlib.h>
#include <string.h>

/* The length bounds how deep a hostile name can nest. */
#define NAME_MAX_LEN 2048

char *__cxa_demangle(const char *name, char *buf, size_t *len, int *status);

const char *alck_demangle(struct alck_arena *arena, const char *name)
{
	int status = -1;
	const char *copy;
	char *plain;

	if (strncmp(name, "_Z", 2) || strlen(name) > NAME_MAX_LEN)
		return name;
	plain = __cxa_demangle(name, NULL, NULL, &status);
	if (!plain)
		return name;
	copy = status ? NULL : alck_arena_text(arena, plain, strlen(plain));
	free(plain);
	return copy ? copy : name;
}
#else
const char *alck_demangle(struct alck_arena *arena, const char *name)
{
	(void)arena;
	return name;
}
#endif
