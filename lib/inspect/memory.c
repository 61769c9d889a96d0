/* SPDX-License-Identifier: MIT */
/* What all ways of reading memory have in common: see memory.h.  Offline. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/memory-internal.h"

size_t alck_memory_read_some(struct alck_memory *memory, uint64_t addr,
			     void *buf, size_t len)
{
	size_t done = 0, n;

	while (done < len && addr + done >= addr) {
		n = memory->ops->read(memory, addr + done, (char *)buf + done,
				      len - done);
		if (!n)
			break;
		done += n;
	}
	return done;
}

int alck_memory_read(struct alck_memory *memory, uint64_t addr, void *buf,
		     size_t len)
{
	if (alck_memory_read_some(memory, addr, buf, len) == len)
		return 0;
	memset(buf, 0, len);
	return -1;
}

size_t alck_memory_read_touched(struct alck_memory *memory, uint64_t addr,
				void *buf, size_t len)
{
	const struct alck_mapping *m = alck_memory_mapping_at(memory, addr);
	size_t done = 0, n, got, here = len;
	int touched;

	if (!memory->ops->run || !m || m->path[0] == '/' || !m->readable ||
	    addr % 4096)
		return alck_memory_read_some(memory, addr, buf, len);
	if (here > m->high - addr)
		here = m->high - addr;
	for (; done < here; done += n) {
		char *to = (char *)buf + done;

		n = memory->ops->run(memory, addr + done, here - done,
				     &touched);
		if (!touched) {
			memset(to, 0, n);
			continue;
		}
		got = alck_memory_read_some(memory, addr + done, to, n);
		if (got < n)
			return done + got;
	}
	/* What follows is another mapping's. */
	return done + alck_memory_read_some(memory, addr + done,
					    (char *)buf + done, len - done);
}

ssize_t alck_memory_text(struct alck_memory *memory, uint64_t addr, char *buf,
			 size_t size)
{
	size_t n = alck_memory_read_some(memory, addr, buf, size - 1);

	buf[n] = 0;
	return n ? (ssize_t)strlen(buf) : -1;
}

size_t alck_memory_mappings(const struct alck_memory *memory,
			    const struct alck_mapping **mappings)
{
	*mappings = memory->mappings;
	return memory->nmappings;
}

const struct alck_mapping *
alck_memory_mapping_at(const struct alck_memory *memory, uint64_t addr)
{
	size_t low = 0, high = memory->nmappings;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memory->mappings[middle].high <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == memory->nmappings || memory->mappings[low].low > addr)
		return NULL;
	return &memory->mappings[low];
}

uint64_t alck_memory_auxv(const struct alck_memory *memory, uint64_t type)
{
	for (size_t i = 0; i + 1 < memory->nauxv; i += 2)
		if (memory->auxv[i] == type)
			return memory->auxv[i + 1];
	return 0;
}

int alck_memory_open(struct alck_memory *memory, const char *path)
{
	return memory->ops->open(memory, path);
}

const char *alck_memory_changed(struct alck_memory *memory)
{
	return memory->ops->changed ? memory->ops->changed(memory) : NULL;
}

size_t alck_memory_files(const struct alck_memory *memory,
			 const struct alck_memory_file **files)
{
	return memory->ops->files ? memory->ops->files(memory, files) : 0;
}

/* Data files that were mapped concern nobody. */
static int is_code(const struct alck_memory *memory, const char *path)
{
	for (size_t i = 0; i < memory->nmappings; i++)
		if (memory->mappings[i].executable &&
		    !strcmp(memory->mappings[i].path, path))
			return 1;
	return 0;
}

void alck_memory_doubts(const struct alck_memory *memory,
			void (*say)(void *data, const char *sentence),
			void *data)
{
	const struct alck_memory_file *f;
	size_t n = alck_memory_files(memory, &f), len = 0, like = 0;
	char *text = NULL;
	FILE *list = open_memstream(&text, &len);

	for (size_t i = 0; list && i < n; i++)
		if (f[i].state == ALCK_FILE_LIKE)
			fprintf(list, "%s %s", like++ ? "," : "", f[i].path);
	if (list && !fclose(list) && like) {
		char *whole;

		if (asprintf(&whole,
			     "the core has no build IDs of these files; they "
			     "are read since their layout and relocated data "
			     "are those in the core:%s",
			     text) > 0) {
			say(data, whole);
			free(whole);
		}
	}
	free(text);
	for (size_t i = 0; i < n; i++) {
		if (f[i].state < ALCK_FILE_OTHER || !is_code(memory, f[i].path))
			continue;
		if (asprintf(&text,
			     "%s %s, and is not read (--exe or "
			     "--sysroot may say where it lies)",
			     f[i].path, f[i].why) < 0)
			continue;
		say(data, text);
		free(text);
	}
}

pid_t alck_memory_pid(const struct alck_memory *memory)
{
	return memory->pid;
}

const char *alck_memory_exe(const struct alck_memory *memory)
{
	return memory->exe;
}

int alck_memory_signal(const struct alck_memory *memory)
{
	return memory->signal;
}

int alck_memory_is_live(const struct alck_memory *memory)
{
	return memory->is_live;
}

uint64_t alck_memory_written(const struct alck_memory *memory)
{
	return memory->written;
}

struct alck_mapping *alck_memory_add(struct alck_memory *memory, uint64_t low,
				     uint64_t high, uint64_t offset,
				     const char *path)
{
	struct alck_mapping *m;
	char *copy;

	if (memory->nmappings == memory->room) {
		size_t room = memory->room ? 2 * memory->room : 64;

		m = reallocarray(memory->mappings, room, sizeof(*m));
		if (!m)
			return NULL;
		memory->mappings = m;
		memory->room = room;
	}
	copy = strdup(path);
	if (!copy)
		return NULL;
	m = &memory->mappings[memory->nmappings++];
	*m = (struct alck_mapping){
		.low = low, .high = high, .offset = offset, .path = copy};
	return m;
}

static int by_address(const void *a, const void *b)
{
	const struct alck_mapping *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

void alck_memory_sort(struct alck_memory *memory)
{
	if (memory->nmappings)
		qsort(memory->mappings, memory->nmappings,
		      sizeof(*memory->mappings), by_address);
}

void alck_memory_close(struct alck_memory *memory)
{
	if (!memory)
		return;
	for (size_t i = 0; i < memory->nmappings; i++)
		free((char *)memory->mappings[i].path);
	free(memory->mappings);
	free(memory->auxv);
	memory->ops->close(memory);
}
