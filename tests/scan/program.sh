#!/bin/sh
# SPDX-License-Identifier: MIT
# What would be bound to what, and what is wrong with it, before anything runs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_jemalloc
need_tcmalloc
need_tbb
want_mimalloc
libc=libc.so.6
je=$(basename "$jemalloc")
tc=$(basename "$tcmalloc")
plug=$plugins/plug.so

# hooked: this libc reads __free_hook and jemalloc defines it.
hooked=
scan --preload="$jemalloc" "$programs/engine"
grep -q 'defines __free_hook, and this libc reads' scan.json && hooked=yes

# Without another allocator nothing can be wrong.
scan "$programs/engine"
expect 0 engine:malloc=$libc engine:free=$libc engine:__libc_free=$libc
scan --plugin="$plug:deep" "$programs/engine"
expect 0 plug.so:malloc=$libc plug.so:free=$libc

"$alloccheck" scan -v --plugin="$plug:deep" "$programs/engine" >out 2>err ||
	fail "in words: $?"
grep -q '^Bindings .*malloc .*free' out || fail "no matrix"
! grep -q 'own names' out || fail "libc has names of its own: $(cat out)"

# In front of libc: deep-bound, and in the ordinary way.
late="T15 severity=latent object=engine text~__libc_free"
scan --preload="$tcmalloc" --plugin="$plug:deep" "$programs/engine"
expect 99 "T1b severity=error object=plug.so text~free,.malloc.and.realloc" \
	plug.so:malloc=$libc plug.so:free=$libc plug.so:realloc=$libc \
	engine:malloc="$tc" engine:free="$tc" $libc:malloc="$tc"
scan --preload="$tcmalloc" --plugin="$plug" "$programs/engine"
expect 0 plug.so:malloc="$tc" plug.so:free="$tc"
scan --preload="$jemalloc" --plugin="$plug:deep" "$programs/engine"
if [ "$hooked" ]; then
	expect 0 "T12 severity=latent object=plug.so why~__free_hook" "$late" \
		plug.so:free=$libc engine:free="$je"
else
	expect 99 "T1b severity=error object=plug.so why~strdup" "$late" \
		plug.so:free=$libc engine:free="$je"
fi
# A plugin that takes nothing from libc is right on its own.
cat >own.c <<'END'
#include <stdlib.h>
void *own_new(void) { return malloc(8); }
void own_delete(void *p) { free(p); }
END
$CC -fPIC -shared -o own.so own.c || fail "own.so"
scan --preload="$tcmalloc" --plugin="$work/own.so:deep" "$programs/engine"
expect 0 "T1 severity=latent object=own.so"
# Linked to the allocator, it has it in its own scope.
$CC -fPIC -shared -o linked.so own.c -Wl,--no-as-needed "$tcmalloc" ||
	fail "linked.so"
scan --preload="$tcmalloc" --plugin="$work/linked.so:deep" "$programs/engine"
expect 0 linked.so:free="$tc"

# Entries that an allocator lacks.
scan --preload="$jemalloc" "$programs/mixes"
expect 99 "T5 severity=error object=mixes text~pvalloc" \
	"T6 severity=error object=mixes text~cfree" "T15 object=mixes" \
	"T5 severity=info object=$je text~lacks.pvalloc" \
	mixes:pvalloc=$libc mixes:malloc="$je"
scan --preload="$tcmalloc" "$programs/mixes"
expect 0 mixes:pvalloc="$tc" mixes:cfree="$tc"
scan --preload="$plugins/own-malloc.so" "$programs/mixes"
expect 0 "T15 object=mixes" "T5 severity=info object=mixes text~pvalloc" \
	mixes:malloc=own-malloc.so

# Satellites: asked for by the program, served by whom?
cat >trim.c <<'END'
#include <malloc.h>
int main(void) { return malloc_trim(0) + mallopt(M_TRIM_THRESHOLD, 1); }
END
$CC -o trim trim.c || fail "trim"
scan "$work/trim"
expect 0 trim:malloc_trim=$libc
scan --preload="$jemalloc" "$work/trim"
expect 0 "T14 severity=latent object=trim text~mall.*.and.mall" \
	trim:malloc_trim=$libc trim:mallopt=$libc
scan --preload="$tcmalloc" "$work/trim"
expect 0 "T14 severity=latent object=trim text~malloc_trim" \
	trim:malloc_trim=$libc trim:mallopt="$tc"

# Who loads with RTLD_DEEPBIND, where the flag is a constant.
cat >deep.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
int main(int argc, char **argv)
{
	void *a = dlopen(argv[1], FLAGS);

	return argc > 2 && !a;
}
END
for built in '-O2' '-O0' '-O2 -fno-plt' '-O2 -fPIE -pie -fcf-protection' \
	'-O2 -no-pie'; do
	$CC $built -o deep deep.c -DFLAGS='RTLD_NOW | RTLD_DEEPBIND' -ldl ||
		fail "deep"
	scan "$work/deep"
	expect 0 "T1 severity=info object=deep text~RTLD_DEEPBIND,.in.1.place"
	$CC $built -o plain deep.c -DFLAGS='RTLD_NOW | RTLD_GLOBAL' -ldl ||
		fail "plain"
	scan "$work/plain"
	! grep -q RTLD_DEEPBIND scan.json || fail "$built: no such flag there"
