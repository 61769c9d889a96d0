/* SPDX-License-Identifier: MIT */
/* Records in memory: see journal.h.  Signal-safe. */
#include "preload/journal.h"
#include "preload/runtime.h"

#define BYTES_MAX (64u << 20)

struct alck_journal alck_journal;
static size_t kept;

int alck_journal_add(const unsigned char *bytes, size_t len)
{
	struct alck_piece *piece;

	if (len > BYTES_MAX - kept)
		return -1;
	piece = alck_keep(sizeof(*piece) + len);
	if (!piece)
		return -1;
	kept += len;
	piece->next = NULL;
	piece->len = len;
	for (size_t i = 0; i < len; i++)
		piece->bytes[i] = bytes[i];
	/* In this order: a core may be written at any moment. */
	if (alck_journal.last)
		__atomic_store_n(&alck_journal.last->next, piece,
				 __ATOMIC_RELEASE);
	else
		__atomic_store_n(&alck_journal.first, piece, __ATOMIC_RELEASE);
	alck_journal.last = piece;
	return 0;
}

void alck_journal_reset(void)
{
	alck_journal = (struct alck_journal){NULL, NULL};
	kept = 0;
}
