/* SPDX-License-Identifier: MIT */
/*
 * An engine that loads a plugin and exchanges memory with it:
 *
 *	engine CROSSING PLUGIN [deep|lazy|global]...
 *
 * Deep-bound and with another allocator preloaded, every crossing is a fault;
 * loaded in the ordinary way none is.  With the crossing `own` each side
 * frees what it allocated.
 */
#include <dlfcn.h>

#include "common.h"

static void *plugin;

static void *symbol(const char *name)
{
	void *s = dlsym(plugin, name);

	if (!s)
		die("%s", dlerror());
	return s;
}

#define PLUG_FREE    ((void (*)(void *))symbol("plug_free"))
#define PLUG_POINTER ((void (*)(void *))symbol("plug_free_by_pointer"))
#define PLUG_MALLOC  ((void *(*)(size_t))symbol("plug_malloc"))
#define PLUG_REALLOC ((void *(*)(void *, size_t))symbol("plug_realloc"))
#define PLUG_RUN(f)  ((void (*)(void))symbol(f))()

NOINLINE char *engine_alloc(size_t size)
{
	char *p = malloc(size);

	must(p);
	memset(opaque(p), 'e', size);
	return p;
}

NOINLINE void engine_free(void *p)
{
	free(opaque(p));
	/* Not a tail call: this frame is to be seen. */
	__asm__ volatile("");
}

/* libc's own free, past whatever allocator the program uses. */
static void (*libc_free(int versioned))(void *)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void *f = versioned ? dlvsym(libc, "free", "GLIBC_2.2.5")
			    : dlsym(libc, "free");

	must(libc && f);
	return (void (*)(void *))f;
}

extern void __libc_free(void *);

NOINLINE void engine_realloc(void)
{
	char *p = engine_alloc(100);
	char *q = PLUG_REALLOC(p, 5000);
	size_t i;

	must(q);
	for (i = 0; i < 100; i++)
		must(q[i] == 'e');
	engine_free(q);
}

static void cross(const char *crossing)
{
	if (!strcmp(crossing, "own")) {
		PLUG_FREE(PLUG_MALLOC(50));
		engine_free(engine_alloc(50));
	} else if (!strcmp(crossing, "cross")) {
		PLUG_FREE(engine_alloc(100));
	} else if (!strcmp(crossing, "pointer")) {
		PLUG_POINTER(engine_alloc(100));
	} else if (!strcmp(crossing, "back")) {
		engine_free(PLUG_MALLOC(50));
	} else if (!strcmp(crossing, "realloc")) {
		engine_realloc();
	} else if (!strcmp(crossing, "dlsym")) {
		libc_free(0)(engine_alloc(100));
	} else if (!strcmp(crossing, "dlvsym")) {
		libc_free(1)(engine_alloc(100));
	} else if (!strcmp(crossing, "libc_free")) {
		__libc_free(engine_alloc(100));
	} else {
		/* The rest is the plugin's own work. */
		char name[64];

		snprintf(name, sizeof(name), "plug_%s", crossing);
		PLUG_RUN(name);
	}
}

int main(int argc, char **argv)
{
	int flags = RTLD_NOW, i;

	if (argc < 3)
		die("usage: engine CROSSING PLUGIN [deep|lazy|global]...");
	for (i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "deep"))
			flags |= RTLD_DEEPBIND;
		else if (!strcmp(argv[i], "lazy"))
			flags = (flags & ~RTLD_NOW) | RTLD_LAZY;
		else if (!strcmp(argv[i], "global"))
			flags |= RTLD_GLOBAL;
		else
			die("engine: %s?", argv[i]);
	}
	plugin = dlopen(argv[2], flags);
	if (!plugin)
		die("%s", dlerror());
	cross(argv[1]);
	dlclose(plugin);
	puts("engine: still alive");
	return 0;
}
