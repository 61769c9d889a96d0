/* SPDX-License-Identifier: MIT */
/* The family tables: see families.h.  Runs anywhere, signal-safe. */
#include "contract/families.h"

/* Each file of families.def is read twice: for its tables of entry points,
 * and for its initialisers of struct alck_family. */
#define ALCK_FAMILY_TABLES
#include "contract/families/standard.def"
#include "contract/families.def"
#include "contract/families/other.def"
#undef ALCK_FAMILY_TABLES

const struct alck_family alck_families[] = {
#include "contract/families.def"
};

const unsigned int alck_nfamilies =
	sizeof(alck_families) / sizeof(alck_families[0]);

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct alck_family *alck_family_find(const char *name)
{
	for (unsigned int i = 0; i < alck_nfamilies; i++)
		if (same(alck_families[i].name, name))
			return &alck_families[i];
	return same(alck_family_other.name, name) ? &alck_family_other : NULL;
}

int alck_entry_is_standard(enum alck_api api)
{
	return api == ALCK_API_C || api == ALCK_API_NEW ||
	       api == ALCK_API_NEW_ARRAY;
}
