/* SPDX-License-Identifier: MIT */
/*
 * What running threads do: see live.h.  The kernel's clock event notes their
 * registers now and then (perf_event_open); they are not stopped for it.
 *
 * /proc says of a thread that never sleeps that it runs, and no more.  But one
 * that tries for a lock in vain is in futex(2) most of the time, and the
 * address is in a register.
 */
#include <config.h>

#include <asm/perf_regs.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inspect/live.h"
#include "inspect/memory.h"

#define SAMPLED_MAX 512	   /* threads; each takes a descriptor and 8 KiB */
#define PERIOD_NS   100000 /* of a thread's own time */
#define LOOK_NS	    25000000
#define LOOKS_MAX   28 /* on a busy machine a thread may wait for its turn */
#define SAMPLES	    10 /* of a thread are enough */
#define RING	    4096u
#define CODE	    32 /* how far before a call its number is loaded */

/* In the order in which the kernel writes them, which is that of their
 * numbers. */
static const int registers[] = {
	PERF_REG_X86_AX, PERF_REG_X86_DX, PERF_REG_X86_SI,
	PERF_REG_X86_DI, PERF_REG_X86_SP, PERF_REG_X86_IP,
	PERF_REG_X86_R8, PERF_REG_X86_R9, PERF_REG_X86_R10,
};
enum { AX, DX, SI, DI, SP, IP, R8, R9, R10, REGISTERS };

struct sample {
	struct perf_event_header header;
	uint64_t abi;
	uint64_t regs[REGISTERS];
};

struct sampler {
	struct alck_live_thread *thread;
	int fd;
	struct perf_event_mmap_page *ring;
};

static int open_event(pid_t tid, int without_kernel)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = PERIOD_NS,
		.sample_type = PERF_SAMPLE_REGS_USER,
		.exclude_kernel = without_kernel != 0,
		.exclude_hv = 1,
	};

	for (int i = 0; i < REGISTERS; i++)
		attr.sample_regs_user |= 1ull << registers[i];
	return (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1,
			    PERF_FLAG_FD_CLOEXEC);
}

static int begin(struct sampler *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int error;

	s->fd = open_event(s->thread->tid, 0);
	/* Those who may not see the kernel may see themselves. */
	if (s->fd < 0)
		s->fd = open_event(s->thread->tid, 1);
	if (s->fd < 0)
		return -1;
	s->ring = mmap(NULL, page + RING, PROT_READ | PROT_WRITE, MAP_SHARED,
		       s->fd, 0);
	if (s->ring != MAP_FAILED)
		return 0;
	error = errno;
	close(s->fd);
	errno = error;
	return -1;
}

/* Is the instruction before PC a system call, and that number NUMBER's? */
static int is_in_call(struct alck_memory *memory, uint64_t pc, uint32_t number)
{
	unsigned char code[CODE];
	uint32_t loaded;

	if (alck_memory_read(memory, pc - CODE, code, CODE) ||
	    code[CODE - 2] != 0x0f || code[CODE - 1] != 0x05)
		return 0;
	/* mov $NUMBER,%eax: the last one counts. */
	for (int i = CODE - 7; i >= 0; i--) {
		if (code[i] != 0xb8)
			continue;
		memcpy(&loaded, code + i + 1, sizeof(loaded));
		if (loaded < 1024)
			return loaded == number;
	}
	return 0;
}

static void judge(const struct alck_scene *scene, struct alck_live_thread *t,
		  const struct sample *s)
{
	const uint64_t *r = s->regs;
	struct alck_live_thread seen = *t;

	seen.tries++;
	if (s->abi == PERF_SAMPLE_REGS_ABI_64 &&
	    is_in_call(scene->memory, r[IP], SYS_futex)) {
		seen.call = ALCK_THREAD_CALL;
		seen.number = SYS_futex;
		seen.arguments[0] = r[DI];
		seen.arguments[1] = r[SI];
		seen.arguments[2] = r[DX];
		seen.arguments[3] = r[R10];
		seen.arguments[4] = r[R8];
		seen.arguments[5] = r[R9];
		seen.sp = r[SP];
		seen.pc = r[IP];
		alck_live_judge_call(scene, &seen);
		/* A lock that is as it should be was waited for, and got. */
		if (seen.lock > ALCK_LOCK_FINE && seen.lock >= t->lock) {
			*t = seen;
			return;
		}
	}
	t->tries++;
}

static void end(const struct alck_scene *scene, struct sampler *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const char *data = (const char *)s->ring + page;
	uint64_t head = __atomic_load_n(&s->ring->data_head, __ATOMIC_ACQUIRE);
	struct sample sample;

	for (uint64_t at = s->ring->data_tail;
	     at + sizeof(sample.header) <= head;) {
		for (size_t i = 0; i < sizeof(sample) && at + i < head; i++)
			((char *)&sample)[i] = data[(at + i) % RING];
		if (sample.header.type == PERF_RECORD_SAMPLE &&
		    sample.header.size == sizeof(sample))
			judge(scene, s->thread, &sample);
		if (sample.header.size < sizeof(sample.header))
			break;
		at += sample.header.size;
	}
	munmap(s->ring, page + RING);
	close(s->fd);
}

/* Have all been sampled often enough? */
static int is_enough(const struct sampler *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (__atomic_load_n(&s[i].ring->data_head, __ATOMIC_ACQUIRE) <
		    SAMPLES * sizeof(struct sample))
			return 0;
	return 1;
}

/* Opens samplers for the threads that run, and returns how many.  What keeps
 * all others from being sampled goes to UNSAMPLED, their number to MISSED. */
static size_t begin_all(struct alck_live *live, struct sampler *samplers)
{
	size_t n = 0;

	for (size_t i = 0; i < live->nthreads; i++) {
		if (live->threads[i].call != ALCK_THREAD_RUNNING)
			continue;
		if (n == SAMPLED_MAX || live->unsampled) {
			live->missed++;
			continue;
		}
		samplers[n].thread = &live->threads[i];
		if (!begin(&samplers[n])) {
			n++;
		} else if (errno != ESRCH) { /* it has not ended meanwhile */
			live->missed++;
			/* Some were: descriptors or locked memory ran out. */
			live->unsampled = errno;
		}
	}
	return n;
}

void alck_live_sample(const struct alck_scene *scene, struct alck_live *live)
{
	const struct timespec look = {0, LOOK_NS};
	struct sampler *samplers = calloc(SAMPLED_MAX, sizeof(*samplers));
	size_t n = samplers ? begin_all(live, samplers) : 0;

	for (int looks = 0; n && looks < LOOKS_MAX; looks++) {
		nanosleep(&look, NULL);
		if (is_enough(samplers, n))
			break;
	}
	for (size_t i = 0; i < n; i++)
		end(scene, &samplers[i]);
	free(samplers);
}
