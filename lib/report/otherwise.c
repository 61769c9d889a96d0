/* SPDX-License-Identifier: MIT */
/*
 * What the wrong allocator would have done with a block: the rules are those
 * measured on the allocators themselves, word by word (see the table in
 * doc/FORMAT for the field they rest on).  Pure functions.  Offline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/explain.h"
#include "report/promise.h"
#include "report/split-lock.h"

/* glibc's size word: the size in multiples of 16, and three bits below. */
#define IS_MMAPPED     2u
#define NON_MAIN_ARENA 4u
#define SIZE_BITS      7u
#define MIN_SIZE       0x20u
#define TCACHE_MAX     0x410u

enum call { CALL_FREE, CALL_REALLOC, CALL_QUERY };

static enum call call_of(const char *api)
{
	if (!api)
		return CALL_FREE;
	if (strstr(api, "realloc") || strstr(api, "rallocx"))
		return CALL_REALLOC;
	if (strstr(api, "usable_size") || strstr(api, "sallocx") ||
	    strstr(api, "msize"))
		return CALL_QUERY;
	return CALL_FREE;
}

/* "2.36" as 236; 0 when unknown. */
static unsigned int glibc_version(const struct alck_report_provider *p)
{
	unsigned int major, minor;

	if (!p->version || sscanf(p->version, "%3u.%3u", &major, &minor) != 2)
		return 0;
	return 100 * major + minor;
}

static const char *glibc_silence(struct alck_arena *arena, uint64_t word,
				 uint64_t size, unsigned int version)
{
	if (version && version < 226)
		return alck_arena_printf(
			arena,
			"glibc would have taken %#lx for the block's size word "
			"and checked what lies behind it: \"free(): invalid "
			"next size (fast)\", \"double free or corruption "
			"(out)\" or nothing at all, as the neighbours will",
			word);
	if (size > TCACHE_MAX)
		return alck_arena_printf(
			arena,
			"glibc would have read size word %#lx and looked for "
			"the next block %lu bytes on: \"double free or "
			"corruption (out)\" where that is past its heap, else "
			"a damaged heap",
			word, size);
	return alck_arena_printf(
		arena,
		"glibc would have read size word %#lx and put the block on its "
		"own free list, without a sign; a later malloc of %lu bytes "
		"gets it while its owner still owns it",
		word, size - 8);
}

static const char *glibc_free(struct alck_arena *arena, uint64_t pointer,
			      uint64_t word, unsigned int version)
{
	uint64_t size = word & ~(uint64_t)SIZE_BITS;

	if (pointer & 15 || !size || pointer - 16 > -size)
		return alck_arena_printf(
			arena,
			"glibc would have stopped with \"free(): invalid "
			"pointer\": %s (%#lx)",
			pointer & 15 ? "the address is not a multiple of 16"
				     : "the word before the block is no size",
			pointer & 15 ? pointer : word);
	/* The size check came with 2.4, long before what we run on. */
	if (size < MIN_SIZE || size & 8)
		return alck_arena_printf(
			arena,
			"glibc would have stopped with \"free(): invalid "
			"size\": the word before the block is %#lx",
			word);
	return glibc_silence(arena, word, size, version);
}

static const char *glibc_realloc(struct alck_arena *arena, uint64_t pointer,
				 uint64_t word)
{
	uint64_t size = word & ~(uint64_t)SIZE_BITS;

	if (pointer & 15 || !size || pointer - 16 > -size)
		return alck_arena_printf(
			arena,
			"glibc would have stopped with \"realloc(): invalid "
			"pointer\" (the word before the block is %#lx)",
			word);
	if (word <= 16)
		return alck_arena_printf(
			arena,
			"glibc would have stopped with \"realloc(): invalid "
			"old size\": the word before the block is %#lx",
			word);
	if (size >> 32)
		return alck_arena_printf(
			arena,
			"glibc would have read size word %#lx and looked for "
			"the block behind it, %#lx bytes further on: SIGSEGV, "
			"or \"realloc(): invalid next size\" or \"invalid "
			"old size\"",
			word, size);
	return alck_arena_printf(
		arena,
		"glibc would have read size word %#lx and checked the block "
		"behind it: \"realloc(): invalid next size\" or \"invalid old "
		"size\", or where the neighbours look right a damaged heap",
		word);
}

