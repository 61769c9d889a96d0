/* SPDX-License-Identifier: MIT */
/*
 * What gperftools' tcmalloc has taken: spans of 8 KiB pages, each with a
 * structure (struct Span in src/span.h: first page, length, next, previous) in
 * memory that tcmalloc takes for its own books.  The spans' lists begin in its
 * data: books are what those lead to.  Offline.
 */
#include "inspect/usage-internal.h"

#define PAGE_SHIFT 13
#define PAGES_MAX  (1ull << 35)
#define BOOKS_MAX  4096
/* They are taken by as much at a time (kMetadataAllocChunkSize). */
#define BOOKS (8ull << 20)

struct books {
	struct alck_usage *usage;
	int owner;
	uint64_t low, high; /* first and last span's structure in them */
	uint64_t
		of_books[2 * BOOKS_MAX]; /* stretches that have spans in them */
	size_t n;
};

static int is_mapped(const struct alck_usage *u, uint64_t addr)
{
	const struct alck_region *r = alck_usage_at(u, addr);

	return r && r->mapping->writable;
}

/* Do the words begin a span of memory that is open, or this one's already? */
static int is_span(const struct books *b, const uint64_t *words)
{
	const struct alck_usage *u = b->usage;
	uint64_t low = words[0] << PAGE_SHIFT, size = words[1] << PAGE_SHIFT;
	const struct alck_region *r;

	if (!words[0] || words[0] > PAGES_MAX || !words[1] ||
	    words[1] > PAGES_MAX)
		return 0;
	/* In a list, or in none. */
	if ((words[2] && (words[2] % 8 || !is_mapped(u, words[2]))) ||
	    (words[3] && (words[3] % 8 || !is_mapped(u, words[3]))) ||
	    !words[2] != !words[3])
		return 0;
	r = alck_usage_at(u, low);
	return r && (alck_usage_is_open(r) || r->owner == b->owner) &&
	       alck_usage_is_mapped(u, low, low + size);
}

static int take_span(uint64_t addr, const uint64_t *words, void *data)
{
	struct books *b = data;
	uint64_t low = words[0] << PAGE_SHIFT;

	if (!is_span(b, words))
		return 0;
	if (!b->low)
		b->low = addr;
	b->high = addr + 4 * sizeof(*words);
	alck_usage_give(b->usage, low, low + (words[1] << PAGE_SHIFT),
			ALCK_USE_ALLOCATOR, b->owner, "a span in its books");
	return b->usage->failed;
}

/* A pointer in tcmalloc's data to a span: where that lies are books. */
static int find_books(uint64_t addr, const uint64_t *words, void *data)
{
	struct books *b = data;
	const struct alck_region *r;
	uint64_t span[4];

	(void)addr;
	if (!words[0] || words[0] % 8)
		return 0;
	r = alck_usage_at(b->usage, words[0]);
	if (!r || !alck_usage_is_open(r) || !r->mapping->writable ||
	    alck_memory_read(b->usage->memory, words[0], span, sizeof(span)) ||
	    !is_span(b, span))
		return 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->of_books[2 * i] == r->low)
			return 0;
	if (b->n < BOOKS_MAX) {
		b->of_books[2 * b->n] = r->low;
		b->of_books[2 * b->n + 1] = r->high;
		b->n++;
	}
	return 0;
}

void alck_usage_tcmalloc(struct alck_usage *u, int owner)
{
	struct books *b = alck_arena_alloc(&u->arena, sizeof(struct books));

	if (!b) {
		u->failed = 1;
		return;
	}
	b->usage = u;
	b->owner = owner;
	alck_usage_each_datum(u, owner, find_books, b);
	for (size_t i = 0; i < b->n; i++) {
		b->low = b->high = 0;
		alck_usage_each_word(u, b->of_books[2 * i],
				     b->of_books[2 * i + 1], take_span, b);
		/* The books themselves, where no span covers them. */
		b->low &= ~(ALCK_PAGE - 1);
		b->high = (b->high + ALCK_PAGE - 1) & ~(ALCK_PAGE - 1);
		if (b->low == b->of_books[2 * i] && b->high < b->low + BOOKS)
			b->high = b->low + BOOKS;
		alck_usage_give(u, b->low, b->high, ALCK_USE_ALLOCATOR, owner,
				"its books");
	}
}
