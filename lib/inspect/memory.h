/* SPDX-License-Identifier: MIT */
/*
 * The memory of a process from outside: of one that lives, or of one that left
 * a core.  Both are read through the same few functions.
 *
 * Offline; uses libc, malloc and libelf.  What is read is hostile input: an
 * address may lead anywhere, a core may be cut off or made up.  A live process
 * goes on meanwhile, so two reads need not agree with each other.
 */
#ifndef ALCK_INSPECT_MEMORY_H
#define ALCK_INSPECT_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct alck_memory;

/* A stretch of addresses, [LOW, HIGH). */
struct alck_mapping {
	uint64_t low, high;
	uint64_t offset;  /* of LOW in its file */
	const char *path; /* "" where it is no file's; "[stack]" and the like
			   * only of a live process */
	uint8_t readable, writable, executable;
	uint8_t changed; /* of a core: relocated, so not as in its file */
};

/* Opens the memory of process PID for reading, which must be one that this user
 * may trace; it is neither stopped nor changed.  Returns NULL with a sentence
 * in WHY (SIZE bytes); else it is the caller's, to alck_memory_close. */
struct alck_memory *alck_memory_of_process(pid_t pid, char *why, size_t size);

/* Where the files of a core lie today; NULL: where they were. */
struct alck_core_places {
	const char *exe;     /* the program */
	const char *sysroot; /* the root of all others' paths */
};

/* The same of the core in the file at PATH.  What the kernel did not write into
 * it, since files have it (code, constants), is read from the files of the
 * core's list, where they are those that were mapped: core-files.h.  PLACES may
 * be NULL. */
struct alck_memory *alck_memory_of_core(const char *path,
					const struct alck_core_places *places,
					char *why, size_t size);

/* Whether a file is the one that was mapped. */
enum alck_file_state {
	ALCK_FILE_SAME,
	ALCK_FILE_LIKE,	   /* by its path; what the core has of it fits */
	ALCK_FILE_OTHER,   /* not read */
	ALCK_FILE_MISSING, /* not read */
};
struct alck_memory_file {
	const char *path;
	enum alck_file_state state;
	const char *why; /* "is not there", where it is not read */
};

/* The files that were looked for so far; none of a live process. */
size_t alck_memory_files(const struct alck_memory *memory,
			 const struct alck_memory_file **files);

/* Says in sentences which files are known by their paths alone, and which
 * objects' could not be read. */
void alck_memory_doubts(const struct alck_memory *memory,
			void (*say)(void *data, const char *sentence),
			void *data);

/* Opens the file that is mapped under PATH, for reading: of a live process by
 * its own root, whatever is there by now; of a core if it is the one.  -1
 * without.
 */
int alck_memory_open(struct alck_memory *memory, const char *path);

/* Closes MEMORY, and all that was given out for it; NULL is taken. */
void alck_memory_close(struct alck_memory *memory);

/* Copies LEN bytes at ADDR to BUF.  Returns 0, or -1 where they cannot all be
 * read: BUF is as if nothing had been there. */
int alck_memory_read(struct alck_memory *memory, uint64_t addr, void *buf,
		     size_t len);

/* Copies as many of LEN bytes as can be read from ADDR on; returns how many. */
size_t alck_memory_read_some(struct alck_memory *memory, uint64_t addr,
			     void *buf, size_t len);

/* The same for long stretches of a live process' memory: what it has never
 * touched is zero, and is not read, since to read it would give it a page. */
size_t alck_memory_read_touched(struct alck_memory *memory, uint64_t addr,
				void *buf, size_t len);

/* Copies the text at ADDR to BUF (SIZE bytes, at least 1), cut where it does
 * not fit or ends in what cannot be read.  Returns its length, or -1 where not
 * one byte can be read. */
ssize_t alck_memory_text(struct alck_memory *memory, uint64_t addr, char *buf,
			 size_t size);

/* The mappings, by address; they belong to MEMORY.  Returns how many.  Of a
 * live process those at the time of the opening. */
size_t alck_memory_mappings(const struct alck_memory *memory,
			    const struct alck_mapping **mappings);

/* The one that holds ADDR, or NULL. */
const struct alck_mapping *
alck_memory_mapping_at(const struct alck_memory *memory, uint64_t addr);

/* The value of entry TYPE of the auxiliary vector, 0 without. */
uint64_t alck_memory_auxv(const struct alck_memory *memory, uint64_t type);

/* Whose it is: process ID, and the path of the program ("" if not known). */
pid_t alck_memory_pid(const struct alck_memory *memory);
const char *alck_memory_exe(const struct alck_memory *memory);

/* What has become of a live process since its memory was opened: "has ended" or
 * "has begun another program"; NULL where it is as it was. */
const char *alck_memory_changed(struct alck_memory *memory);

/* The signal that a core was written for; 0 for a live process. */
int alck_memory_signal(const struct alck_memory *memory);

/* Is it a live process's? */
int alck_memory_is_live(const struct alck_memory *memory);

/* When a core's file was written last, in nanoseconds since 1970. */
uint64_t alck_memory_written(const struct alck_memory *memory);

#endif
