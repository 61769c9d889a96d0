/* SPDX-License-Identifier: MIT */
/* Frames of C++: landing pads, handlers and destructors, see test-unwind.c. */
#include "test-unwind.h"

namespace
{

struct watcher {
	~watcher()
	{
		probe();
	}
};

struct fault {
	int depth;
	fault(int d) : depth(d)
	{
		probe();
	}
	fault(const fault &other) : depth(other.depth)
	{
		probe();
	}
	~fault()
	{
		probe();
	}
};

__attribute__((noinline)) int dig(int depth)
{
	watcher w;

	if (!depth)
		throw fault(7);
	return dig(depth - 1) + 1;
}

} // namespace

int throw_and_catch(int depth)
{
	try {
		return dig(depth);
	} catch (const fault &f) {
		probe();
		try {
			dig(1);
		} catch (...) {
			probe();
		}
		return f.depth;
	}
}
