#!/bin/sh
# SPDX-License-Identifier: MIT
# How ld.so came to each allocator, by each of the ways there are.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc

build()
{
	$CC -shared -fPIC -D_GNU_SOURCE -Wl,-soname,libown.so -o "$1" \
		"$top_srcdir/tests/programs/own-malloc.c" >cc.log 2>&1 ||
		fail "the compiler: $(cat cc.log)"
}
cat >user.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
void *user(void) { return malloc(100); }
void load(const char *name)
{
	if (!dlopen(name, RTLD_NOW)) {
		fputs(dlerror(), stderr);
		exit(3);
	}
}
#ifdef MAIN
extern void load_it(const char *name) __attribute__((weak));
int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		(load_it ? load_it : load)(argv[i]);
	free(user());
	return 0;
}
#endif
END
link()
{
	file=$1
	shift
	$CC -o "$file" user.c -Wl,--no-as-needed "$@" -ldl >cc.log 2>&1 ||
		fail "the linker: $(cat cc.log)"
}
# found FILE "BY ASKED ASKER FOLDER": so it is in the last report.
found()
{
	expect_clean
	is=$(jq -r --arg path "$1" '. as $r | .providers[] |
		select(.path == $path) | .asker as $a | [.found_by, .asked,
		([$r.modules[] | select(.id == $a) | .path | split("/")[-1]]
		| first), .folder] | map(. // "" | if . == "" then "-" else .
		end) | join(" ")' findings.json)
	case $is in
	$2) ;;
	*) fail "$1: $is, and not $2" ;;
	esac
}
need_command jq
new=-Wl,--enable-new-dtags
old=-Wl,--disable-new-dtags

mkdir one two
build one/libown.so
build two/libown.so
link runpath -DMAIN one/libown.so $new -Wl,-rpath,'$ORIGIN/no:${ORIGIN}/one//'
run_alloccheck --log-empty ./runpath
found "$work/one/libown.so" "RUNPATH libown.so runpath $work/one/"
found "$work/runpath" ""
LD_LIBRARY_PATH="two;/none" run_alloccheck --log-empty ./runpath
found two/libown.so "LD_LIBRARY_PATH libown.so runpath two/"
link rpath -DMAIN one/libown.so $old -Wl,-rpath,"$work/one"
LD_LIBRARY_PATH=$work/two run_alloccheck --log-empty ./rpath
found "$work/one/libown.so" "RPATH libown.so rpath $work/one/"
# RPATH goes for what is needed by what is needed, RUNPATH does not.
link libmid.so -shared -fPIC one/libown.so
link chain -DMAIN ./libmid.so $old -Wl,-rpath,"$work/one"
run_alloccheck --log-empty ./chain
found "$work/one/libown.so" "RPATH libown.so libmid.so $work/one/"
link path -DMAIN "$work/one/libown.so" -Wl,-rpath,"$work/one"
preload=$work/two/libown.so
run_alloccheck --log-empty ./path
found "$work/two/libown.so" "LD_PRELOAD $work/two/libown.so path -"
preload=libtcmalloc_minimal.so.4
run_alloccheck --log-empty ./path
found "$tcmalloc" "LD_PRELOAD libtcmalloc_minimal.so.4 path -"
preload=

# dlopen: by path, by name through the caller's RUNPATH, and by the cache.
link plain -DMAIN
run_alloccheck --log-empty ./plain "$work/one/libown.so"
found "$work/one/libown.so" "path $work/one/libown.so plain -"
run_alloccheck --log-empty ./plain ./one/../one/libown.so
found ./one/../one/libown.so "path ./one/../one/libown.so plain -"
run_alloccheck --log-empty ./plain libtcmalloc_minimal.so.4
found "$tcmalloc" "ld.so.cache libtcmalloc_minimal.so.4 plain -"
link libload.so -shared -fPIC -Dload=load_it $new -Wl,-rpath,"$work/two"
link loads -DMAIN ./libload.so
run_alloccheck --log-empty ./loads libown.so
found "$work/two/libown.so" "RUNPATH libown.so libload.so $work/two/"
# What a plugin needs is asked for by the plugin.
link plugin.so -shared -fPIC one/libown.so $new -Wl,-rpath,"$work/one"
run_alloccheck --log-empty ./plain "$work/plugin.so"
found "$work/one/libown.so" "RUNPATH libown.so plugin.so $work/one/"
# A second load of the same name, after another: nothing stays behind.
run_alloccheck --log-empty ./plain "$work/libmid.so" "$work/plugin.so"
expect_status 3
run_alloccheck --log-empty ./plain libm.so.6 "$work/plugin.so" libm.so.6
found "$work/one/libown.so" "RUNPATH libown.so plugin.so $work/one/"

# Called by the loader's name, there may be a --library-path.
loader=$($CC -print-file-name=ld-linux-x86-64.so.2)
run_alloccheck --log-empty "$loader" --library-path "$work/two" ./runpath
found "$work/two/libown.so" "unknown libown.so * -"

# Linked into the program.
$CC -D_GNU_SOURCE -o static -DMAIN user.c -rdynamic \
	"$top_srcdir/tests/programs/own-malloc.c" -ldl || fail "static"
run_alloccheck --log-empty ./static
found "$work/static" "program - - -"
