/* SPDX-License-Identifier: MIT */
/* /etc/ld.so.cache: see ld-cache.h. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "preload/ld-cache.h"
#include "preload/sys.h"
#include "preload/text.h"

/* glibc's sysdeps/generic/dl-cache.h.  Texts are told by their distance from
 * the header. */
struct header {
	char magic[20]; /* "glibc-ld.so.cache1.1" */
	uint32_t count, text_bytes;
	uint32_t rest[5];
};

struct row {
	int32_t flags;
	uint32_t name, path;
	uint32_t version;
	uint64_t processor;
};

_Static_assert(sizeof(struct header) == 48 && sizeof(struct row) == 24,
	       "the file's layout");

/* Up to 2.31 ldconfig puts the table of libc 5 in front of it: a header of 16
 * bytes with the count of its rows of 12 last. */
#define OLD_MAGIC  "ld.so-1.7.0"
#define OLD_HEADER 16
#define OLD_ROW	   12

static size_t new_part(const char *bytes, size_t size)
{
	uint32_t count;
	size_t at;

	if (size < OLD_HEADER || !alck_text_begins(bytes, OLD_MAGIC))
		return 0;
	count = *(const uint32_t *)(bytes + 12);
	at = OLD_HEADER + (size_t)count * OLD_ROW;
	return (at + 7) & ~(size_t)7;
}

/* Is the text at OFFSET of SIZE bytes TEXT? */
static int is_text(const char *bytes, size_t size, size_t offset,
		   const char *text)
{
	size_t n = alck_text_length(text) + 1;

	if (offset > size || size - offset < n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (bytes[offset + i] != text[i])
			return 0;
	return 1;
}

static int has(const char *bytes, size_t size, const char *name,
	       const char *path)
{
	size_t at = new_part(bytes, size);
	const struct header *h = (const void *)(bytes + at);
	const struct row *r = (const void *)(h + 1);

	if (at > size || size - at < sizeof(*h) ||
	    !alck_text_begins(h->magic, "glibc-ld.so.cache1.1"))
		return 0;
	bytes += at;
	size -= at;
	if (h->count > (size - sizeof(*h)) / sizeof(*r))
		return 0;
	for (uint32_t i = 0; i < h->count; i++)
		if (is_text(bytes, size, r[i].path, path) &&
		    is_text(bytes, size, r[i].name, name))
			return 1;
	return 0;
}

int alck_ld_cache_has(const char *name, const char *path)
{
	int fd = alck_sys_open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC, 0);
	struct stat st;
	long map;
	int found;

	if (fd < 0)
		return 0;
	if (alck_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) || !st.st_size) {
		alck_sys_close(fd);
		return 0;
	}
	map = alck_syscall(SYS_mmap, 0, st.st_size, PROT_READ, MAP_PRIVATE, fd,
			   0);
	alck_sys_close(fd);
	if (alck_sys_failed(map))
		return 0;
	found = has((const char *)map, (size_t)st.st_size, name, path);
	alck_sys_munmap((void *)map, (size_t)st.st_size);
	return found;
}
