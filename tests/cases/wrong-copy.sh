#!/bin/sh
# SPDX-License-Identifier: MIT
# The right allocator's name, and the wrong file: said at load, before any
# block has gone wrong; and nothing where the file is the one that was meant.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc

# build FILE SONAME [OPTION...]: an allocator; each is a build of its own.
build()
{
	file=$1
	soname=$2
	shift 2
	mkdir -p "$(dirname "$file")"
	$CC -shared -fPIC -D_GNU_SOURCE -Wl,--build-id -Wl,-soname,"$soname" \
		-DBUILD="\"$file\"" -include "$work/build.h" -o "$file" "$@" \
		"$top_srcdir/tests/programs/own-malloc.c" >cc.log 2>&1 ||
		fail "the compiler: $(cat cc.log)"
}
echo 'const char own_build[] = BUILD;' >build.h
cat >user.c <<'END'
#include <stdlib.h>
void *user(void) { return malloc(100); }
#ifdef MAIN
#include <dlfcn.h>
int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!dlopen(argv[i], RTLD_NOW))
			return 3;
	free(user());
	return 0;
}
#endif
END
# link FILE OPTION...: a program or library that uses one.
link()
{
	file=$1
	shift
	$CC -o "$file" user.c -Wl,--no-as-needed "$@" -ldl >cc.log 2>&1 ||
		fail "the linker: $(cat cc.log)"
}

# wrong PATTERN: in the last run one copy was wrong, and the sentence says so.
wrong()
{
	expect_status 0
	expect_findings "T8b slug=wrong-copy severity=latent
		verdict=wrong-copy count=1"
	grep -q "$1" err || fail "not said: $1"
}

build sys/libown.so.4 libown.so.4
build mine/libown.so.4 libown.so.4
link prog -DMAIN sys/libown.so.4 -Wl,-rpath,'$ORIGIN/sys' \
	-Wl,--enable-new-dtags
link old -DMAIN sys/libown.so.4 -Wl,-rpath,"$work/sys" \
	-Wl,--disable-new-dtags

# RUNPATH leads to the one, LD_LIBRARY_PATH comes first and has another.
LD_LIBRARY_PATH=$work/mine run_alloccheck ./prog
wrong "its RUNPATH has $work/sys/libown.so.4, but LD_LIBRARY_PATH ($work/mine/)"
# RPATH comes before LD_LIBRARY_PATH.
LD_LIBRARY_PATH=$work/mine run_alloccheck ./old
expect_clean
run_alloccheck ./prog
expect_clean
# The folder without the file; the same file under another path, also copied.
mkdir empty
ln -s sys link
cp -r sys copy
for folder in empty link copy; do
	LD_LIBRARY_PATH=$work/$folder run_alloccheck ./prog
	expect_clean
done
# Who names a file in LD_PRELOAD means that file.
preload=$work/mine/libown.so.4
run_alloccheck ./prog
expect_clean
preload=

# Apache Pegasus: the folder with its own tcmalloc comes first, but the file
# there is not called what was asked for, and the system has one that is.
link pegasus -DMAIN "$tcmalloc"
build bundle/libtcmalloc_minimal.so libtcmalloc_minimal.so.4
LD_LIBRARY_PATH=$work/bundle run_alloccheck ./pegasus
wrong "LD_LIBRARY_PATH has $work/bundle/libtcmalloc_minimal.so, but that file is not called libtcmalloc_minimal.so.4"
ln -s libtcmalloc_minimal.so bundle/libtcmalloc_minimal.so.4
LD_LIBRARY_PATH=$work/bundle run_alloccheck ./pegasus
expect_clean
# Another library of a like name, and one with that soname that is no library
# of this machine's, are not meant.
mkdir odd
cp "$tcmalloc" odd/libtcmalloc.so
head -c 1000 bundle/libtcmalloc_minimal.so >odd/libtcmalloc_minimal.so
LD_LIBRARY_PATH=$work/odd run_alloccheck ./pegasus
expect_clean

# A plugin brings its own; the program's was there before.
link plugin.so -shared -fPIC mine/libown.so.4 -Wl,-rpath,"$work/mine" \
	-Wl,--enable-new-dtags
run_alloccheck ./prog "$work/plugin.so"
wrong "plugin.so asks for libown.so.4 and its RUNPATH has $work/mine/libown.so.4, but prog asked before it"
link plugin2.so -shared -fPIC sys/libown.so.4 -Wl,-rpath,"$work/sys" \
	-Wl,--enable-new-dtags
run_alloccheck ./prog "$work/plugin2.so"
expect_clean
# The same from the start, as a library of the program's.
link both -DMAIN sys/libown.so.4 -Wl,-rpath,"$work/sys" \
	-Wl,--enable-new-dtags ./plugin.so
run_alloccheck ./both
wrong "plugin.so asks for libown.so.4"
