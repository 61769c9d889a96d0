/* SPDX-License-Identifier: MIT */
/*
 * The allocator families and their entry points, as tables.
 *
 * A family is a kind of allocator (glibc, jemalloc, ...).  An object in a
 * process that defines one is a provider; how a provider is recognised, which
 * of its symbols are entry points, and what each of those does with its
 * arguments is all here.  The preload library, the reader, `alloccheck scan`
 * and the tests read the same rows.
 *
 * Adding a family: one file in families/ and one line in families.def.  See
 * doc/HACKING.
 *
 * Runs anywhere: constant data and pure functions, signal-safe, no libc call.
 */
#ifndef ALCK_CONTRACT_FAMILIES_H
#define ALCK_CONTRACT_FAMILIES_H

#include <stddef.h>
#include <stdint.h>

/* What an entry point does.  Argument positions are in the row. */
enum alck_shape {
	ALCK_ALLOC,	    /* returns a new block: malloc(SIZE) */
	ALCK_ALLOC_ARRAY,   /* the same of COUNT * SIZE bytes: calloc */
	ALCK_ALLOC_ALIGNED, /* the same with an alignment: memalign */
	ALCK_ALLOC_OUT,	    /* stores the block through argument PTR and
			     * returns 0: posix_memalign */
	ALCK_REALLOC,	    /* takes PTR, returns its successor */
	ALCK_FREE,	    /* takes PTR */
	ALCK_FREE_SIZED,    /* takes PTR, told SIZE */
	ALCK_QUERY,	    /* reads what belongs to PTR: malloc_usable_size */
	ALCK_SATELLITE,	    /* about the allocator itself: malloc_trim */
	ALCK_SHAPES
};

/* Which programming interface an entry belongs to: a block of one class must
 * go back through the same class (T20), whoever owns it. */
enum alck_api {
	ALCK_API_C,	    /* malloc, free, ... */
	ALCK_API_NEW,	    /* operator new, operator delete */
	ALCK_API_NEW_ARRAY, /* operator new[], operator delete[] */
	ALCK_API_NATIVE, /* the family's own names: mallocx, mi_malloc, ... */
	ALCK_API_LIBC,	 /* __libc_malloc, ... */
	ALCK_APIS
};

enum alck_entry_flag {
	/* The entry that this provider's blocks are sent home through: one
	 * malloc, free, realloc and malloc_usable_size a provider. */
	ALCK_CANONICAL = 1,
	/* May leave by a C++ exception. */
	ALCK_THROWS = 2,
	/* A failed realloc has freed the old block all the same: reallocf. */
	ALCK_FREES_ON_FAILURE = 4,
	/* Allocates, but is rarely meant: an interposer that lacks it leaves
	 * it to libc, whose allocator then wakes up (T14). */
	ALCK_WAKES = 8,
	/* Recognises foreign blocks, unlike the rest of its family (T19). */
	ALCK_TOLERATES = 16,
	/* Set for those that take an alignment: see malloc-contract.h. */
	ALCK_ALIGNS = 32,
};

/* One entry point.  PTR, SIZE and COUNT are argument positions from 0; -1
 * means that there is none.  No entry has more than five arguments. */
struct alck_row {
	const char *name; /* without the family's prefix */
	uint8_t shape;	  /* enum alck_shape */
	uint8_t api;	  /* enum alck_api */
	uint8_t flags;	  /* enum alck_entry_flag */
	int8_t ptr, size, count;
};

/* A set of rows shared by families, each name under one of PREFIXES. */
struct alck_row_set {
	const struct alck_row *rows; /* ends with a NULL name */
	/* NULL-terminated.  The empty prefix keeps the row's own API class;
	 * under any other one the names are the family's own
	 * (ALCK_API_NATIVE). */
	const char *const *prefixes;
};

enum alck_family_flag {
	/* Recognises foreign blocks and sends them home (T19). */
	ALCK_TOLERANT = 1,
	/* Owns nothing: hands every call to another provider's entry, as
	 * libstdc++'s operator new does.  Judged at that inner entry. */
	ALCK_FORWARDER = 2,
	/* ld.so's own minimal malloc: its blocks accuse nobody (T10). */
	ALCK_LOADER = 4,
	/* Not known by its symbols: a home-made allocator or a wrapper.  It
	 * is an allocator once it has produced a block itself. */
	ALCK_UNPROVEN = 8,
	/* Built under one of its prefixes: marks and all own names have it.
	 * Else each name stands for itself. */
	ALCK_ONE_PREFIX = 16,
	/* Blocks come and go by functions of its that are no rows, too. */
	ALCK_HAS_MORE = 32,
	/* Never unmaps what blocks were in, only advises the kernel: their
	 * addresses come to nobody else. */
	ALCK_KEEPS = 64,
	/* Entries of its go to others of its by slots; not malloc, calloc and
	 * free. */
	ALCK_LEADS_ON = 128,
};

enum alck_version_how {
	ALCK_VERSION_NONE,
	/* A pure function without arguments: const char *what(void). */
	ALCK_VERSION_CALL_STRING,
	/* int what(void): mimalloc's 209 for 2.0.9, 20401 for 2.4.1. */
	ALCK_VERSION_CALL_MMP,
	/* The text that follows WHAT in the object's read-only data, as far
	 * as digits and dots go. */
	ALCK_VERSION_SCAN,
	/* The same, where the text looks like WHAT: 9 stands for digits, any
	 * other character for itself. */
	ALCK_VERSION_SHAPE,
};

struct alck_family {
	const char *name;  /* as in reports: "jemalloc" */
	const char *title; /* for sentences: "glibc ptmalloc" */
	uint32_t flags;	   /* enum alck_family_flag */
	/* Symbols that only this family defines, under any of PREFIXES;
	 * NULL-terminated.  Two of them prove it. */
	const char *const *marks;
	/* Symbols that it takes from elsewhere, counted with the marks; may
	 * be NULL. */
	const char *const *imports;
	const char *const *prefixes;
	/* An entry that tolerates foreign blocks, by its full name; may be
	 * NULL. */
	const char *tolerates;
	/* An object that defines this one is another family; may be NULL. */
	const char *unless;
	/* An object that defines this one is not ALCK_KEEPS; may be NULL. */
	const char *unmaps;
	/* What only its own read-only data says, for where it has no names;
	 * may be NULL. */
	const char *says;
	const struct alck_row_set *sets; /* ends with NULL rows */
	uint8_t version_how;		 /* enum alck_version_how */
	const char *version_what;
};

/* The families, in the order in which they are tried. */
extern const struct alck_family alck_families[];
extern const unsigned int alck_nfamilies;

/* Objects with malloc and free (or operator new and delete) that are none of
 * the above. */
extern const struct alck_family alck_family_other;

/* The C names that every interposer must know: malloc, free, ... with the
 * empty prefix. */
extern const struct alck_row alck_rows_c[];
extern const struct alck_row alck_rows_cxx[];

/* The family called NAME, or NULL. */
const struct alck_family *alck_family_find(const char *name);

/* Is this the bare name of a standard entry (C or C++), so that any object
 * that calls it means "whatever allocator is in force"? */
int alck_entry_is_standard(enum alck_api api);

#endif
