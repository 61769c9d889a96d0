/* SPDX-License-Identifier: MIT */
/*
 * Calls one function that is about the allocator but neither allocates nor
 * frees, and prints what it says.
 *
 *	satellite
 *malloc_trim|mallinfo|mallinfo2|mallopt|malloc_stats|malloc_info
 *
 * Status 2: libc does not have it.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* As struct mallinfo2, which is newer than the oldest libc. */
struct sizes {
	size_t of[10];
};

static int ask(const char *what)
{
	struct sizes (*mallinfo2_here)(void), sizes;

	if (!strcmp(what, "malloc_trim")) {
		printf("%d\n", malloc_trim(0));
	} else if (!strcmp(what, "mallopt")) {
		printf("%d\n", mallopt(M_TRIM_THRESHOLD, 1 << 20));
	} else if (!strcmp(what, "malloc_stats")) {
		malloc_stats();
	} else if (!strcmp(what, "malloc_info")) {
		printf("%d\n", malloc_info(0, stdout));
	} else if (!strcmp(what, "mallinfo")) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
		struct mallinfo info = mallinfo();
#pragma GCC diagnostic pop

		printf("%d %d %d %d %d\n", info.arena, info.ordblks, info.hblks,
		       info.uordblks, info.keepcost);
	} else if (!strcmp(what, "mallinfo2")) {
		*(void **)&mallinfo2_here = dlsym(RTLD_DEFAULT, what);
		if (!mallinfo2_here)
			return 2;
		sizes = mallinfo2_here();
		for (int i = 0; i < 10; i++)
			printf("%zu ", sizes.of[i]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	return argc < 2 ? 1 : ask(argv[1]);
}
