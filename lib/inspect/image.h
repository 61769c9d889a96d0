/* SPDX-License-Identifier: MIT */
/*
 * One ELF object, as the dynamic linker sees it: program headers, dynamic
 * section, symbols with their versions, relocations.  Read from a file, or
 * from the memory of a process or core.
 *
 * Offline.  What is read is hostile input: every table is bounded by what can
 * be read, every index is checked when it is used.
 */
#ifndef ALCK_INSPECT_IMAGE_H
#define ALCK_INSPECT_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "report/arena.h"

struct alck_memory;

/* A symbol of the names that are looked for (names.h). */
struct alck_image_symbol {
	int name;	/* its number there */
	uint32_t index; /* in the symbol table */
	uint64_t value; /* without the bias; of an import 0, or the stub that
			 * stands for the function in this program */
	uint64_t size;
	uint8_t type; /* STT_FUNC, ... */
	uint8_t defined;
	uint8_t hidden;	     /* of a version that only old callers ask for */
	const char *version; /* of the definition, or asked for; or NULL */
};

/* A word that ld.so writes such a symbol's address to. */
struct alck_image_slot {
	uint64_t address; /* without the bias */
	const struct alck_image_symbol *symbol;
	uint32_t type; /* R_X86_64_... */
};

struct alck_image {
	struct alck_arena *arena;
	const char *path; /* as opened or mapped; "" if not known */
	/* Where the bytes are. */
	int fd; /* -1: MEMORY */
	struct alck_memory *memory;
	uint64_t bias; /* what MEMORY's addresses have more than the file's */

	const Elf64_Phdr *phdr;
	size_t nphdr;
	uint16_t type;		 /* ET_EXEC or ET_DYN */
	uint64_t low, high;	 /* all its segments, without the bias */
	const char *interpreter; /* or NULL */
	const uint8_t *build_id;
	size_t build_id_len;
	uint8_t is_go; /* it has Go's runtime in it */

	uint8_t dynamic;		      /* 0: statically linked */
	const char *soname, *rpath, *runpath; /* or NULL */
	const char **needed;
	size_t nneeded;
	uint64_t flags_1; /* DT_FLAGS_1 */
	uint64_t debug;	  /* DT_DEBUG: where ld.so's list begins */
	uint8_t symbolic; /* its own definitions come first */
	uint8_t now;	  /* nothing is bound lazily */

	const char **versions; /* by version index; NULL where none */
	size_t nversions;      /* 0 without versions */

	/* The names that are looked for. */
	struct alck_image_symbol *symbols;
	size_t nsymbols;
	struct alck_image_slot *slots;
	size_t nslots;
};

/* Reads the object in the file at PATH.  Returns NULL, or a sentence on why
 * not (in English, without a stop; for a message behind "PATH: ").  The image
 * is to be closed in either case; its tables belong to ARENA. */
const char *alck_image_of_file(struct alck_image *image,
			       struct alck_arena *arena, const char *path);

/* The same from MEMORY, where its ELF header is at BASE. */
const char *alck_image_of_memory(struct alck_image *image,
				 struct alck_arena *arena,
				 struct alck_memory *memory, uint64_t base,
				 const char *path);

void alck_image_close(struct alck_image *image);

/* Copies LEN bytes at ADDRESS (without the bias) to BUF.  Returns 0, or -1
 * where they cannot all be read. */
int alck_image_read(const struct alck_image *image, uint64_t address, void *buf,
		    size_t len);

/* Its file's last name. */
const char *alck_image_name(const struct alck_image *image);

/* The symbol that defines the name with number NAME, a current version before
 * an old one; NULL without. */
const struct alck_image_symbol *
alck_image_defines(const struct alck_image *image, int name);
/* The one by which it imports the name, or NULL. */
const struct alck_image_symbol *
alck_image_imports(const struct alck_image *image, int name);

/* The definition of the name that a reference to VERSION (NULL: to none) is
 * bound to by ld.so, or NULL. */
const struct alck_image_symbol *
alck_image_lookup(const struct alck_image *image, int name,
		  const char *version);

#endif
