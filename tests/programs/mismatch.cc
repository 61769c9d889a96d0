// SPDX-License-Identifier: MIT
//
// Every way of allocating against every way of freeing, one a run:
//
//	mismatch ALLOCATION RELEASE
//	mismatch all		each of them in a child, with a line that says
//				how that ended
//	mismatch library	a program that uses the C++ library rightly
//
// The functions are called from_ALLOCATION and by_RELEASE.  Built with
// AddressSanitizer too, which says what is a mismatch.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static const std::size_t size = 48;
static const std::align_val_t wide = std::align_val_t(64);

struct way {
	const char *name;
	void *(*make)();
	void (*release)(void *p);
};

extern "C" NOINLINE void *from_new()
{
	return ::operator new(size);
}
extern "C" NOINLINE void *from_array()
{
	return ::operator new[](size);
}
extern "C" NOINLINE void *from_nothrow()
{
	return ::operator new(size, std::nothrow);
}
extern "C" NOINLINE void *from_aligned()
{
	return ::operator new(size, wide);
}
extern "C" NOINLINE void *from_malloc()
{
	return malloc(size);
}
extern "C" NOINLINE void *from_calloc()
{
	return calloc(6, 8);
}
extern "C" NOINLINE void *from_realloc()
{
	return realloc(malloc(8), size);
}
extern "C" NOINLINE void *from_memalign()
{
	void *p;

	return posix_memalign(&p, 64, size) ? nullptr : p;
}
extern "C" NOINLINE void *from_strdup()
{
	return strdup("forty-seven characters and a zero at their end.");
}

extern "C" NOINLINE void by_free(void *p)
{
	free(p);
}
extern "C" NOINLINE void by_realloc(void *p)
{
	free(realloc(p, 1000));
}
extern "C" NOINLINE void by_delete(void *p)
{
	::operator delete(p);
}
extern "C" NOINLINE void by_array(void *p)
{
	::operator delete[](p);
}
extern "C" NOINLINE void by_nothrow(void *p)
{
	::operator delete(p, std::nothrow);
}
extern "C" NOINLINE void by_sized(void *p)
{
	::operator delete(p, size);
}
extern "C" NOINLINE void by_wrong_size(void *p)
{
	::operator delete(p, size + 8);
}
extern "C" NOINLINE void by_sized_array(void *p)
{
	::operator delete[](p, size);
}
extern "C" NOINLINE void by_aligned(void *p)
{
	::operator delete(p, wide);
}

static const way ways[] = {
	{"new", from_new, nullptr},
	{"array", from_array, nullptr},
	{"nothrow", from_nothrow, nullptr},
	{"aligned", from_aligned, nullptr},
	{"malloc", from_malloc, nullptr},
	{"calloc", from_calloc, nullptr},
	{"realloc", from_realloc, nullptr},
	{"memalign", from_memalign, nullptr},
	{"strdup", from_strdup, nullptr},
	{"free", nullptr, by_free},
	{"realloc", nullptr, by_realloc},
	{"delete", nullptr, by_delete},
	{"array", nullptr, by_array},
	{"nothrow", nullptr, by_nothrow},
	{"sized", nullptr, by_sized},
	{"wrong_size", nullptr, by_wrong_size},
	{"sized_array", nullptr, by_sized_array},
	{"aligned", nullptr, by_aligned},
};

static void in_child(const way &from, const way &by)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		by.release(from.make());
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("%s %s %s\n", from.name, by.name, status ? "wrong" : "right");
	fflush(stdout);
}

static void all()
{
	for (const way &from : ways)
		for (const way &by : ways)
			if (from.make && by.release)
				in_child(from, by);
}

struct alignas(64) broad {
	char bytes[64];
};

static void library()
{
	std::map<std::string, std::vector<int>> m;
	auto shared = std::make_shared<std::string>(100, 'x');
	std::unique_ptr<int[]> array(new int[100]);
	std::unique_ptr<broad> one(new broad);
	std::vector<broad> several(3);
	char *text = strdup("text");

	for (int i = 0; i < 1000; i++)
		m[std::to_string(i)].resize(i % 50);
	try {
		throw std::runtime_error(std::string(200, 'y'));
	} catch (const std::exception &) {
	}
	text = static_cast<char *>(realloc(text, 100));
	free(text);
}

static const way &find(const char *name, bool makes)
{
	for (const way &w : ways)
		if (!strcmp(w.name, name) && makes == !!w.make)
			return w;
	exit(3);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "all"))
		all();
	else if (argc == 2 && !strcmp(argv[1], "library"))
		library();
	else if (argc == 3)
		find(argv[2], false).release(find(argv[1], true).make());
	else
		return 3;
	return 0;
}
