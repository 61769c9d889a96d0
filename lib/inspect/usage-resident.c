/* SPDX-License-Identifier: MIT */
/* Which pages of a process are resident, by /proc/PID/pagemap: see usage.h.
 * Offline. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inspect/usage-internal.h"

/* What is larger is not counted page by page. */
#define COUNTED_MAX (1ull << 40)
#define WINDOW	    4096u

struct alck_pagemap {
	int fd;
	uint64_t first, n; /* pages that the window has */
	uint64_t window[WINDOW];
};

struct alck_pagemap *alck_pagemap_open(const char *proc)
{
	struct alck_pagemap *p = calloc(1, sizeof(*p));
	char path[512];

	if (!p)
		return NULL;
	snprintf(path, sizeof(path), "%s/pagemap", proc);
	p->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (p->fd >= 0)
		return p;
	free(p);
	return NULL;
}

void alck_pagemap_close(struct alck_pagemap *p)
{
	if (!p)
		return;
	close(p->fd);
	free(p);
}

/* Makes the window begin with page FIRST. */
static int move(struct alck_pagemap *p, uint64_t first)
{
	ssize_t n =
		pread(p->fd, p->window, sizeof(p->window), (off_t)(8 * first));

	p->first = first;
	p->n = n > 0 ? (uint64_t)n / 8 : 0;
	return p->n ? 0 : -1;
}

int64_t alck_pagemap_count(struct alck_pagemap *p, uint64_t low, uint64_t high)
{
	uint64_t page = low / ALCK_PAGE, end = high / ALCK_PAGE, sum = 0;

	if (high - low > COUNTED_MAX)
		return -1;
	for (; page < end; page++) {
		if (page - p->first >= p->n && move(p, page))
			return -1;
		sum += p->window[page - p->first] >> 63;
	}
	return (int64_t)(sum * ALCK_PAGE);
}

static int64_t of_region(struct alck_pagemap *p, const struct alck_region *r,
			 uint64_t low, uint64_t high)
{
	if (r->use == ALCK_USE_KERNEL || alck_usage_is_reserved(r->mapping))
		return 0;
	return alck_pagemap_count(p, low, high);
}

void alck_usage_residence(struct alck_usage *u, const char *proc)
{
	u->pagemap = proc ? alck_pagemap_open(proc) : NULL;
	if (!u->pagemap)
		return;
	for (size_t i = 0; i < u->nregions; i++) {
		struct alck_region *r = &u->regions[i];

		r->resident = of_region(u->pagemap, r, r->low, r->high);
	}
	for (size_t i = 0; i < u->nheaps; i++) {
		struct alck_usage_heap *h = &u->heaps[i];
		const struct alck_region *r = alck_usage_at(u, h->low);

		if (r)
			h->resident = of_region(
				u->pagemap, r, h->low & ~(ALCK_PAGE - 1),
				(h->high + ALCK_PAGE - 1) & ~(ALCK_PAGE - 1));
	}
}
