#!/bin/sh
# SPDX-License-Identifier: MIT
# libfiu's preload library stands between the program and libc, and makes some
# calls fail.  A failed malloc is no block, and a failed realloc leaves the old
# one where it was.  So it is where the allocator's own wish for memory is
# refused, and ours at the same time.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command fiu-run
fiu=$(fiu-run -n -x true | sed -n 's/^LD_PRELOAD="\(.*\)" .*/\1/p')
[ "$fiu" ] || fail "what does fiu-run preload?"

# with_fiu LIBRARIES POINTS COMMAND...: as fiu-run would run it, but that takes
# the place of LD_PRELOAD.  COMMAND is observed, and calls of it failed.
with_fiu()
{
	libraries=$1
	points=$2
	shift 2
	run_alloccheck --log-empty=1 env FIU_ENABLE="
$points" FIU_CTRL_FIFO="$work/fiu" LD_PRELOAD="$libraries" "$@"
	expect_status 0
	expect_findings
	grep -qx 'some failed' out || fail "no call failed"
	grep -q "\"exe\":\"[^\"]*/${1##*/}\"" findings.json ||
		fail "$1 was not observed"
}
need_jemalloc
need_tcmalloc

cat >fails.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	int failed = 0;

	for (int i = 1; i <= 20000; i++) {
		char *p = malloc(i % 500 + 1), *q;

		if (!p) {
			failed++;
			continue;
		}
		memset(p, i, i % 500 + 1);
		q = realloc(p, i % 900 + 600);
		if (!q)
			failed++;
		else
			p = q;
		if (p[0] != (char)i)
			return 3;
		free(p);
	}
	printf("%s\n", failed ? "some failed" : "none failed");
	return 0;
}
EOF
$CC -g -O1 -fno-builtin -o fails fails.c || fail "fails.c does not compile"
for libraries in "$preload_library $fiu" "$fiu $preload_library"; do
	with_fiu "$libraries" \
		'enable_random name=libc/mm/*,probability=0.05' ./fails
done

# Each place keeps its mark when the block there could not change its size.
cat >maps.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(void)
{
	static char *held[64];
	int failed = 0;

	for (int i = 0; i < 1000; i++) {
		char **at = &held[i % 64], *p, mark = (char)(i % 64 + 1);
		size_t size = (size_t)(i % 40 + 1) * 50000;
		char *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (map == MAP_FAILED) {
			failed++;
		} else {
			map[0] = mark;
			failed += mprotect(map, 65536, PROT_READ) != 0;
			if (map[0] != mark)
				return 3;
			munmap(map, 65536);
		}
		p = realloc(*at, size);
		failed += !p;
		if (*at && *(p ? p : *at) != mark)
			return 4;
		if (p) {
			*at = p;
			p[0] = mark;
			p[size - 1] = mark;
		}
	}
	for (int i = 0; i < 64; i++)
		free(held[i]);
	printf("%s\n", failed ? "some failed" : "none failed");
	return 0;
}
EOF
$CC -g -O1 -fno-builtin -o maps maps.c || fail "maps.c does not compile"

# mmap and mprotect of the program and of allocators: libfiu stands before.
for front in '' "$jemalloc" "$tcmalloc"; do
	# jemalloc 5.2.1 waits for ever behind libfiu, which allocates in mmap.
	if ! timeout -s KILL 3 env LD_PRELOAD="$front $fiu" ./maps >out 2>err
	then
		echo "$test_name: libfiu does without $front"
		continue
	fi
	for how in 0.01,failinfo=12 0.3,failinfo=11 1,failinfo=12; do
		with_fiu "$preload_library $front $fiu" \
			"enable_random name=posix/mm/mmap,probability=$how
enable_random name=posix/mm/mprotect,probability=$how" ./maps
	done
done

# libc's own mmap, mremap and mprotect, which nothing stands before; with ours.
for how in 'ENOMEM 1' 'EAGAIN 30' 'ENOMEM 90'; do
	run_alloccheck --log-empty=1 "$programs/refuse" \
		libc.so.6,libc-2.,liballoccheck.so \
		${how% *} ${how#* } calls ./maps
	expect_status 0
	expect_findings --no-info
	grep -qx 'some failed' out || fail "no call failed"
	read -r refused made <calls
	[ "$refused" -gt 0 ] || fail "none of $made calls were refused"
done
