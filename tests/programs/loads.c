/* SPDX-License-Identifier: MIT */
/*
 * Loads and unloads a plugin again and again, in the ordinary way and
 * deep-bound, and uses it each time:
 *
 *	loads ROUNDS PLUGIN [deep]
 *
 * The plugin's constructor and destructor allocate and free as well.  What
 * the process has in memory must not grow with the rounds.
 */
#include <dlfcn.h>
#include <unistd.h>

#include "common.h"

static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long all, resident;

	must(f && fscanf(f, "%ld %ld", &all, &resident) == 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void round_of(const char *file, int flags)
{
	void *(*plug_malloc)(size_t);
	void (*plug_free)(void *);
	void *plugin = dlopen(file, flags);

	if (!plugin)
		die("%s", dlerror());
	*(void **)&plug_malloc = dlsym(plugin, "plug_malloc");
	*(void **)&plug_free = dlsym(plugin, "plug_free");
	must(plug_malloc && plug_free);
	plug_free(plug_malloc(99));
	free(malloc(77));
	/* One that is not there, and one that is no library. */
	must(!dlopen("/nonexistent/plugin.so", flags));
	must(!dlopen("/dev/null", flags));
	must(dlerror());
	must(!dlclose(plugin));
}

int main(int argc, char **argv)
{
	int flags = RTLD_NOW | (argc > 3 ? RTLD_DEEPBIND : 0);
	long rounds, i, before = 0, after;

	if (argc < 3)
		die("usage: loads ROUNDS PLUGIN [deep]");
	rounds = atol(argv[1]);
	for (i = 0; i < rounds; i++) {
		if (i == rounds / 10)
			before = resident_kib();
		round_of(argv[2], flags);
	}
	after = resident_kib();
	if (after - before > 16384)
		die("loads: grew by %ld KiB", after - before);
	printf("loads: %ld rounds\n", rounds);
	return 0;
}
