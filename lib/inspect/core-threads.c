/* SPDX-License-Identifier: MIT */
/* The threads of a core, by its notes: see stacks.h.  Offline; the core is
 * hostile input. */
#include <config.h>

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/reg.h>
#include <unistd.h>

#include "inspect/memory.h"
#include "inspect/stacks.h"

#define THREADS_MAX 65536
#define CALLS_MAX   4096 /* no system call has such a number */

static int is_call(struct alck_memory *memory, uint64_t pc)
{
	unsigned char code[2];

	return !alck_memory_read(memory, pc - 2, code, 2) && code[0] == 0x0f &&
	       code[1] == 0x05;
}

static const struct user_regs_struct *keep(struct alck_scene *scene,
					   const struct elf_prstatus *status)
{
	struct user_regs_struct *regs =
		alck_arena_alloc(&scene->arena, sizeof(*regs));

	_Static_assert(sizeof(*regs) == sizeof(status->pr_reg), "the same");
	if (regs)
		memcpy(regs, status->pr_reg, sizeof(*regs));
	return regs;
}

static void note_thread(struct alck_scene *scene, struct alck_live *live,
			const struct elf_prstatus *status, size_t *room)
{
	static const int registers[6] = {RDI, RSI, RDX, R10, R8, R9};
	const unsigned long long *regs =
		(const unsigned long long *)status->pr_reg;
	struct alck_live_thread *t, *more;

	if (live->nthreads == *room) {
		*room = 2 * *room + 16;
		more = alck_arena_alloc(&scene->arena, *room * sizeof(*more));
		if (!more)
			return;
		if (live->nthreads)
			memcpy(more, live->threads,
			       live->nthreads * sizeof(*more));
		live->threads = more;
	}
	t = &live->threads[live->nthreads++];
	t->tid = status->pr_pid;
	t->pc = regs[RIP];
	t->sp = regs[RSP];
	t->tries = 1;
	t->regs = keep(scene, status);
	t->call = ALCK_THREAD_RUNNING;
	for (int i = 0; i < 6; i++)
		t->arguments[i] = regs[registers[i]];
	if (regs[ORIG_RAX] < CALLS_MAX && is_call(scene->memory, t->pc)) {
		t->call = ALCK_THREAD_CALL;
		t->number = (long)regs[ORIG_RAX];
		alck_live_judge_call(scene, t);
	}
}

static void read_notes(struct alck_scene *scene, struct alck_live *live,
		       Elf_Data *data)
{
	size_t at = 0, room = 0, name, desc, next;
	GElf_Nhdr note;

	while ((next = gelf_getnote(data, at, &note, &name, &desc)) > 0 &&
	       live->nthreads < THREADS_MAX) {
		struct elf_prstatus status;

		if (note.n_type == NT_PRSTATUS &&
		    note.n_descsz >= sizeof(status)) {
			memcpy(&status, (char *)data->d_buf + desc,
			       sizeof(status));
			note_thread(scene, live, &status, &room);
		}
		at = next;
	}
}

void alck_core_threads(struct alck_scene *scene, struct alck_live *live,
		       const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_getphdrnum(elf, &n))
		n = 0;
	for (size_t i = 0; i < n && i < 65536; i++) {
		GElf_Phdr ph;
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)ph.p_offset,
					    ph.p_filesz, ELF_T_NHDR);
		if (data)
			read_notes(scene, live, data);
	}
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
}