done

# Two allocators; two copies; the wrong file first.
scan --preload="$jemalloc:$tcmalloc" "$programs/engine"
expect 0 "T7 severity=latent object=$tc" "$late" engine:malloc="$je"
cp "$(readlink -f "$tcmalloc")" copy.so || fail "no copy"
scan --preload="$tcmalloc $work/copy.so" "$programs/engine"
expect 0 "T8 severity=latent object=copy.so text~both" engine:malloc="$tc"
mkdir other
cp "$(readlink -f "$tcmalloc")" "other/$je"
LD_LIBRARY_PATH=$work/other scan --preload="$je" "$programs/engine"
expect 0 "T8b object=$je text~found.by.LD_LIBRARY_PATH" \
	"T8b object=$je text~calls.itself.$tc"
scan --plugin="$tcmalloc" "$programs/engine"
expect 0 "T9 severity=latent object=$tc" engine:malloc=$libc

# Bound at link time to a copy of its own.
$CC -fPIC -shared -o bound.so -Wl,-Bsymbolic "$top_srcdir/tests/programs/own-malloc.c" ||
	fail "bound.so"
scan --plugin="$work/bound.so" "$programs/engine"
expect 0 "T2 severity=latent object=bound.so text~its.own" \
	bound.so:malloc=bound.so engine:malloc=$libc

# An allocator in the program's own file, with hidden symbols; the same static.
cat >inside.c <<'END'
#include <stdlib.h>
__attribute__((visibility("hidden"))) void *_rjem_mallocx(size_t n, int f)
{
	return f ? NULL : malloc(n);
}
__attribute__((visibility("hidden"))) int _rjem_mallctl(void) { return 1; }
int main(void) { return _rjem_mallctl() + !_rjem_mallocx(1, 0); }
END
$CC -O0 -o inside inside.c || fail "inside"
scan "$work/inside"
expect 0 "T3 severity=latent object=inside text~jemalloc.*prefix._rjem_"
strip inside
scan "$work/inside"
expect 0
if $CC -O0 -static -o static inside.c 2>/dev/null; then
	scan "$work/static"
	expect 0 .static=True "T3 severity=info object=static text~jemalloc" \
		"T3 severity=info text~ptmalloc"
	strip static
	scan "$work/static"
	expect 0 "note severity=info text~cannot.be.told"
fi

# The proxy hands foreign blocks home.
scan --preload="$tbbproxy" --plugin="$plug:deep" "$programs/engine"
expect 0 "T1b severity=latent object=plug.so" \
	engine:malloc="$(basename "$tbbproxy")"

# What cannot be scanned, in a sentence; and a wrong command line.
scan /nonexistent
expect_status 2
scan "$top_srcdir/README"
[ "$status" = 2 ] || [ "$status" = 0 ] || fail "README: $status"
scan
expect_status 1
scan --format=xml "$programs/engine"
expect_status 1
scan --preload="$tcmalloc" --plugin="$plug:deep" --error-exitcode=7 \
	"$programs/engine"
expect_status 7
$CC -o gone "$work/trim.c" -Wl,--no-as-needed -L. -l:own.so || fail "gone"
mv own.so elsewhere.so
scan "$work/gone"
expect_status 0
grep -q 'own.so: not found; gone needs it' err || fail "no word of own.so"

# An allocator of which nothing but its strings is left; and the same where it
# could map nothing.
cat >texts.c <<'END'
#include <sys/mman.h>
const char *volatile text = "<jemalloc>: Error in something\n";
int main(void)
{
#ifdef MAPS
	mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
	return !text[0];
}
END
for maps in -DMAPS -DNOT; do
	$CC $maps -O0 -o texts texts.c && strip texts || fail "texts"
	scan "$work/texts"
	[ $maps = -DMAPS ] || { expect 0; continue; }
	expect 0 "note severity=info object=texts
		text~by.its.strings.it.has.jemalloc"
done

# What is written in Go has Go's runtime in it.
cat >go.c <<'END'
void mallocgc(void) __asm__("runtime.mallocgc");
void mallocgc(void) {}
int main(void) { return 0; }
END
$CC -O0 -o go go.c || fail "go"
scan "$work/go"
expect 0 "note severity=info object=go text~is.written.in.Go"
"$alloccheck" scan "$work/go" >out 2>err || fail "in words: status $?"
# What was found stands before all else.
sed -n 3p out | grep -q '^info: go is written in Go' ||
	fail "the finding does not come first"

# What gets rights by being run is preloaded nothing.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp "$programs/engine" raised
	chmod 4755 raised
	as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	if $as_nobody "$alloccheck" scan --format=json --preload="$tcmalloc" \
		"$work/raised" >scan.json 2>err; then
		status=0
		expect 0 raised:malloc=$libc raised:free=$libc
		grep -q 'ld.so ignores LD_PRELOAD' err ||
			fail "that nothing is preloaded is not said"
	else
		# They may not come as far as here.
		$as_nobody test -x "$work/raised" && fail "as nobody: $(cat err)"
	fi
	scan --preload="$tcmalloc" "$work/raised"
	expect_status 0
	grep -q 'ld.so ignores LD_PRELOAD' err && fail "root is who it is"
fi
exit 0
