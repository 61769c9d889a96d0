/* SPDX-License-Identifier: MIT */
/*
 * C++ exceptions through operator new:
 *
 *	throws ROUNDS [bad] [jump]
 *
 * operator new fails for a size that nobody has, thousands of times, in each
 * of its forms, in threads; new handlers throw, and with `jump` one leaves by
 * longjmp.  After that blocks must still be known: with `bad` one goes to
 * libc's own free, a fault when another allocator is preloaded.
 */
#include <dlfcn.h>

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#define NOINLINE __attribute__((noinline))

static std::size_t huge = PTRDIFF_MAX - 8192;
static std::jmp_buf back;

struct refused {
	int value;
};

static void require(bool holds, const char *what)
{
	if (!holds) {
		std::fprintf(stderr, "throws: %s does not hold\n", what);
		std::exit(3);
	}
}

struct alignas(64) wide {
	char bytes[64];
};

/* Without an eye on it gcc 10 leaves the allocation out. */
static void *seen(void *p)
{
	__asm__ volatile("" : "+r"(p));
	return p;
}

NOINLINE static void *throws_new(std::size_t size)
{
	char *p = new char[size];

	__asm__ volatile("" : "+r"(p));
	return p;
}

static void refuse()
{
	throw refused{7};
}

static void jump_out()
{
	std::longjmp(back, 1);
}

static void *kept;

/* Allocates under operator new itself, which tries again three times. */
static void make_room()
{
	static int tries;

	std::free(seen(std::malloc(33)));
	std::free(kept);
	kept = seen(std::malloc(44));
	if (++tries % 3 == 0)
		refuse();
}

static void one_round(int i)
{
	int caught = 0;

	try {
		throws_new(huge);
	} catch (const std::bad_alloc &) {
		caught++;
	}
	try {
		seen(::operator new(huge, std::align_val_t(64)));
	} catch (const std::bad_alloc &) {
		caught++;
	}
	caught += seen(::operator new(huge, std::nothrow)) == nullptr;
	require(caught == 3, "every form of new fails");
	/* Exceptions are blocks themselves. */
	try {
		throw std::runtime_error(std::string(100 + i % 50, 'x'));
	} catch (const std::exception &e) {
		require(std::strlen(e.what()) == 100u + i % 50, "the text");
	}
	wide *w = new wide[3];
	delete[] w;
	std::vector<std::string> v(10, std::string(40, 'y'));
	v.emplace_back("z");
}

static void many_rounds(int rounds)
{
	for (int i = 0; i < rounds; i++)
		one_round(i);
}

/* A handler is the whole process's: no other thread is there now. */
static void handlers(int rounds, bool jump)
{
	volatile int refusals = 0, jumps = 0;

	for (int i = 0; i < 2 * rounds; i++) {
		std::set_new_handler(i % 2 ? make_room : refuse);
		try {
			throws_new(huge);
		} catch (const refused &r) {
			refusals = refusals + (r.value == 7);
		}
	}
	std::free(kept);
	std::set_new_handler(jump_out);
	while (jump && jumps < rounds) {
		if (setjmp(back)) {
			jumps = jumps + 1;
			continue;
		}
		throws_new(huge);
	}
	std::set_new_handler(nullptr);
	require(refusals == 2 * rounds && (!jump || jumps == rounds),
		"the handlers ran");
}

NOINLINE static void throws_bad()
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void *p = std::malloc(60);
	void (*libc_free)(void *);

	require(libc, "libc is there");
	*(void **)&libc_free = dlsym(libc, "free");
	__asm__ volatile("" : "+r"(p));
	libc_free(p);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
	bool bad = false, jump = false;

	for (int i = 2; i < argc; i++) {
		bad = bad || !std::strcmp(argv[i], "bad");
		jump = jump || !std::strcmp(argv[i], "jump");
	}

	many_rounds(rounds);
	std::vector<std::thread> threads;
	for (int i = 0; i < 4; i++)
		threads.emplace_back(many_rounds, rounds);
	for (auto &t : threads)
		t.join();
	handlers(rounds / 10 + 1, jump);
	many_rounds(10);
	if (bad)
		throws_bad();
	std::puts("throws: done");
	return 0;
}
