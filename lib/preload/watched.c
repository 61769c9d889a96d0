/* SPDX-License-Identifier: MIT */
/* Functions that are only noted: see watched.h.  Signal-safe. */
#include "preload/elf-lookup.h"
#include "preload/events.h"
#include "preload/finding.h"
#include "preload/loads.h"
#include "preload/runtime.h"
#include "preload/text.h"
#include "preload/watched.h"

/* Who forks, from where.  Calls from inside libc (system, popen) are its own
 * and are noted under the name that the program called. */
static void note_fork(const struct alck_entry *e, uintptr_t *args,
		      const struct alck_frame *frame)
{
	const struct alck_module *m = alck_module_at(frame->pc);
	char text[512];
	struct alck_text t;

	(void)args;
	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, e->name);
	alck_text_add(&t, "() called by ");
	if (m) {
		alck_text_add(&t, alck_text_base(m->path));
		alck_text_add(&t, "+");
		alck_text_add_hex(&t, frame->pc - m->bias);
	} else {
		alck_text_add_hex(&t, frame->pc);
	}
	alck_event_note("fork", text);
}

const struct alck_watched alck_watched[] = {
	{"dlopen", alck_load_note}, {"dlmopen", alck_load_note},
	{"fork", note_fork},	    {"vfork", note_fork},
	{"__libc_fork", note_fork}, {"popen", note_fork},
	{"system", note_fork},	    {"daemon", note_fork},
	{"posix_spawn", note_fork}, {"posix_spawnp", note_fork},
};

const unsigned int alck_nwatched =
	sizeof(alck_watched) / sizeof(alck_watched[0]);

int alck_watched_in(const struct alck_module *m)
{
	return m->is_libc ||
	       (alck_elf_defines(m, "dlmopen") &&
		alck_elf_defines(m, "dlsym")) ||
	       (alck_elf_defines(m, "pthread_create") &&
		alck_elf_defines(m, "fork"));
}

void alck_note(const struct alck_entry *e, uintptr_t *args, uintptr_t pc,
	       uintptr_t sp, uintptr_t fp)
{
	struct alck_frame frame = {pc, sp, fp};

	if (e->provider)
		alck_finding_satellite(e, &frame);
	else
		alck_watched[e->watched].note(e, args, &frame);
}
