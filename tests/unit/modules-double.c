/* SPDX-License-Identifier: MIT */
/* See modules-double.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "preload/modules.h"
#include "modules-double.h"

#define MODULES 4096

static struct alck_module modules[MODULES];
static uint32_t count;
uint32_t alck_modules_generation_now;
static uint8_t seen[MODULES];

static int add(struct dl_phdr_info *info, size_t size, void *unused)
{
	uintptr_t low = UINTPTR_MAX, high = 0;
	const unsigned char *frames = NULL;
	uint32_t i;

	(void)size;
	(void)unused;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD) {
			low = start < low ? start : low;
			high = start + p->p_memsz > high ? start + p->p_memsz
							 : high;
		} else if (p->p_type == PT_GNU_EH_FRAME) {
			frames = (const unsigned char *)start;
		}
	}
	for (i = 0; i < count; i++)
		if (!modules[i].retired && modules[i].low == low &&
		    modules[i].eh_frame_hdr == frames)
			break;
	if (i < MODULES)
		seen[i] = 1;
	if (i == count) {
		modules_double_add(low, high, frames);
		modules[i].bias = info->dlpi_addr;
	}
	return 0;
}

void modules_double_add(uintptr_t low, uintptr_t high,
			const unsigned char *eh_frame_hdr)
{
	struct alck_module *m = &modules[count];

	if (count == MODULES)
		abort();
	m->id = count++;
	m->low = low;
	m->high = high;
	m->eh_frame_hdr = eh_frame_hdr;
	alck_modules_generation_now++;
}

void modules_double_retire(uintptr_t low)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (modules[i].low == low)
			modules[i].retired = 1;
	alck_modules_generation_now++;
}

void modules_double_refresh(void)
{
	uint32_t i;

	memset(seen, 0, sizeof(seen));
	dl_iterate_phdr(add, NULL);
	for (i = 0; i < count; i++)
		if (!seen[i] && !modules[i].retired) {
			modules[i].retired = 1;
			alck_modules_generation_now++;
		}
}

const struct alck_module *alck_module_at(uintptr_t addr)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (!modules[i].retired && addr >= modules[i].low &&
		    addr < modules[i].high)
			return &modules[i];
	return NULL;
}

uint32_t alck_modules_count(void)
{
	return count;
}

struct alck_module *alck_module(uint32_t id)
{
	return id < count ? &modules[id] : NULL;
}
