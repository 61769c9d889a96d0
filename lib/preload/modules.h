/* SPDX-License-Identifier: MIT */
/*
 * The ELF objects in the process, as the loader has mapped them.
 *
 * A module keeps what is needed after the object is gone (its name, build ID
 * and addresses) and, while it is there, where its tables lie.  Modules are
 * never freed; a module that was unloaded stays with RETIRED set, and one that
 * is loaded again at other addresses is a new one.
 *
 * Written at start and from the loader watch, which a lock of the loader's own
 * keeps to one thread at a time; read anywhere, signal-safe, without a lock.
 */
#ifndef ALCK_PRELOAD_MODULES_H
#define ALCK_PRELOAD_MODULES_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* The calls of which a report tells what each object's are bound to: see
 * binding.h. */
enum alck_bound_call {
	ALCK_BOUND_MALLOC,
	ALCK_BOUND_REALLOC,
	ALCK_BOUND_FREE,
	ALCK_BOUND_NEW,
	ALCK_BOUND_DELETE,
	ALCK_BOUND_CALLS
};

struct alck_module {
	uint32_t id;		/* index, as in reports */
	uint8_t retired;	/* unloaded */
	uint8_t gone;		/* unloaded just now: see retire_gone */
	uint8_t is_program;	/* the executable */
	uint8_t is_libc;	/* the libc of its namespace */
	uint8_t is_self;	/* this library */
	uint8_t is_go;		/* it has Go's runtime in it */
	uint8_t at_start;	/* there before main: in the global scope */
	uint8_t deep_bound;	/* a dlopen with RTLD_DEEPBIND brought it */
	uint8_t symbolic;	/* DT_SYMBOLIC or DF_SYMBOLIC */
	uint8_t textrel;	/* its code is relocated: DT_TEXTREL */
	uint8_t recorded;	/* written to the report */
	uint8_t maps;		/* it has mapped memory for itself */
	uint8_t hides;		/* an allocator that is not known: hiding.h */
	uint8_t hides_recorded; /* ... which is written to the report */
	uint8_t read_for_texts; /* hidden_title is set, if it is to be */
	uint8_t checked;	/* see wrong-copy.h */
	uint8_t fresh;		/* not rebound yet: see rebind.c */
	uint32_t name_space;	/* 0 is the program's */
	const char *path;	/* ours, stays */
	uintptr_t bias;		/* load bias: address minus p_vaddr */
	uintptr_t low, high;	/* [low, high) */
	uint64_t loaded_at, unloaded_at; /* ns since start; 0 for never */
	unsigned char build_id[32];
	uint32_t build_id_len;
	uint32_t load_context; /* depot: stack of the dlopen, 0 if none */
	uint8_t bound_noted;   /* the next two say something */
	uint8_t bound[ALCK_BOUND_CALLS]; /* provider ID, 0 for none known */
	uintptr_t *bound_slot[ALCK_BOUND_CALLS]; /* NULL: it has no such call */
	uint32_t batch; /* those that one update has brought have the same */
	/* What dlopen was asked for when it brought this very object, NULL if
	 * it came otherwise; and who called it, NULL if unknown. */
	const char *opened_as;
	const struct alck_module *opened_by;
	const struct link_map *link_map;
	const char *hidden_title; /* of what it hides, by its strings; NULL */

	/* Valid while it is not retired. */
	const ElfW(Phdr) * phdr;
	uint32_t nphdr;
	const ElfW(Dyn) * dynamic;
	ElfW(Sym) * symtab;
	const char *strtab;
	uint32_t nsym;
	const ElfW(Half) * versym;
	const uint32_t *gnu_hash, *sysv_hash;
	const ElfW(Rela) * rela, *jmprel;
	size_t nrela, njmprel;
	size_t nrelative; /* the first of RELA (DT_RELACOUNT), as ld.so has it:
			   * without a symbol; most of them */
	const ElfW(Addr) * relr;
	size_t nrelr;
	uintptr_t relro_low, relro_high;   /* whole pages */
	const unsigned char *eh_frame_hdr; /* NULL if none */
	size_t eh_frame_hdr_len;
};

/* Fills in M for the object whose ELF header is at BASE, which is its load
 * bias; its place in the loader's list aside. */
void alck_module_read_headers(struct alck_module *m, uintptr_t base);

/* Brings the list up to date with the loader's: calls ADDED for every module
 * that is new and, where UNLOADING says that some may have gone, REMOVED for
 * every one that has.  Under the loader's lock or before main. */
void alck_modules_update(int unloading, void (*added)(struct alck_module *),
			 void (*removed)(struct alck_module *));

/* The protection (PROT_ of <sys/mman.h>) that MODULE's own segment at ADDR asks
 * for; PROT_READ between segments. */
int alck_module_protection(const struct alck_module *module, uintptr_t addr);

/* The live module whose [low, high) holds ADDR, or NULL. */
const struct alck_module *alck_module_at(uintptr_t addr);

/* Grows by one whenever a module comes or goes: what was remembered for an
 * address under another generation may be stale. */
extern uint32_t alck_modules_generation_now
	__attribute__((visibility("hidden")));

static inline uint32_t alck_modules_generation(void)
{
	return __atomic_load_n(&alck_modules_generation_now, __ATOMIC_ACQUIRE);
}

/* When the last module came to lie where another one had been, after the epoch
 * EPOCH of the stack depot: a time at which addresses of that epoch were still
 * those of the right modules.  UINT64_MAX for the epoch that lasts. */
uint64_t alck_modules_epoch_end(uint8_t epoch);

/* Every module ever seen: ID from 0 to alck_modules_count() - 1. */
uint32_t alck_modules_count(void);
struct alck_module *alck_module(uint32_t id);

#endif
