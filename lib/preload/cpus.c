/* SPDX-License-Identifier: MIT */
/* Processors that come: see cpus.h.  Signal-safe. */
#include <fcntl.h>
#include <stdint.h>

#include "preload/cpus.h"
#include "preload/events.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define ONLINE	 "/sys/devices/system/cpu/online"
#define CPUS_MAX 8192 /* NR_CPUS of the largest kernels */

/* glibc 2.6; by rseq or the vDSO, without a system call. */
extern int sched_getcpu(void);

static char list[512]; /* "0-3,8", as the kernel has it */
static uint64_t known[CPUS_MAX / 64];
static int active;

static const char *number(const char *p, uint32_t *n)
{
	for (*n = 0; *p >= '0' && *p <= '9'; p++)
		*n = *n * 10 + (uint32_t)(*p - '0');
	return p;
}

static void add_range(uint32_t from, uint32_t to)
{
	for (; from <= to && from < CPUS_MAX; from++)
		known[from / 64] |= 1ull << from % 64;
}

/* Returns 0 where it is no list of processors. */
static int parse(const char *p)
{
	while (*p >= '0' && *p <= '9') {
		uint32_t from, to;

		p = number(p, &from);
		to = from;
		if (*p == '-')
			p = number(p + 1, &to);
		add_range(from, to);
		if (*p != ',')
			return *p == 0;
		p++;
	}
	return 0;
}

void alck_cpus_start(void)
{
	int fd = alck_sys_open(ONLINE, O_RDONLY | O_CLOEXEC, 0);
	long n;

	if (fd < 0)
		return;
	n = alck_sys_read(fd, list, sizeof(list) - 1);
	alck_sys_close(fd);
	if (n > 0 && list[n - 1] == '\n')
		n--;
	list[n > 0 ? n : 0] = 0;
	active = parse(list);
}

static void note(uint32_t cpu)
{
	char text[sizeof(list) + 192];
	struct alck_text t;

	alck_text_begin(&t, text, sizeof(text));
	alck_text_add(&t, "CPU ");
	alck_text_add_number(&t, cpu);
	alck_text_add(&t, " came while the process ran: online at its start "
			  "were ");
	alck_text_add(&t, list);
	alck_text_add(&t, "; an allocator with a cache for each processor may "
			  "have none for it");
	alck_event_note("cpus", text);
}

void alck_cpus_look(void)
{
	uint64_t bit, was;
	int cpu;

	if (!active)
		return;
	cpu = sched_getcpu();
	if (cpu < 0 || cpu >= CPUS_MAX)
		return;
	bit = 1ull << cpu % 64;
	if (__atomic_load_n(&known[cpu / 64], __ATOMIC_RELAXED) & bit)
		return;
	was = __atomic_fetch_or(&known[cpu / 64], bit, __ATOMIC_RELAXED);
	if (!(was & bit))
		note((uint32_t)cpu);
}
