/* SPDX-License-Identifier: MIT */
/*
 * What happens at an allocator's entry point: the handlers behind the thunks.
 *
 * A handler runs in the program's call, with the program's arguments, before
 * and after the provider's own function.  It keeps errno, takes no lock and
 * allocates nothing; it may run in a signal handler that interrupted another.
 */
#ifndef ALCK_PRELOAD_ENTRIES_H
#define ALCK_PRELOAD_ENTRIES_H

#include <stdint.h>

struct alck_entry;
struct alck_frame;
struct alck_thread;
struct alck_inner;
struct alck_provider;

#define ALCK_THUNK_SIZE 16

#define ALCK_HIDDEN __attribute__((visibility("hidden")))

extern const char alck_thunks[] ALCK_HIDDEN;

/* The handler for the shape of ENTRY. */
void *alck_entry_handler(const struct alck_entry *entry);

/* The handler of ENTRY for who has put it where the hot path has it (rsi for
 * malloc and free, rdx for calloc and realloc, r9 for malloc_usable_size) and
 * in r11. */
void *alck_entry_direct(const struct alck_entry *entry);

/* The handler of ENTRY for calls of the exported function of PLACE, or NULL. At
 * level=guard, while no allocator is there that may call others. */
void *alck_entry_placed(const struct alck_entry *entry, unsigned int place);

/* Do PROVIDER's malloc and free call no other allocator's? */
int alck_entry_is_last(const struct alck_provider *provider);

/* May a call of E come by another entry of its provider, too?  For level=guard,
 * where each of the two would count the block. */
int alck_entry_leads_on(const struct alck_entry *entry);

/* What the exported family jumps to, by place in alck_rows_c: the entry of the
 * next definition, or one that answers "no memory".  Known to thunks-*.S. */
struct alck_next {
	struct alck_entry *entry;
	void *first;   /* alck_entry_placed; or alck_next_malloc and so on, */
	void *handler; /* which lead to alck_entry_direct */
	void *real;    /* ENTRY's, for FIRST, as is */
	uint32_t page; /* this */
};

extern struct alck_next alck_next[] ALCK_HIDDEN;
/* Sets alck_next from alck_global; and the address of each such entry to the
 * exported function, so that &malloc stays the same for all who ask. */
void alck_interposer_bind(void);
/* ENTRY has got another REAL. */
void alck_interposer_follow(const struct alck_entry *entry);
/* An allocator has come that may call others. */
void alck_interposer_mix(void);

/* The handlers that know everything, for those of the hot path, which do
 * not.  The arguments are five, as they came in registers. */
