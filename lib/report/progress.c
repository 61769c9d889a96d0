/* SPDX-License-Identifier: MIT */
/* How far it has come: see progress.h.  Offline. */
#include "report/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST 500000000u /* ns before there is a line at all */
#define EVERY 100000000u /* and between two of them */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void alck_progress_begin(struct alck_progress *p, const char *what, size_t of)
{
	memset(p, 0, sizeof(*p));
	p->what = what;
	p->of = of;
	p->on = isatty(STDERR_FILENO);
	if (p->on)
		p->next = now() + FIRST;
}

void alck_progress_step(struct alck_progress *p, size_t done)
{
	uint64_t t;

	if (!p->on)
		return;
	t = now();
	if (t < p->next)
		return;
	p->next = t + EVERY;
	p->shown = 1;
	fprintf(stderr, "\r\033[Kalloccheck: %s: %zu", p->what, done);
	if (p->of)
		fprintf(stderr, " of %zu", p->of);
	fflush(stderr);
}

void alck_progress_end(struct alck_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = 0;
}
