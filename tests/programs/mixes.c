/* SPDX-License-Identifier: MIT */
/*
 * The ways in which two allocators meet without a plugin:
 *
 *	mixes WAY [LIBRARY [ALLOCATE FREE]]
 *
 *	none            everything right
 *	pvalloc         pvalloc and free, by name
 *	cfree           malloc and cfree, by name
 *	libc            malloc and __libc_free, by name
 *	libc_back       __libc_malloc and free, by name
 *	by_name         ALLOCATE of LIBRARY, FREE of whoever has that name
 *	by_name_back    ALLOCATE by name, FREE of LIBRARY
 *	late            malloc; then LIBRARY is loaded; its free
 *	namespace       LIBRARY (a plugin) with a libc of its own; plug_malloc
 *	                there, free here
 *	namespace_own   the same, freed there
 *	namespace_back  malloc here, plug_free there
 *	namespaces N    N times: a namespace for LIBRARY, everything in order
 *			there, what libc allocates too, and closed again
 *	address         frees the block whose address stands in the file
 *			LIBRARY
 *	often N         N times by_name, from one place
 *
 * LIBRARY is loaded in the ordinary way, or is there already.
 */
#include <dlfcn.h>
#include <malloc.h>

#include "common.h"

/* The second argument is the flags of jemalloc's dallocx; free does not look
 * at it. */
typedef void (*release_function)(void *, int);
#define RELEASE(f) ((release_function)(void *)(f))

static void *library;
static const char *alloc_name = "malloc", *free_name = "free";

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *p);
/* Not in a header and not for new programs, but old ones call it. */
extern void old_cfree(void *p);
__asm__(".symver old_cfree, cfree@GLIBC_2.2.5");

static void *symbol(void *handle, const char *name)
{
	void *s = dlsym(handle, name);

	if (!s)
		die("%s", dlerror());
	return s;
}

NOINLINE static void *mixes_alloc(void *(*alloc)(size_t))
{
	char *p = alloc(120);

	must(p);
	memset(opaque(p), 'x', 120);
	return opaque(p);
}

NOINLINE static void mixes_free(void *p, release_function release)
{
	release(opaque(p), 0);
	__asm__ volatile("");
}

static void load(int argc, char **argv)
{
	if (argc < 3)
		die("usage: mixes WAY LIBRARY");
	library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
	if (!library)
		die("%s", dlerror());
	if (argc > 4) {
		alloc_name = argv[3];
		free_name = argv[4];
	}
}

static void *in_namespace(const char *file)
{
	void *handle = dlmopen(LM_ID_NEWLM, file, RTLD_NOW);

	if (!handle)
		die("%s", dlerror());
	return handle;
}

static void namespaces(const char *file, long times)
{
	static const char *const all[] = {"plug_strdup", "plug_getline",
					  "plug_asprintf"};
	size_t i;

	while (times--) {
		void *handle = in_namespace(file);

		for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			((void (*)(void))symbol(handle, all[i]))();
		dlclose(handle);
	}
}

static void namespace_back(const char *file)
{
	void *handle = in_namespace(file);

	mixes_free(mixes_alloc(malloc), RELEASE(symbol(handle, "plug_free")));
	dlclose(handle);
}

static void free_address(const char *file)
{
	FILE *f = fopen(file, "r");
	void *p;

	must(f && fscanf(f, "%p", &p) == 1);
	fclose(f);
	mixes_free(p, RELEASE(free));
}

static void namespace(const char *file, int own)
{
	void *handle = in_namespace(file);
	void *p;

	p = mixes_alloc((void *(*)(size_t))symbol(handle, "plug_malloc"));
	mixes_free(p,
		   own ? RELEASE(symbol(handle, "plug_free")) : RELEASE(free));
	dlclose(handle);
}

static void by_name(int back, long times)
{
	void *(*alloc)(size_t) = (void *(*)(size_t))symbol(
		back ? RTLD_DEFAULT : library, alloc_name);
	release_function release =
		RELEASE(symbol(back ? library : RTLD_DEFAULT, free_name));

	while (times--)
		mixes_free(mixes_alloc(alloc), release);
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	void *p;

	/* Who has allocated nothing may be no allocator at all. */
	free(opaque(malloc(10)));

	if (!strcmp(way, "none")) {
		mixes_free(mixes_alloc(malloc), RELEASE(free));
	} else if (!strcmp(way, "pvalloc")) {
		mixes_free(mixes_alloc(pvalloc), RELEASE(free));
	} else if (!strcmp(way, "cfree")) {
		mixes_free(mixes_alloc(malloc), RELEASE(old_cfree));
	} else if (!strcmp(way, "libc")) {
		mixes_free(mixes_alloc(malloc), RELEASE(__libc_free));
	} else if (!strcmp(way, "libc_back")) {
		mixes_free(mixes_alloc(__libc_malloc), RELEASE(free));
	} else if (!strcmp(way, "by_name")) {
		load(argc, argv);
		by_name(0, 1);
	} else if (!strcmp(way, "by_name_back")) {
		load(argc, argv);
		by_name(1, 1);
	} else if (!strcmp(way, "often")) {
		must(argc == 6);
		load(argc, argv);
		by_name(0, atol(argv[5]));
	} else if (!strcmp(way, "late")) {
		p = mixes_alloc(malloc);
		load(argc, argv);
		mixes_free(p, RELEASE(symbol(library, "free")));
	} else if (!strcmp(way, "namespace")) {
		must(argc == 3);
		namespace(argv[2], 0);
	} else if (!strcmp(way, "namespace_own")) {
		must(argc == 3);
		namespace(argv[2], 1);
	} else if (!strcmp(way, "namespace_back")) {
		must(argc == 3);
		namespace_back(argv[2]);
	} else if (!strcmp(way, "namespaces")) {
		must(argc == 4);
		namespaces(argv[2], atol(argv[3]));
	} else if (!strcmp(way, "address")) {
		must(argc == 3);
		free_address(argv[2]);
	} else {
		die("mixes: %s?", way);
	}
	puts("mixes: still alive");
	return 0;
}
