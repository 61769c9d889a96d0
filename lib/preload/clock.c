/* SPDX-License-Identifier: MIT */
/* A clock for each allocation: see clock.h.  Signal-safe. */
#include <sys/auxv.h>
#include <time.h>

#include "preload/arch.h"
#include "preload/clock.h"
#include "preload/elf-lookup.h"
#include "preload/runtime.h"
#include "preload/sys.h"

static int (*in_vdso)(clockid_t clock, struct timespec *now);

void alck_clock_find(void)
{
	uintptr_t vdso = alck_auxv(AT_SYSINFO_EHDR);
	struct alck_module m;

	if (!vdso)
		return;
	alck_module_read_headers(&m, vdso);
	in_vdso = (int (*)(clockid_t, struct timespec *))alck_elf_address(
		&m, ALCK_ARCH_VDSO_CLOCK);
}

uint64_t alck_clock_coarse(void)
{
	struct timespec now = {0, 0};
	uint64_t ns;

	if (!in_vdso || in_vdso(CLOCK_MONOTONIC_COARSE, &now))
		ns = alck_sys_now(CLOCK_MONOTONIC_COARSE);
	else
		ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	/* The tick before the start is the last one for a while. */
	return ns > alck_runtime.started ? ns - alck_runtime.started : 0;
}
