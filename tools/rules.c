/* SPDX-License-Identifier: MIT */
/* The suppressions that the command goes by: see commands.h.  Offline. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/commands.h"

const char *alck_rules_default(void)
{
	static const char path[] = ALCK_PKGDATADIR "/default.supp";

	return access(path, F_OK) ? NULL : path;
}

struct alck_suppressions *alck_rules_new(void)
{
	struct alck_suppressions *rules = alck_suppressions_new();
	const char *path = alck_rules_default();

	if (!rules) {
		fputs("alloccheck: out of memory\n", stderr);
		return NULL;
	}
	if (path && alck_suppressions_read(rules, path, stderr)) {
		alck_suppressions_free(rules);
		return NULL;
	}
	return rules;
}

int alck_rules_read_list(struct alck_suppressions *rules, const char *list)
{
	int status = 0;

	while (*list) {
		size_t len = strcspn(list, "\n");
		char *path = strndup(list, len);

		if (!path ||
		    (len && alck_suppressions_read(rules, path, stderr)))
			status = -1;
		free(path);
		list += len + (list[len] == '\n');
	}
	return status;
}
