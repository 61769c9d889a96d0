/* SPDX-License-Identifier: MIT */
/*
 * The plugin that is loaded with RTLD_DEEPBIND, as libpython was: its malloc
 * and free are libc's.
 */
#include <stdlib.h>
#include <string.h>

void plugin_free(void *block);
void *plugin_alloc(size_t size);

/* Not by a tail call, so that its frame is on the stack. */
void plugin_free(void *block)
{
	free(block);
	__asm__ volatile("" ::: "memory");
}

void *plugin_alloc(size_t size)
{
	void *block = malloc(size);

	__asm__ volatile("" ::: "memory");
	return block;
}
