/* SPDX-License-Identifier: MIT */
/*
 * The timeline: loads, unloadings and forks, in the order in which they
 * happened.  Kept in memory, since most processes never write a report; the
 * recorder writes what it has not written yet.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_EVENTS_H
#define ALCK_PRELOAD_EVENTS_H

#include <stdint.h>

struct alck_event {
	uint64_t time; /* ns since start */
	uint32_t thread;
	const char *kind; /* "load", "unload", ... */
	const char *text; /* NULL while it is being filled in */
};

/* Notes an event of KIND (a literal) with the words TEXT.  Past the first
 * 4096 they are only counted. */
void alck_event_note(const char *kind, const char *text);

/* Event N, from 0; NULL past the last. */
const struct alck_event *alck_event_get(uint32_t n);

/* Events for which there was no room. */
uint32_t alck_events_dropped(void);

#endif
