/* SPDX-License-Identifier: MIT */
/* Reading ELF headers by hand: see elf-file.h.  Offline. */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/elf-file.h"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#else
#error "name this processor's ELF machine"
#endif

/* More program headers than any linker makes. */
#define MAX_PHNUM 512

static const char *machine_name(unsigned int machine)
{
	static const struct {
		unsigned int machine;
		const char *name;
	} names[] = {
		{EM_386, "i386"},    {EM_X86_64, "x86-64"},
		{EM_ARM, "arm"},     {EM_AARCH64, "aarch64"},
		{EM_PPC, "powerpc"}, {EM_PPC64, "powerpc64"},
		{EM_S390, "s390"},   {EM_RISCV, "riscv"},
		{EM_MIPS, "mips"},   {EM_SPARCV9, "sparc64"},
		{EM_IA_64, "ia64"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return NULL;
}

static enum alck_elf_status damaged(struct alck_elf_facts *facts,
				    const char *why)
{
	facts->why = why;
	return ALCK_ELF_DAMAGED;
}

/* Class, byte order and machine stand at the same place in all ELF files. */
static enum alck_elf_status check_machine(const unsigned char *ident,
					  struct alck_elf_facts *facts)
{
	int big = ident[EI_DATA] == ELFDATA2MSB;
	unsigned int machine =
		big ? ident[18] << 8 | ident[19] : ident[19] << 8 | ident[18];
	const char *name = machine_name(machine);

	if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
		return damaged(facts, "of no known class");
	facts->is_32_bit = ident[EI_CLASS] == ELFCLASS32;
	if (!facts->is_32_bit && !big && machine == OUR_MACHINE)
		return ALCK_ELF_OK;
	if (facts->is_32_bit && machine == EM_X86_64)
		name = "x32";
	if (name)
		snprintf(facts->machine, sizeof(facts->machine), "%s%s", name,
			 big && machine == EM_AARCH64 ? ", big endian" : "");
	else
		snprintf(facts->machine, sizeof(facts->machine),
			 "ELF machine %u", machine);
	return ALCK_ELF_OTHER_MACHINE;
}

static enum alck_elf_status read_interpreter(int fd, uint64_t size,
					     const Elf64_Phdr *ph,
					     struct alck_elf_facts *facts)
{
	if (ph->p_filesz < 2 || ph->p_filesz > sizeof(facts->interpreter))
		return damaged(facts, "its loader's name has no end");
	if (ph->p_offset > size || ph->p_filesz > size - ph->p_offset ||
	    pread(fd, facts->interpreter, ph->p_filesz, (off_t)ph->p_offset) !=
		    (ssize_t)ph->p_filesz)
		return damaged(facts, "cut off before its loader's name");
	if (facts->interpreter[ph->p_filesz - 1])
		return damaged(facts, "its loader's name has no end");
	return ALCK_ELF_OK;
}

enum alck_elf_status alck_elf_read(int fd, struct alck_elf_facts *facts)
{
	enum alck_elf_status status;
	struct stat st;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	uint64_t size;
	ssize_t n;
	int loads = 0;

	memset(facts, 0, sizeof(*facts));
	memset(&eh, 0, sizeof(eh));
	n = pread(fd, &eh, sizeof(eh), 0);
	if (fstat(fd, &st) || n < 20)
		return damaged(facts, "cut off in its header");
	size = (uint64_t)st.st_size;
	status = check_machine((const unsigned char *)&eh, facts);
	if (status != ALCK_ELF_OK)
		return status;
	if (n < (ssize_t)sizeof(eh))
		return damaged(facts, "cut off in its header");
	if (eh.e_type != ET_EXEC && eh.e_type != ET_DYN)
		return ALCK_ELF_OTHER_TYPE;
	if (!eh.e_phnum || eh.e_phnum > MAX_PHNUM ||
	    eh.e_phentsize != sizeof(ph))
		return damaged(facts, "without usable program headers");
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		uint64_t at = eh.e_phoff + (uint64_t)i * sizeof(ph);

		if (at < eh.e_phoff || at > size || sizeof(ph) > size - at ||
		    pread(fd, &ph, sizeof(ph), (off_t)at) != sizeof(ph))
			return damaged(facts, "cut off in its program headers");
		if (ph.p_type == PT_LOAD) {
			loads++;
			if (ph.p_offset > size ||
			    ph.p_filesz > size - ph.p_offset)
				return damaged(facts, "cut off");
		}
		if (ph.p_type == PT_INTERP) {
			status = read_interpreter(fd, size, &ph, facts);
			if (status != ALCK_ELF_OK)
				return status;
		}
	}
	return loads ? ALCK_ELF_OK : damaged(facts, "nothing in it to load");
}