uintptr_t alck_on_alloc(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3,
			uintptr_t a4, struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_free(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3,
		       uintptr_t a4, struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_realloc(uintptr_t a0, uintptr_t a1, uintptr_t a2,
			  uintptr_t a3, uintptr_t a4,
			  struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_query(uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3,
			uintptr_t a4, struct alck_entry *e) ALCK_HIDDEN;

/* Notes BLOCK of SIZE bytes, which E has just returned, and INNER's entry
 * before it under E: finds its owner and its context, and enters it into the
 * ownership table. */
void alck_entry_note(struct alck_thread *t, struct alck_entry *e,
		     uintptr_t block, uint64_t size, struct alck_inner inner,
		     const struct alck_frame *frame);

/* Enters BLOCK, which is provider OWNER's, into the ownership table. */
void alck_entry_put(uintptr_t block, uint64_t size, uint32_t owner,
		    uint32_t context);

/* Enters BLOCK, which is E's provider's own, into the ownership table. Returns
 * it. */
uintptr_t alck_entry_install(const struct alck_entry *e, uintptr_t block,
			     uint64_t size, uint32_t context);

/* The handlers of the hot path: entries-plain.c, -last.c, -guard.c. */
#define ALCK_TAKES_1(name) \
	uintptr_t name(uintptr_t a, struct alck_entry *e) ALCK_HIDDEN
#define ALCK_TAKES_2(name)                                             \
	uintptr_t name(uintptr_t a, uintptr_t b, struct alck_entry *e) \
		ALCK_HIDDEN

ALCK_TAKES_1(alck_on_malloc);
ALCK_TAKES_1(alck_on_hooked_malloc);
ALCK_TAKES_1(alck_on_throwing_malloc);
ALCK_TAKES_2(alck_on_calloc);
ALCK_TAKES_2(alck_on_hooked_calloc);
ALCK_TAKES_2(alck_on_plain_realloc);
ALCK_TAKES_2(alck_on_hooked_realloc);
ALCK_TAKES_1(alck_on_plain_free);
ALCK_TAKES_1(alck_on_hooked_free);
ALCK_TAKES_2(alck_on_sized_free);
ALCK_TAKES_1(alck_on_last_malloc);
ALCK_TAKES_2(alck_on_last_calloc);
ALCK_TAKES_1(alck_on_last_free);
ALCK_TAKES_1(alck_on_last_called_free);
ALCK_TAKES_1(alck_on_guarded_malloc);
ALCK_TAKES_2(alck_on_guarded_calloc);
ALCK_TAKES_2(alck_on_guarded_realloc);
ALCK_TAKES_1(alck_on_guarded_free);
/* Those of the exported functions. */
uintptr_t alck_on_placed_last_malloc(uintptr_t size) ALCK_HIDDEN;
uintptr_t alck_on_placed_last_calloc(uintptr_t count,
				     uintptr_t size) ALCK_HIDDEN;
uintptr_t alck_on_placed_last_free(uintptr_t block) ALCK_HIDDEN;
uintptr_t alck_on_placed_last_called_free(uintptr_t block) ALCK_HIDDEN;
uintptr_t alck_on_placed_guarded_malloc(uintptr_t size) ALCK_HIDDEN;
uintptr_t alck_on_placed_guarded_calloc(uintptr_t count,
					uintptr_t size) ALCK_HIDDEN;
uintptr_t alck_on_placed_guarded_realloc(uintptr_t block,
					 uintptr_t size) ALCK_HIDDEN;
uintptr_t alck_on_placed_guarded_free(uintptr_t block) ALCK_HIDDEN;
uintptr_t alck_on_placed_guarded_query(uintptr_t block) ALCK_HIDDEN;
uintptr_t alck_on_plain_query(uintptr_t a0, uintptr_t a1, uintptr_t a2,
			      uintptr_t a3, uintptr_t a4,
			      struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_guarded_query(uintptr_t a0, uintptr_t a1, uintptr_t a2,
				uintptr_t a3, uintptr_t a4,
				struct alck_entry *e) ALCK_HIDDEN;

/* In arch-*.S; see there. */
uintptr_t alck_call_throwing(void *fn, uintptr_t a0, uintptr_t a1, uintptr_t a2,
			     uintptr_t a3, uintptr_t a4) ALCK_HIDDEN;
void alck_enter_alloc(void) ALCK_HIDDEN;
void alck_enter_alloc_out(void) ALCK_HIDDEN;
void alck_enter_realloc(void) ALCK_HIDDEN;
void alck_enter_free(void) ALCK_HIDDEN;
void alck_enter_query(void) ALCK_HIDDEN;
void alck_enter_plain_query(void) ALCK_HIDDEN;
void alck_enter_guarded_query(void) ALCK_HIDDEN;
void alck_enter_passing(void) ALCK_HIDDEN;
void alck_enter_malloc(void) ALCK_HIDDEN;
void alck_enter_hooked_malloc(void) ALCK_HIDDEN;
void alck_enter_throwing_malloc(void) ALCK_HIDDEN;
void alck_enter_calloc(void) ALCK_HIDDEN;
void alck_enter_hooked_calloc(void) ALCK_HIDDEN;
void alck_enter_plain_realloc(void) ALCK_HIDDEN;
void alck_enter_hooked_realloc(void) ALCK_HIDDEN;
void alck_enter_plain_free(void) ALCK_HIDDEN;
void alck_enter_hooked_free(void) ALCK_HIDDEN;
void alck_enter_sized_free(void) ALCK_HIDDEN;
void alck_enter_forward_new(void) ALCK_HIDDEN;
void alck_enter_forward_delete(void) ALCK_HIDDEN;
void alck_enter_last_malloc(void) ALCK_HIDDEN;
void alck_enter_last_calloc(void) ALCK_HIDDEN;
void alck_enter_last_free(void) ALCK_HIDDEN;
void alck_enter_last_called_free(void) ALCK_HIDDEN;
void alck_enter_guarded_malloc(void) ALCK_HIDDEN;
void alck_enter_guarded_calloc(void) ALCK_HIDDEN;
void alck_enter_guarded_realloc(void) ALCK_HIDDEN;
void alck_enter_guarded_free(void) ALCK_HIDDEN;
void alck_enter_through(void) ALCK_HIDDEN;
void alck_on_noted(void) ALCK_HIDDEN;
void alck_on_returning(void) ALCK_HIDDEN;
void alck_on_vfork(void) ALCK_HIDDEN;
void alck_loader_stub(void) ALCK_HIDDEN;

#endif