/* Does glibc come to the arena of a block whose size word has the arena bit?
 * free reads its address first of all; where that goes well, what stops free is
 * the size before the arena's lock, and the cache per thread needs no lock.
 * realloc checks the pointer first. */
static int takes_arena(const struct alck_report_finding *f, enum call call,
		       unsigned int version)
{
	uint64_t size = f->word_before.value & ~(uint64_t)SIZE_BITS;
	uint64_t pointer = f->pointer.value;
	int is_wrong = pointer & 15 || !size || pointer - 16 > -size;

	if (call == CALL_REALLOC)
		return !is_wrong;
	if (!f->arena_at.set || !f->arena.set)
		return 1;
	return !is_wrong && size >= MIN_SIZE && !(size & 8) &&
	       (size > TCACHE_MAX || (version && version < 226));
}

static const char *glibc(struct alck_arena *arena,
			 const struct alck_report *report, enum call call,
			 const struct alck_report_finding *f,
			 unsigned int version)
{
	uint64_t word = f->word_before.value, pointer = f->pointer.value;

	if (!f->word_before.set)
		return alck_arena_printf(
			arena,
			"glibc goes by the eight bytes before the block, which "
			"were not recorded: it stops with a message, crashes, "
			"or takes the block for its own without a sign");
	if (call == CALL_QUERY)
		return alck_arena_printf(
			arena,
			"glibc would have made up a size from the word before "
			"the block, %#lx",
			word);
	if (word & IS_MMAPPED)
		return alck_arena_printf(
			arena,
			"glibc would have stopped with \"%s(): invalid "
			"pointer\": the word before the block, %#lx, has the "
			"mmap bit set",
			call == CALL_REALLOC ? "mremap_chunk" : "munmap_chunk",
			word);
	if (word & NON_MAIN_ARENA && takes_arena(f, call, version))
		return alck_explain_arena(arena, report, f,
					  call == CALL_REALLOC ? "realloc"
							       : "free");
	if (call == CALL_REALLOC)
		return glibc_realloc(arena, pointer, word);
	return glibc_free(arena, pointer, word, version);
}

/* The others, by what they do with an address that is not theirs. */
static const struct row {
	const char *family, *on_free, *on_realloc, *on_query, *on_double_free;
} rows[] = {
	{"jemalloc",
	 "jemalloc would have looked the address up in its own map, where it "
	 "is not, and crashed: SIGSEGV, without a word",
	 "jemalloc would have looked the old block up in its own map, where "
	 "it is not, and crashed: SIGSEGV, without a word",
	 "jemalloc would have looked the address up in its own map, where it "
	 "is not, and crashed: SIGSEGV, without a word",
	 "jemalloc would have put the block on its free list twice, without a "
	 "sign: two later calls of malloc get the same block"},
	{"mimalloc",
	 "mimalloc would have read a segment header that is not there: "
	 "SIGSEGV, without a word",
	 "mimalloc would have read a segment header that is not there: "
	 "SIGSEGV, without a word",
	 "mimalloc would have read a segment header that is not there: "
	 "SIGSEGV, without a word",
	 "mimalloc would have put the block on its free list twice, without a "
	 "sign: two later calls of malloc get the same block"},
	{"tcmalloc",
	 "gperftools would have stopped with \"Attempt to free invalid "
	 "pointer\"",
	 "gperftools would have stopped with \"Attempt to realloc invalid "
	 "pointer\"",
	 "gperftools would have stopped with \"Attempt to get the size of an "
	 "invalid pointer\"",
	 "gperftools would have put the block on its free list twice, without "
	 "a sign: two later calls of malloc get the same block"},
	{"tbbmalloc-proxy",
	 "nothing of its own: the proxy knows foreign blocks and hands them "
	 "to the allocator behind it",
	 "nothing of its own: the proxy knows foreign blocks and hands them "
	 "to the allocator behind it",
	 "nothing of its own: the proxy knows foreign blocks and hands them "
	 "to the allocator behind it",
	 NULL},
	{"tbbmalloc",
	 "oneTBB would have taken what lies around the block for its own "
	 "header: a crash or a damaged free list",
	 "oneTBB would have taken what lies around the block for its own "
	 "header: a crash or a damaged free list",
	 "oneTBB would have taken what lies around the block for its own "
	 "header: a crash or a wrong size",
	 NULL},
};

