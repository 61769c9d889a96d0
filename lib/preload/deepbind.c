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
	/* dlopen copies it, but nothing tells when it has: so it stays. */
	*file = (uintptr_t)alck_keep_once(text);
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
