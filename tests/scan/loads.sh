#!/bin/sh
# SPDX-License-Identifier: MIT
# What would be loaded, from where, in which order: as ld.so itself says it, for
# programs of this system and for programs that are made to be hard.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"

# compare [--distinct] AT-LEAST PROGRAM...
compare()
{
	"$PYTHON3" "$top_srcdir/tests/scan/loads.py" "$alloccheck" "$@" >out ||
		fail "not as ld.so has it"
}

# Some of everything that is installed, from a to z.
compare --distinct 20 $(ls /usr/bin/* | awk '{ name[NR] = $0 }
	END { for (i = NR; i >= 1; i -= NR / 200) print name[int(i)] }') \
	/usr/bin/python3 /bin/sh

# lib NAME [OPTIONS...]: lib$NAME.so in folder $where, which defines NAME().
lib()
{
	name=$1
	shift
	mkdir -p "$where"
	echo "int ${name}(void) { return 1; }" >lib.c
	$CC -fPIC -shared -o "$where/lib$name.so" lib.c \
		-Wl,-soname,"lib$name.so" -Wl,--no-as-needed "$@" ||
		fail "lib$name.so"
}

# program NAME OPTIONS...: it is linked, nothing of it is missed.
program()
{
	name=$1
	shift
	echo 'int main(void) { return 0; }' >main.c
	$CC -o "$name" main.c -Wl,--no-as-needed "$@" \
		-Wl,--unresolved-symbols=ignore-all || fail "$name"
}

rpath=-Wl,--disable-new-dtags
runpath=-Wl,--enable-new-dtags
for where in a b 'c/sub' d; do
	lib one
	lib two
done
# RUNPATH is for its own object alone, RPATH for all below it.
where=a lib deep -Lb -l:libone.so
program p_by_rpath $rpath -Wl,-rpath,'$ORIGIN/a' -La -l:libdeep.so
program p_by_runpath $runpath -Wl,-rpath,'$ORIGIN/a' -La -l:libdeep.so \
	-l:libone.so
program p_braces $runpath -Wl,-rpath,'${ORIGIN}/d:/nonexistent' -Ld -l:libtwo.so
program p_several $rpath -Wl,-rpath,'/nonexistent:$ORIGIN/c/sub:$ORIGIN/b' \
	-Lb -l:libtwo.so -l:libone.so
# Both: RPATH does not count where there is RUNPATH.
where=d lib inner $runpath -Wl,-rpath,'$ORIGIN/../b' -Lb -l:libtwo.so
program p_mixed $rpath -Wl,-rpath,'$ORIGIN/d' -Ld -l:libinner.so -l:libone.so
# A path as it is, and one object twice, under two names.
program p_path "$work/a/libone.so" -Lb -l:libone.so $rpath -Wl,-rpath,"$work/b"
ln -s libone.so a/libalias.so
program p_alias "$work/a/libone.so" $rpath -Wl,-rpath,"$work/a" -La -l:libone.so
program p_lib $runpath -Wl,-rpath,'$ORIGIN/$LIB' -Ld -l:libtwo.so
eval "lib=$("$PYTHON3" -c 'import sysconfig
print("lib/" + (sysconfig.get_config_var("MULTIARCH") or ""))')"
mkdir -p "$lib" lib64
cp d/libtwo.so "$lib"
cp d/libtwo.so lib64
# A file for another machine is passed over.
mkdir -p odd
printf '\177ELF\001\001\001' >odd/libtwo.so
head -c 1000 /dev/zero >>odd/libtwo.so
program p_odd $runpath -Wl,-rpath,'$ORIGIN/odd:$ORIGIN/b' -Lb -l:libtwo.so
# Folders for processors.
for level in x86-64-v2 x86-64-v3 x86-64-v4; do
	mkdir -p caps/glibc-hwcaps/$level
	cp b/libtwo.so caps/glibc-hwcaps/$level
done
for old in tls/haswell/x86_64 haswell tls x86_64; do
	mkdir -p old/$old
	cp b/libtwo.so old/$old
done
cp b/libtwo.so caps
program p_caps $runpath -Wl,-rpath,'$ORIGIN/caps' -Lcaps -l:libtwo.so
program p_old $runpath -Wl,-rpath,'$ORIGIN/old:$ORIGIN/b' -Lb -l:libtwo.so
made=$(ls ./p_*)
compare 11 $made
export LD_LIBRARY_PATH
for LD_LIBRARY_PATH in "$work/c/sub" "$work/b:$work/a" "$work/caps;$work/a" \
	'' ':'; do
	compare 11 $made
done
unset LD_LIBRARY_PATH
LD_PRELOAD="$work/b/libtwo.so $work/c/sub/libone.so" compare 11 $made

# Which of two is in force; one asks to come before the others, which glibc does
# not heed.
for name in early late; do
	z=
	[ $name = early ] || z=-Wl,-z,interpose
	$CC -fPIC -shared -o lib$name.so $z -Wl,-soname,lib$name.so \
		"$top_srcdir/tests/programs/own-malloc.c" || fail "lib$name.so"
done
cat >who.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void)
{
	Dl_info info;

	if (!dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info))
		return 1;
	puts(strrchr(info.dli_fname, '/') + 1);
	free(malloc(1));
	return 0;
}
END
$CC -o who who.c -L. -Wl,-rpath,"$work" -Wl,--no-as-needed -l:libearly.so \
	-l:liblate.so -ldl || fail "who"
run_plain ./who
expect_status 0
scan "$work/who"
expect 0 "T7 object=liblate.so severity=info" who:malloc="$(cat out)" \
	who:free="$(cat out)"
