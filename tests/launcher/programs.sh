#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that cannot be observed or not be run at all: each is refused with
# one clear sentence before anything is started.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
. "$top_srcdir/tests/launcher/library.sh"

# refused STATUS PATTERN PROGRAM ARGS...: not started, for this reason.
refused()
{
	expected=$1
	pattern=$2
	shift 2
	run_launcher "$@"
	expect_status "$expected"
	[ "$(wc -l <err)" = 1 ] || fail "$*: not one sentence: $(cat err)"
	grep -Eq "^alloccheck: .*$pattern" err || fail "$*: $(cat err)"
	[ ! -s out ] || fail "$*: it was started"
}

# runs PROGRAM ARGS...: under the launcher, which finds nothing wrong with it.
runs()
{
	run_launcher -q "$@"
	expect_status 0
	[ "$(cat out)" = ran ] || fail "$*: it did not run: $(cat out err)"
	[ ! -s err ] || fail "$*: $(cat err)"
}

cat >ran.c <<'END'
#include <stdio.h>
int main(void) { puts("ran"); return 0; }
END
$CC -o dynamic ran.c || fail "$CC cannot build"
runs ./dynamic

# Statically linked, also as static-pie; a script of it; env of it.
if $CC -static -o static ran.c 2>/dev/null; then
	refused 125 '/static is statically linked.*-static.*unobservable=run' \
		"$work/static"
	run_launcher --unobservable=run ./static
	expect_status 0
	[ "$(cat out)" = ran ] || fail "unobservable=run did not run it"
	grep -q 'it runs unobserved$' err || fail "$(cat err)"
	[ "$(wc -l <err)" = 1 ] || fail "claims about it: $(cat err)"
	printf '#!%s/static -x\n' "$work" >script
	printf '#! %s/script\n' "$work" >script2
	printf '#!/usr/bin/env -S A=b static x\n' >script3
	chmod +x script script2 script3
	refused 125 "$work/static \(what runs ./script\) is statically" ./script
	refused 125 "$work/static \(what runs ./script2\) is stat" ./script2
	PATH=$work:$PATH
	refused 125 "$work/static \(what runs ./script3\) is stat" ./script3
	if $CC -static-pie -o static-pie ran.c 2>/dev/null; then
		refused 125 'static-pie is statically linked' ./static-pie
	fi
fi

# Scripts of a dynamic interpreter run.
printf '#!/bin/sh\necho ran\n' >script4
printf '#!/usr/bin/env sh\necho ran\n' >script5
printf '#!/usr/bin/env -S A=b sh -e\necho ran\n' >script6
printf 'echo ran\n' >script7
chmod +x script[4567]
for n in 4 5 6 7; do runs ./script$n; done
# Called by name, the loader has no loader, and preloads all the same.
loader=$($CC -print-file-name=ld-linux-x86-64.so.2)
if [ -x "$loader" ]; then
	runs "$loader" ./dynamic
	runs --log-empty "$loader" --library-path / ./dynamic
fi

# Scripts that lead nowhere, or round in a circle.
printf '#!%s/none\n' "$work" >nowhere
printf '#!%s/circle\n' "$work" >circle
printf '#!\n' >nothing
chmod +x nowhere circle nothing
refused 126 "what is to run it, $work/none, is not there" ./nowhere
refused 126 'interpreter is a script, and so on' ./circle
refused 126 'is not there' ./nothing

# Damaged: cut off at several places; nothing of it may be read past its end.
size=$(wc -c <dynamic)
for n in 4 5 19 20 63 64 100 600 $((size / 2)); do
	head -c "$n" dynamic >cut && chmod +x cut
	refused 126 './cut is a damaged ELF file \(.*\): build or copy' ./cut
done
: >empty && chmod +x empty
run_launcher -q ./empty
expect_status 0

# Headers made by hand: byte 4 is the class, 18 the machine, 16 the type.
# patched NAME OFFSET OCTAL...: dynamic with these bytes from OFFSET on.
patched()
{
	name=$1
	offset=$2
	shift 2
	cp dynamic "$name"
	for octal; do
		printf "\\$octal" | dd of="$name" bs=1 seek="$offset" \
			conv=notrunc 2>/dev/null
		offset=$((offset + 1))
	done
}
patched i386 18 003 000
printf '\001' | dd of=i386 bs=1 seek=4 conv=notrunc 2>/dev/null
refused 125 'is a 32-bit program \(i386\).*for 64 bits' ./i386
patched x32 4 001
refused 125 'is a 32-bit program \(x32\)' ./x32
patched aarch64 18 267 000
refused 125 'built for another machine \(aarch64\)' ./aarch64
patched s390 18 000 026
printf '\002' | dd of=s390 bs=1 seek=5 conv=notrunc 2>/dev/null
refused 125 'built for another machine \(s390\)' ./s390
patched unknown 18 376 277
refused 125 'built for another machine \(ELF machine 49150\)' ./unknown
patched class 4 007
refused 126 'damaged ELF file \(of no known class\)' ./class
patched core 16 004 000
refused 126 'is an ELF file, but not a program' ./core
patched headers 56 377 377
refused 126 'damaged ELF file' ./headers
patched far 32 377 377 377 377 377 377 377 377
refused 126 'damaged ELF file' ./far
$CC -c -o object.o ran.c && chmod +x object.o
refused 126 'not a program' ./object.o

# Another libc, or a loader that is not there.
$CC -o musl -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 ran.c || fail musl
refused 125 'not a glibc program \(its loader is /lib/ld-musl' ./musl
$CC -o loaderless -Wl,--dynamic-linker=/none/ld.so ran.c || fail loaderless
refused 126 'what is to run it, /none/ld.so, is not there' ./loaderless

# Rights that the user has not got; only root can make such files for others.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp dynamic setuid && chown 0:0 setuid && chmod 4755 setuid
	cp dynamic setgid && chgrp 65533 setgid && chmod 2755 setgid
	chmod 755 .
	# To root, a set-user-ID root program gives nothing.
	runs ./setuid
	refused 125 'setgid is set-group-ID and not yours' ./setgid
	nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	if $nobody test -x "$work/setuid" &&
		[ "$($nobody sh -c "$work/setuid; id -u")" ]; then
		alloccheck_of_root=$alloccheck
		cat >as-nobody <<END
#!/bin/sh
exec $nobody $alloccheck_of_root "\$@"
END
		chmod +x as-nobody
		alloccheck=$work/as-nobody
		refused 125 'setuid is set-user-ID and not yours.*owner' \
			"$work/setuid"
		cp dynamic capable
		if command -v setcap >/dev/null &&
			setcap cap_net_raw+ep capable 2>/dev/null; then
			refused 125 'capable has file capabilities.*setcap -r' \
				"$work/capable"
		fi
	fi
fi
