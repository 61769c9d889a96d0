# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Programs and plugins with an allocator linked into them, sourced by the tests
# that build such.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

# archive VARIABLE FILE PACKAGE: sets VARIABLE to the path of a static library.
archive()
{
	found=$($CC -print-file-name="$2")
	case $found in
	/*) eval "$1=\$found" ;;
	*) skip "no $2 here (Debian package $3)" ;;
	esac
}

need_archives()
{
	archive jemalloc_a libjemalloc.a libjemalloc-dev
	archive jemalloc_pic libjemalloc_pic.a libjemalloc-dev
	archive tcmalloc_a libtcmalloc_minimal.a libgoogle-perftools-dev
	archive runtime_a libstdc++.a libstdc++-dev
}

# link OUTPUT ARGUMENTS...: a program or a plugin.
link()
{
	output=$1
	shift
	$CC -std=gnu11 -D_GNU_SOURCE -g -O1 -fno-builtin -o "$output" \
		-fno-optimize-sibling-calls -I"$top_srcdir/tests/programs" \
		"$@" -lm -ldl -lpthread -lstdc++ >cc.log 2>&1 ||
		fail "the compiler: $(cat cc.log)"
}

# prefix_jemalloc ARCHIVE PREFIXED: PREFIXED is a copy of it with je_ before each
# of its names.
prefix_jemalloc()
{
	for name in malloc calloc realloc free posix_memalign aligned_alloc \
		memalign valloc malloc_usable_size mallocx rallocx xallocx \
		sallocx dallocx sdallocx nallocx mallctl mallctlnametomib \
		mallctlbymib malloc_stats_print malloc_message malloc_conf \
		__free_hook __malloc_hook __realloc_hook __memalign_hook \
		__libc_malloc __libc_calloc __libc_realloc __libc_free \
		__libc_memalign __libc_valloc __libc_pvalloc \
		__posix_memalign; do
		echo "$name je_$name"
	done >names
	objcopy --redefine-syms=names "$1" "$2"
}

# work_unchanged: ./program does the same with us, and nothing is found.
work_unchanged()
{
	run_plain ./program work
	expect_status 0
	mv out plain.out
	run_alloccheck --log-empty=1 ./program work
	expect_clean
	expect_same plain.out
}

# is_hooked FILE: libc's malloc hooks are its own (jemalloc's, up to glibc 2.33):
# they send blocks home, so what would be a fault else is none.
is_hooked()
{
	nm -D --defined-only "$1" | grep -q ' __free_hook'
}

# expect_provider FAMILY HOW SEEN OBJECT: the last report knows the allocator
# in OBJECT as this, linked in so, and its calls as seen so far.
expect_provider()
{
	json
	"$PYTHON3" - findings.json "$@" >provider.txt <<'END' ||
import json, sys
path, family, how, seen, name = sys.argv[1:]
r = json.loads(open(path).read())
r = r[0] if isinstance(r, list) else r
mine = [p for p in r["providers"] if p["path"].endswith("/" + name)]
rows = [c for c in r["coverage"]["objects"] if c["path"].endswith("/" + name)]
print(mine, rows)
sys.exit(not (len(mine) == 1 and len(rows) == 1 and
              mine[0]["family"] == family and mine[0]["how"] == how and
              rows[0]["seen"] == seen))
END
		fail "another allocator than expected: $(cat provider.txt)"
}

# families: those that the last report knows in the object that ends in $1.
families()
{
	json
	jq -r ".providers[] | select(.path | endswith(\"/$1\")) | .family" \
		findings.json | sort | tr '\n' ' '
}

# expect_families OBJECT FAMILY...
expect_families()
{
	object=$1
	shift
	[ "$(families "$object")" = "$* " ] ||
		fail "in $object: $(families "$object")"
	jq -e ".coverage.objects[] | select(.path | endswith(\"/$object\")) |
		.seen == \"all\"" findings.json >/dev/null || fail "coverage"
}
