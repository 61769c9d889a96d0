/* SPDX-License-Identifier: MIT */
/* dlopen and dlmopen as they are called: see loads.h.  Signal-safe. */
#include <dlfcn.h>

#include "preload/capture.h"
#include "preload/deepbind.h"
#include "preload/events.h"
#include "preload/loader-watch.h"
#include "preload/loads.h"
#include "preload/runtime.h"
#include "preload/search-path.h"
#include "preload/stack-depot.h"
#include "preload/text.h"

/* Who loads what, and how, for the timeline. */
static void note_call(const struct alck_entry *e, const uintptr_t *load,
		      const struct alck_frame *frame)
{
	static const struct {
		uintptr_t flag;
		const char *name;
	} flags[] = {{RTLD_LAZY, " RTLD_LAZY"},
		     {RTLD_NOW, " RTLD_NOW"},
		     {RTLD_NOLOAD, " RTLD_NOLOAD"},
		     {RTLD_DEEPBIND, " RTLD_DEEPBIND"},
		     {RTLD_GLOBAL, " RTLD_GLOBAL"},
		     {RTLD_NODELETE, " RTLD_NODELETE"}};
	const struct alck_module *m = alck_module_at(frame->pc);
	const char *file = (const char *)load[0];
	char text[1024];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, e->name);
	alck_text_add(&t, "(");
	alck_text_add(&t, file ? file : "NULL");
	alck_text_add(&t, ")");
	for (unsigned int i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (load[1] & flags[i].flag)
			alck_text_add(&t, flags[i].name);
	alck_text_add(&t, " called by ");
	alck_text_add(&t, m ? alck_text_base(m->path) : "generated code");
	alck_event_note("load", text);
}

void alck_load_note(const struct alck_entry *e, uintptr_t *args,
		    const struct alck_frame *frame)
{
	struct alck_thread *t = &alck_thread;
	/* dlmopen has a namespace in front of them. */
	uintptr_t *load = alck_text_equal(e->name, "dlmopen") ? args + 1 : args;

	alck_loader_poll();
	note_call(e, load, frame);
	alck_deepbind_apply(&load[0], &load[1]);
	t->load_name = load[0] ? alck_keep_once((const char *)load[0]) : NULL;
	t->load_deep = (load[1] & RTLD_DEEPBIND) != 0;
	t->load_context = alck_depot_context(alck_capture_stack(t, frame),
					     alck_thread_number(t), e->id, 0);
}

static const struct alck_module *caller_of(uint32_t context)
{
	struct alck_context c;
	uintptr_t pc;

	if (alck_depot_context_get(context, &c) ||
	    !alck_depot_stack_get(c.stack, &pc, 1))
		return NULL;
	return alck_module_at(pc);
}

void alck_load_claim(struct alck_module *m)
{
	static uint32_t batch; /* seen last */
	struct alck_thread *t = &alck_thread;

	/* What dlopen was asked for comes before what that needs.  When it is
	 * something else, that dlopen found its object loaded, and libc has
	 * loaded this for itself. */
	if (m->batch != batch) {
		const struct alck_module *caller = caller_of(t->load_context);

		batch = m->batch;
		if (t->load_name &&
		    alck_search_agrees(t->load_name, caller, m->path)) {
			m->opened_as = t->load_name;
			m->opened_by = caller;
		} else {
			t->load_deep = 0;
			t->load_context = 0;
		}
	}
	m->deep_bound = t->load_deep;
	m->load_context = t->load_context;
}

void alck_load_seen(const struct alck_module *m)
{
	char text[1024];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, m->path);
	if (m->deep_bound)
		alck_text_add(&t, " (RTLD_DEEPBIND)");
	if (m->name_space) {
		alck_text_add(&t, " in link namespace ");
		alck_text_add_number(&t, m->name_space);
	}
	alck_event_note("load", text);
}

void alck_unload_seen(const struct alck_module *m)
{
	alck_event_note("unload", m->path);
}
