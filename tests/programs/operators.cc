/* SPDX-License-Identifier: MIT */
/*
 * operator new and operator delete in every form, and some of malloc's:
 *
 *	operators N WAY
 *
 * N rounds of them, while blocks of malloc lie in the same pages; then
 *
 *	right           everything goes home
 *	held            one of those blocks to libc's own free
 *	twice           operator delete of one block, twice
 *	foreign         libc's own malloc, operator delete
 *	balance         no block of malloc lies there: each page is empty when
 *			a form is through
 *
 * The bytes before each such block are this program's, and zero.
 */
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#define NOINLINE __attribute__((noinline))

static const std::size_t size = 64;
static const std::align_val_t aligned{64};
static const int held_count = 48;
static char *held[held_count];

/* Without an eye on it a compiler leaves the pair out. */
template <typename T> static T *seen(T *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static void *zeroed(void *p)
{
	if (!p)
		std::abort();
	return std::memset(p, 0, size);
}

/* A debugger looks here how many blocks are out on the page of P, where FORM
 * has come and gone. */
extern "C" NOINLINE void looked_at(const char *form, void *p)
{
	__asm__ volatile("" : : "r"(form), "r"(p) : "memory");
}

/* The forms, one after another. */
static void one_round(void (*look)(const char *, void *))
{
#define FORM(allocate, release)                           \
	{                                                 \
		void *p = zeroed(seen(allocate));         \
		release;                                  \
		if (look)                                 \
			look(#allocate "; " #release, p); \
	}
	FORM(::operator new(size), ::operator delete(p));
	FORM(::operator new[](size), ::operator delete[](p));
	FORM(::operator new(size, std::nothrow),
	     ::operator delete(p, std::nothrow));
	FORM(::operator new[](size, std::nothrow),
	     ::operator delete[](p, std::nothrow));
	FORM(::operator new(size), ::operator delete(p, size));
	FORM(::operator new[](size), ::operator delete[](p, size));
	FORM(::operator new(size, aligned), ::operator delete(p, aligned));
	FORM(::operator new[](size, aligned),
	     ::operator delete[](p, size, aligned));
	FORM(std::malloc(size), std::free(p));
	FORM(std::calloc(size, 1), std::free(p));
	FORM(std::aligned_alloc(64, size), std::free(p));
	FORM(std::realloc(std::malloc(size), size), std::free(p));
	FORM(std::realloc(std::malloc(size), 40 * size), std::free(p));
#undef FORM
}

static void *of_libc(const char *name)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void *s = libc ? dlsym(libc, name) : nullptr;

	if (!s)
		std::abort();
	return s;
}

NOINLINE static void operators_held()
{
	void (*libc_free)(void *);
	char *behind = nullptr;

	*(void **)&libc_free = of_libc("free");
	for (char *p : held)
		for (char *q : held)
			if (p + size == q)
				behind = q;
	if (!behind)
		std::abort();
	libc_free(seen(behind));
	for (char *&p : held)
		if (p == behind)
			p = nullptr;
}

NOINLINE static void first_delete(char *p)
{
	::operator delete(seen(p));
	__asm__ volatile("");
}

NOINLINE static void second_delete(char *p)
{
	::operator delete(seen(p));
	__asm__ volatile("nop"); /* not the same code as the first */
}

NOINLINE static char *operators_new()
{
	return static_cast<char *>(zeroed(seen(::operator new(size))));
}

NOINLINE static void operators_foreign()
{
	void *(*libc_malloc)(std::size_t);

	*(void **)&libc_malloc = of_libc("malloc");
	first_delete(static_cast<char *>(zeroed(libc_malloc(size))));
}

int main(int argc, char **argv)
{
	std::string way = argc == 3 ? argv[2] : "";

	if (argc != 3) {
		std::fprintf(stderr, "usage: operators N WAY\n");
		return 2;
	}
	if (way == "balance") {
		for (int i = 0; i < std::atoi(argv[1]); i++)
			one_round(nullptr);
		one_round(looked_at);
		return 0;
	}
	/* Half a page of each allocator's smallest unit of them, with room in
	 * between. */
	for (char *&p : held)
		p = static_cast<char *>(zeroed(std::malloc(size)));
	for (int i = 0; i < std::atoi(argv[1]); i++)
		one_round(nullptr);
	for (int i = 0; i < std::atoi(argv[1]); i++)
		first_delete(operators_new());
	if (way == "held")
		operators_held();
	if (way == "foreign")
		operators_foreign();
	if (way == "twice") {
		char *p = operators_new();

		first_delete(p);
		second_delete(p);
	}
	for (char *p : held)
		std::free(p);
	std::puts("operators: done");
	return 0;
}
