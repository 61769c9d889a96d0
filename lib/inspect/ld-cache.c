/* SPDX-License-Identifier: MIT */
/* The loader's cache: see ld-cache.h.  Offline. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/ld-cache.h"

/* The format is that of glibc's elf/cache.c, "glibc-ld.so.cache1.1"; ldconfig
 * may put the older one in front of it. */
#define MAGIC		  "glibc-ld.so.cache1.1"
#define OLD_MAGIC	  "ld.so-1.7.0"
#define OLD_HEADER	  16
#define OLD_ENTRY	  12
#define HEADER		  48
#define ENTRY		  24
#define X86_64_ELF	  0x0303 /* FLAG_X8664_LIB64 | FLAG_ELF_LIBC6 */
#define EXTENSION	  0xeaa42174u
#define TAG_HWCAPS	  1
#define HWCAP_LEVEL	  (1ull << 62) /* the low 32 bits say which one */
#define SIZE_MAX_OF_CACHE (64u << 20)

struct table {
	const char *base; /* what the offsets count from */
	size_t len;
	uint32_t count, extension;
};

static uint32_t word(const struct table *t, size_t at)
{
	uint32_t value = 0;

	if (at + 4 <= t->len)
		memcpy(&value, t->base + at, 4);
	return value;
}

static const char *text(const struct table *t, uint32_t at)
{
	if (at >= t->len || !memchr(t->base + at, 0, t->len - at))
		return "";
	return t->base + at;
}

void alck_ld_cache_open(struct alck_ld_cache *cache, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	*cache = (struct alck_ld_cache){0};
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size < SIZE_MAX_OF_CACHE)
		cache->bytes = malloc((size_t)st.st_size);
	if (cache->bytes) {
		cache->len = (size_t)st.st_size;
		if (pread(fd, cache->bytes, cache->len, 0) !=
		    (ssize_t)cache->len)
			alck_ld_cache_close(cache);
	}
	close(fd);
}

void alck_ld_cache_close(struct alck_ld_cache *cache)
{
	free(cache->bytes);
	*cache = (struct alck_ld_cache){0};
}

static int find_table(const struct alck_ld_cache *cache, struct table *t)
{
	size_t at = 0;

	*t = (struct table){.base = cache->bytes, .len = cache->len};
	if (cache->len > OLD_HEADER &&
	    !memcmp(cache->bytes, OLD_MAGIC, sizeof(OLD_MAGIC) - 1)) {
		at = OLD_HEADER + (size_t)word(t, 12) * OLD_ENTRY;
		at = (at + 7) & ~(size_t)7;
	}
	if (!cache->bytes || at + HEADER > cache->len ||
	    memcmp(cache->bytes + at, MAGIC, sizeof(MAGIC) - 1))
		return -1;
	t->base += at;
	t->len -= at;
	t->count = word(t, 20);
	t->extension = word(t, 32);
	if (t->count > (t->len - HEADER) / ENTRY)
		t->count = 0;
	return 0;
}

/* The name of hwcaps level NUMBER. */
static const char *level(const struct table *t, uint32_t number)
{
	uint32_t at = t->extension;

	if (!at || word(t, at) != EXTENSION)
		return "";
	for (uint32_t i = 0; i < word(t, at + 4) && i < 64; i++) {
		size_t section = at + 8 + (size_t)i * 16;

		if (word(t, section) == TAG_HWCAPS &&
		    number < word(t, section + 12) / 4)
			return text(t, word(t, word(t, section + 8) +
						       (size_t)number * 4));
	}
	return "";
}

static int rank(const char *name, const char *const *levels)
{
	for (int i = 0; levels[i]; i++)
		if (!strcmp(levels[i], name))
			return i;
	return -1;
}

const char *alck_ld_cache_find(const struct alck_ld_cache *cache,
			       const char *name, const char *const *levels)
{
	const char *plain = NULL, *best = NULL;
	int best_rank = 0;
	struct table t;

	if (find_table(cache, &t))
		return NULL;
	for (uint32_t i = 0; i < t.count; i++) {
		size_t at = HEADER + (size_t)i * ENTRY;
		uint64_t hwcap = word(&t, at + 16) | (uint64_t)word(&t, at + 20)
							     << 32;
		const char *path;
		int r;

		if (word(&t, at) != X86_64_ELF ||
		    strcmp(text(&t, word(&t, at + 4)), name))
			continue;
		path = text(&t, word(&t, at + 8));
		if (!hwcap) {
			if (!plain)
				plain = path;
			continue;
		}
		/* The bits of older ldconfigs name folders that today's
		 * libraries are not in. */
		if ((hwcap >> 32) != HWCAP_LEVEL >> 32)
			continue;
		r = rank(level(&t, (uint32_t)hwcap), levels);
		if (r >= 0 && (!best || r < best_rank)) {
			best = path;
			best_rank = r;
		}
	}
	return best ? best : plain;
}