static const char *double_free(struct alck_arena *arena, const char *family)
{
	if (!strcmp(family, "glibc"))
		return "glibc stops with \"free(): double free detected in "
		       "tcache 2\" or \"double free or corruption\" when the "
		       "block is still where the first free put it; when it "
		       "has been handed out again, its new user loses it "
		       "without a sign";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(family, rows[i].family) && rows[i].on_double_free)
			return rows[i].on_double_free;
	return alck_arena_printf(arena,
				 "%s may hand the block out twice, or take it "
				 "from its new user",
				 family);
}

/* Codes whose free is right as things are. */
static const char *harmless(const struct alck_report_finding *f)
{
	const char *code = f->code ? f->code : "";

	if (!strcmp(code, "T12"))
		return "nothing today; when __free_hook changes, glibc takes "
		       "the block for its own";
	if (!strcmp(code, "T14"))
		return "nothing by itself; but where a malloc hook rescues "
		       "blocks (T12), a fork can now let one fall (T13)";
	if (!strcmp(code, "T21"))
		return alck_explain_promise_else(f);
	if (!strcmp(code, "T8b"))
		return "nothing by itself; what was built and tested with the "
		       "one build runs with another, and where both come to be "
		       "loaded their blocks mix (T8)";
	if (!strcmp(code, "T17b"))
		return "whoever still reads them reads memory that may have "
		       "been given back; whoever frees them finds another "
		       "allocator (T17)";
	if (!strcmp(code, "T10"))
		return "nothing: no allocator in force is asked to free it";
	if (!strcmp(code, "T19"))
		return "nothing: the foreign block is recognised and goes to "
		       "its owner";
	return NULL;
}

const char *alck_explain_otherwise(struct alck_arena *arena,
				   const struct alck_report *report,
				   const struct alck_report_finding *f)
{
	const struct alck_report_provider *freer =
		alck_report_provider(report, f->freer);
	const struct alck_report_provider *owner =
		alck_report_provider(report, f->owner);
	enum call call = call_of(f->api);
	const char *text = harmless(f);

	if (text)
		return text;
	if (!freer)
		freer = f->verdict && !strcmp(f->verdict, "double-free") ? owner
									 : NULL;
	if (!freer || !freer->family)
		return "not known: the report does not say which allocator the "
		       "call went to";
	if (f->verdict && !strcmp(f->verdict, "double-free"))
		return double_free(arena, freer->family);
	if (f->verdict && !strcmp(f->verdict, "alloc-dealloc-mismatch"))
		return "nothing where the allocator keeps one kind of block; "
		       "one that keeps them apart damages its heap";
	/* libc_malloc_debug hands on to libc. */
	if (!strcmp(freer->family, "glibc") ||
	    !strcmp(freer->family, "glibc-malloc-debug"))
		return glibc(arena, report, call, f, glibc_version(freer));
	/* Its own heap, but no block begins there: none of the rows is about
	 * that. */
	if (f->wild && !strcmp(f->wild, "inside"))
		return alck_arena_printf(
			arena,
			"%s would have taken the address for a block of its "
			"own: a message, or a damaged heap",
			freer->title ? freer->title : freer->family);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(freer->family, rows[i].family))
			return call == CALL_REALLOC ? rows[i].on_realloc
			       : call == CALL_QUERY ? rows[i].on_query
						    : rows[i].on_free;
	return alck_arena_printf(arena,
				 "not known for %s: most allocators crash on a "
				 "block that is not theirs, or take it for "
				 "their own",
				 freer->title ? freer->title : freer->family);
}
