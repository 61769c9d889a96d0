/* SPDX-License-Identifier: MIT */
/* The timeline: see events.h.  Signal-safe. */
#include <stddef.h>

#include "preload/events.h"
#include "preload/recorder.h"
#include "preload/root.h"
#include "preload/runtime.h"
#include "preload/thread.h"

#define EVENTS_MAX 4096

static struct alck_event events[EVENTS_MAX];
static uint32_t nevents;

void alck_event_note(const char *kind, const char *text)
{
	uint32_t n = __atomic_fetch_add(&nevents, 1, __ATOMIC_RELAXED);
	struct alck_thread *t = &alck_thread;
	struct alck_event *e;

	if (n >= EVENTS_MAX)
		return;
	e = &events[n];
	e->time = alck_time();
	e->thread = alck_thread_number(t);
	e->kind = kind;
	__atomic_store_n(&e->text, alck_keep_text(text), __ATOMIC_RELEASE);
	alck_recorder_flush(t);
}

const struct alck_event *alck_event_get(uint32_t n)
{
	if (n >= EVENTS_MAX ||
	    !__atomic_load_n(&events[n].text, __ATOMIC_ACQUIRE))
		return NULL;
	return &events[n];
}

uint32_t alck_events_dropped(void)
{
	uint32_t n = __atomic_load_n(&nevents, __ATOMIC_RELAXED);

	return n > EVENTS_MAX ? n - EVENTS_MAX : 0;
}

void alck_events_describe(struct alck_root_events *e)
{
	*e = (struct alck_root_events){
		.rows = (uintptr_t)events,
		.count = EVENTS_MAX,
		.size = sizeof(events[0]),
		.time = offsetof(struct alck_event, time),
		.thread = offsetof(struct alck_event, thread),
		.kind = offsetof(struct alck_event, kind),
		.text = offsetof(struct alck_event, text),
	};
}
