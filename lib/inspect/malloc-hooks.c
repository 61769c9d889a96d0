/* SPDX-License-Identifier: MIT */
/* Malloc hooks, and whether ptmalloc has ever run, read from a process: see
 * live.h.  Offline. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "inspect/live.h"
#include "inspect/memory.h"

/* ----------------------------------------------------------------- hooks */

static int entry_at(const struct alck_object *o, uint64_t address)
{
	const struct alck_image *image = &o->image;

	for (size_t i = 0; i < image->nsymbols; i++) {
		const struct alck_image_symbol *s = &image->symbols[i];

		if (s->defined && image->bias + s->value == address &&
		    (alck_name((unsigned int)s->name)->kinds & ALCK_NAME_ENTRY))
			return s->name;
	}
	return -1;
}

/* A libc reads the variable that its own slot leads to, whoever defines it. */
static void read_hook(struct alck_scene *scene, struct alck_live *live,
		      const struct alck_object *reader,
		      const struct alck_image_slot *slot)
{
	struct alck_live_hook hook = {
		.name = slot->symbol->name, .reader = reader, .entry = -1};
	struct alck_live_hook *more;

	if (alck_image_read(&reader->image, slot->address, &hook.variable, 8) ||
	    !hook.variable ||
	    alck_memory_read(scene->memory, hook.variable, &hook.value, 8))
		return;
	hook.defined = alck_scene_object_at(scene, hook.variable);
	if (hook.value) {
		uint64_t real = alck_scene_behind(scene, hook.value);

		if (real)
			hook.value = real;
		hook.target = alck_scene_object_at(scene, hook.value);
	}
	if (hook.target)
		hook.entry = entry_at(hook.target, hook.value);
	more = alck_arena_alloc(&scene->arena,
				(live->nhooks + 1) * sizeof(*more));
	if (!more)
		return;
	if (live->nhooks)
		memcpy(more, live->hooks, live->nhooks * sizeof(*more));
	live->hooks = more;
	live->hooks[live->nhooks++] = hook;
}

void alck_live_hooks(struct alck_scene *scene, struct alck_live *live)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		const struct alck_object *o = scene->objects[i];

		if (!o->family || strncmp(o->family->name, "glibc", 5))
			continue;
		for (size_t k = 0; k < o->image.nslots; k++) {
			const struct alck_image_slot *slot = &o->image.slots[k];

			if (alck_name((unsigned int)slot->symbol->name)->kinds &
			    ALCK_NAME_HOOK)
				read_hook(scene, live, o, slot);
		}
	}
	for (size_t i = 0; i < live->nhooks; i++)
		if (live->hooks[i].name == alck_name_find("__free_hook") &&
		    live->hooks[i].reader == scene->libc &&
		    live->hooks[i].target != scene->libc)
			scene->rescuer = live->hooks[i].target;
}

/* -------------------------------------------------------------- ptmalloc */

/* Empty bins of main_arena, one behind the other, each of which leads to
 * itself.  malloc_init_state makes 127 of them; most of them stay empty. */
#define BINS_WORDS  254
#define BINS_ENOUGH 32

/* libc's data as words: an empty bin is two words that both hold the address
 * sixteen bytes before them (bin_at of malloc/malloc.c). */
static uint64_t find_bins(const uint64_t *words, size_t n, uint64_t at)
{
	size_t first = 0, count = 0;

	for (size_t i = 2; i + 1 < n; i++) {
		uint64_t self = at + (i - 2) * 8;

		if (words[i] != self || words[i + 1] != self)
			continue;
		if (!count || i - first > BINS_WORDS) {
			first = i;
			count = 0;
		}
		if (++count == BINS_ENOUGH)
			return at + first * 8;
		i++;
	}
	return 0;
}

void alck_live_arena(const struct alck_scene *scene, struct alck_live *live)
{
	const struct alck_object *libc = scene->libc;

	live->arena = ALCK_ARENA_UNKNOWN;
	for (size_t i = 0; libc && i < libc->image.nphdr; i++) {
		const Elf64_Phdr *ph = &libc->image.phdr[i];
		uint64_t at = (ph->p_vaddr + 15) & ~15ull, *words;
		size_t n = ph->p_memsz / 8;

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_W) || n < 4 ||
		    n > 1u << 20)
			continue;
		n -= (at - ph->p_vaddr + 7) / 8;
		words = malloc(n * 8);
		if (!words)
			return;
		if (!alck_image_read(&libc->image, at, words, n * 8)) {
			live->arena_at =
				find_bins(words, n, libc->image.bias + at);
			live->arena = live->arena_at ? ALCK_ARENA_AWAKE
						     : ALCK_ARENA_ASLEEP;
		}
		free(words);
		if (live->arena == ALCK_ARENA_AWAKE)
			return;
	}
}
