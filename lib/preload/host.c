/* SPDX-License-Identifier: MIT */
/* What a report says of the machine: see host.h.  Signal-safe. */
#include <fcntl.h>
#include <sys/utsname.h>

#include "preload/host.h"
#include "preload/sys.h"
#include "preload/text.h"

/* glibc's size word: two of the three bits below the size. */
#define IS_MMAPPED     2u
#define NON_MAIN_ARENA 4u
/* Heaps other than the main one begin at multiples of this (HEAP_MAX_SIZE),
 * with the address of their arena. */
#define HEAP_MAX_SIZE (64UL << 20)

/* The first processor of /proc/cpuinfo fits; its flags are the most of it. */
static char buffer[8192];

/* Reads what fits of PATH into the buffer; 0 if there is nothing. */
static int read_file(const char *path)
{
	int fd = alck_sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	size_t used = 0;
	long n;

	if (fd < 0)
		return 0;
	do {
		n = alck_sys_read(fd, buffer + used, sizeof(buffer) - 1 - used);
		if (n > 0)
			used += (size_t)n;
	} while ((n > 0 && used < sizeof(buffer) - 1) || n == -4 /* EINTR */);
	alck_sys_close(fd);
	buffer[used] = 0;
	return used != 0;
}

/* The value of line NAME of /proc/cpuinfo ("name\t: value"), which *END ends;
 * NULL if there is none. */
static const char *line(const char *name, const char **end)
{
	for (const char *p = buffer; *p;) {
		const char *value = p;

		while (*p && *p != '\n')
			p++;
		*end = p;
		if (*p)
			p++;
		if (!alck_text_begins(value, name))
			continue;
		value += alck_text_length(name);
		if (*value != '\t' && *value != ' ' && *value != ':')
			continue;
		while (*value == '\t' || *value == ' ')
			value++;
		/* "model name" is not "model". */
		if (*value++ != ':')
			continue;
		while (*value == ' ')
			value++;
		return value < *end ? value : NULL;
	}
	return NULL;
}

static void put_text(struct alck_record_writer *w, enum alck_field field,
		     const char *from, const char *end)
{
	char text[128];
	struct alck_text t;

	if (!from || from == end)
		return;
	alck_text_begin(&t, text, sizeof(text));
	alck_text_add_bytes(&t, from, (size_t)(end - from));
	alck_record_text(w, field, text);
}

static void put_line(struct alck_record_writer *w, enum alck_field field,
		     const char *name)
{
	const char *end, *value = line(name, &end);

	put_text(w, field, value, end);
}

static void put_number(struct alck_record_writer *w, enum alck_field field,
		       const char *digits)
{
	uint64_t n = 0;

	if (!digits || *digits < '0' || *digits > '9')
		return;
	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = n * 10 + (uint64_t)(*digits - '0');
	alck_record_uint(w, field, n);
}

/* The word that begins with PREFIX among those between FROM and END, which
 * blanks part; *WORD_END is set. */
static const char *word(const char *from, const char *end, const char *prefix,
			const char **word_end)
{
	while (from < end) {
		const char *p = from;

		while (p < end && *p != ' ' && *p != '\n')
			p++;
		*word_end = p;
		if (alck_text_begins(from, prefix))
			return from;
		from = p + 1;
	}
	return NULL;
}

static int has_flag(const char *flags, const char *end, const char *flag)
{
	const char *at = flags, *word_end = flags;

	while ((at = word(at, end, flag, &word_end))) {
		if ((size_t)(word_end - at) == alck_text_length(flag))
			return 1;
		at = word_end + 1;
	}
	return 0;
}

static void put_processor(struct alck_record_writer *w)
{
	const char *end, *flags, *value;

	if (!read_file("/proc/cpuinfo"))
		return;
	put_line(w, ALCK_FIELD_PROCESSOR, "model name");
	put_line(w, ALCK_FIELD_CPU_VENDOR, "vendor_id");
	value = line("cpu family", &end);
	put_number(w, ALCK_FIELD_CPU_FAMILY, value);
	value = line("model", &end);
	put_number(w, ALCK_FIELD_CPU_MODEL, value);
	flags = line("flags", &end);
	/* Cut off, it would tell less than it seems to. */
	if (!flags || !*end)
		return;
	alck_record_uint(w, ALCK_FIELD_HYPERVISOR,
			 (uint64_t)has_flag(flags, end, "hypervisor"));
	alck_record_uint(w, ALCK_FIELD_SPLIT_LOCK_DETECT,
			 (uint64_t)has_flag(flags, end, "split_lock_detect"));
	alck_record_uint(w, ALCK_FIELD_BUS_LOCK_DETECT,
			 (uint64_t)has_flag(flags, end, "bus_lock_detect"));
}

static void put_kernel(struct alck_record_writer *w)
{
	static const char option[] = "split_lock_detect=";
	struct utsname name;
	const char *value, *end;

	if (!alck_syscall(SYS_uname, (long)&name, 0, 0, 0, 0, 0))
		alck_record_text(w, ALCK_FIELD_KERNEL, name.release);
	if (read_file("/proc/cmdline")) {
		value = word(buffer, buffer + alck_text_length(buffer), option,
			     &end);
		if (value)
			put_text(w, ALCK_FIELD_SPLIT_LOCK_MODE,
				 value + sizeof(option) - 1, end);
	}
	if (read_file("/proc/sys/kernel/split_lock_mitigate"))
		put_number(w, ALCK_FIELD_SPLIT_LOCK_MITIGATE, buffer);
}

void alck_host_put(struct alck_record_writer *w)
{
	if (alck_sys_sandboxed)
		return;
	put_processor(w);
	put_kernel(w);
}

/* The four bytes at AT, which may be the last ones before a hole. */
static int peek_lock(uintptr_t at, uint32_t *lock)
{
	uint32_t words[2];

	if (!alck_sys_peek(words, (const void *)at, 8)) {
		*lock = words[0];
		return 0;
	}
	if (at < 4 || alck_sys_peek(words, (const void *)(at - 4), 8))
		return -1;
	*lock = words[1];
	return 0;
}

void alck_host_put_arena(struct alck_record_writer *w, uintptr_t pointer,
			 uint64_t before)
{
	uintptr_t at = (pointer - 16) & -HEAP_MAX_SIZE;
	uint64_t arena;
	uint32_t lock;

	if (!(before & NON_MAIN_ARENA) || (before & IS_MMAPPED))
		return;
	alck_record_uint(w, ALCK_FIELD_ARENA_AT, at);
	if (alck_sys_peek(&arena, (const void *)at, 8))
		return;
	alck_record_uint(w, ALCK_FIELD_ARENA, arena);
	if (!peek_lock((uintptr_t)arena, &lock))
		alck_record_uint(w, ALCK_FIELD_ARENA_LOCK, lock);
}
