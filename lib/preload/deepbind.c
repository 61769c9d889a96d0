/* SPDX-License-Identifier: MIT */
/* Option deepbind: see deepbind.h.  Signal-safe. */
#include <dlfcn.h>

#include "preload/deepbind.h"
#include "preload/events.h"
#include "preload/runtime.h"
#include "preload/text.h"

/* A mode without RTLD_LAZY or RTLD_NOW: dlopen refuses it before it looks for
 * anything. */
#define NO_MODE 0

/* Sentences that dlopen was given as a file's name.  It copies them, but
 * nothing tells when it has: so they stay, one a file. */
struct refusal {
	struct refusal *next;
	char text[];
};

static struct refusal *refusals;

/* Kept text that is equal to TEXT. */
static const char *keep(const char *text)
{
	size_t n = alck_text_length(text) + 1;
	struct refusal *r = __atomic_load_n(&refusals, __ATOMIC_ACQUIRE);

	for (; r; r = r->next)
		if (alck_text_equal(r->text, text))
			return r->text;
	r = alck_keep(sizeof(*r) + n);
	if (!r)
		return "alloccheck: deepbind=deny";
	for (size_t i = 0; i < n; i++)
		r->text[i] = text[i];
	r->next = __atomic_load_n(&refusals, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&refusals, &r->next, r, 0,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
	return r->text;
}

/* dlerror gives what dlopen left: the name of the file and, here, that the mode
 * is invalid.  So the name is the sentence; no file of any name is looked
 * for. */
static void deny(uintptr_t *file, uintptr_t *mode)
{
	char text[1024];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, "alloccheck: deepbind=deny: ");
	alck_text_add(&t, (const char *)*file);
	alck_text_add(&t, " was not loaded with RTLD_DEEPBIND");
	*file = (uintptr_t)keep(text);
	*mode = NO_MODE;
}

static void note(const char *file, const char *what)
{
	char text[1024];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, file);
	alck_text_add(&t, what);
	alck_event_note("load", text);
}

void alck_deepbind_apply(uintptr_t *file, uintptr_t *mode)
{
	const char *name = (const char *)*file;

	/* The program itself, and what RTLD_NOLOAD finds, is loaded. */
	if (!(*mode & RTLD_DEEPBIND) || !name || !*name ||
	    (*mode & RTLD_NOLOAD))
		return;
	if (alck_runtime.options.deepbind == ALCK_DEEPBIND_STRIP) {
		*mode &= ~(uintptr_t)RTLD_DEEPBIND;
		note(name, ": RTLD_DEEPBIND was taken away (deepbind=strip)");
	} else if (alck_runtime.options.deepbind == ALCK_DEEPBIND_DENY) {
		deny(file, mode);
		note(name, ": not loaded, because of RTLD_DEEPBIND "
			   "(deepbind=deny)");
	}
}
