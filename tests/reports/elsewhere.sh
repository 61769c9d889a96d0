#!/bin/sh
# SPDX-License-Identifier: MIT
# A report read on another machine: the files of the one that ran in a system
# root, debug information in a file of its own (by link, by build ID), and from
# a debuginfod server, which is asked only when that is wanted.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command readelf objcopy
source=$top_srcdir/tests/reports/symbols.c
there=/alloccheck-test/lib

$CC -g -O2 -fno-omit-frame-pointer -Wl,--build-id=sha1 -o prog "$source" ||
	skip "no compiler"
id=$(readelf -n prog | sed -n 's/.*Build ID: *//p')
[ -n "$id" ] || skip "the linker gives no build IDs"
./prog | sed "/^record MODULE/a PATH \"$there/prog\"\\
BUILD_ID $id" | "$top_builddir/tests/reports/make-report" >x.alck ||
	fail "no report"
objcopy --only-keep-debug prog prog.debug
objcopy --strip-all prog stripped
objcopy --strip-all --add-gnu-debuglink=prog.debug prog linked

report()
{
	"$alloccheck" report --color=never "$@" x.alck >out 2>err ||
		fail "report $*"
}

# named: function, line and inlining are known.
named()
{
	grep -q "#0  inner at symbols.c:[0-9]* (inlined, prog+0x" out ||
		fail "no name: $1"
	grep -q "#1  outer at symbols.c:[0-9]* (prog+0x" out ||
		fail "no name: $1"
	! grep -q "^note:" out || fail "a note: $1"
}

unnamed()
{
	grep -q "#0  prog+0x" out || fail "a name: $1"
}

# The system root: the whole file; links in it lead to places in it.
root=$work/root
mkdir -p "$root$there"
report --sysroot="$root"
unnamed "an empty system root"
cp prog "$root$there/prog"
report --sysroot="$root"
named "the file in the system root"
report --sysroot="$root/"
named "the same with a slash"
mkdir -p "$root/real"
mv "$root$there/prog" "$root/real/prog"
ln -s /real/prog "$root$there/prog"
report --sysroot="$root"
named "a link in the system root"
report
unnamed "no system root"

# Stripped, and its debug information in the system root's own folder.
rm "$root$there/prog"
cp linked "$root$there/prog"
report --sysroot="$root"
unnamed "stripped"
mkdir -p "$root/usr/lib/debug$there"
cp prog.debug "$root/usr/lib/debug$there/prog.debug"
report --sysroot="$root"
named "by the debug link, in the system root"
rm "$root/usr/lib/debug$there/prog.debug"
mkdir "$root$there/.debug"
cp prog.debug "$root$there/.debug/prog.debug"
report --sysroot="$root"
named "by the debug link, beside the file"
rm -r "$root$there/.debug"
# Another file of that name is not it: its checksum differs.
mkdir -p "second$there"
cp stripped "second$there/prog.debug"
report --sysroot="$root" --debug-path="$work/second"
unnamed "another file by the debug link"
cp prog.debug "second$there/prog.debug"
report --sysroot="$root" --debug-path="$work/none:$work/second"
named "by the debug link, in the second folder"
rm "second$there/prog.debug"
folder=.build-id/$(echo "$id" | cut -c1-2)
mkdir -p "second/$folder"
cp prog.debug "second/$folder/$(echo "$id" | cut -c3-).debug"
report --sysroot="$root" --debug-path="$work/none:$work/second"
named "by build ID, in the second folder"
report --debug-path="$work/second"
named "by build ID, without the file"

# A server, which has the file by its build ID.
mkdir -p "served/buildid/$id"
cp prog "served/buildid/$id/executable"
cp prog.debug "served/buildid/$id/debuginfo"
"$PYTHON3" -u -m http.server --bind 127.0.0.1 --directory served 0 \
	>server.out 2>server.err &
server=$!
trap 'status=$?; kill $server 2>/dev/null; wait $server 2>/dev/null; leave $status' EXIT
tries=0
until port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' server.out) &&
	[ -n "$port" ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || fail "no server"
	sleep 0.1
done
export DEBUGINFOD_URLS="http://127.0.0.1:$port" \
	DEBUGINFOD_CACHE_PATH="$work/cache" DEBUGINFOD_TIMEOUT=5
report
unnamed "the server was not to be asked"
! grep -q GET server.err || fail "it was asked all the same"
library libdebuginfod.so.1 >/dev/null || {
	echo "no libdebuginfod here"
	exit 0
}
report --debuginfod
named "from the server"
grep -q "GET /buildid/$id/" server.err || fail "it was not asked"
exit 0
