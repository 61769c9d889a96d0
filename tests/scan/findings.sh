#!/bin/sh
# SPDX-License-Identifier: MIT
# What is wrong with a program is found before it runs, in the process, and in
# its core: the same findings of each kind.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_jemalloc
need_tcmalloc
linger=$plugins/linger.so
own=$plugins/own-malloc.so

trap 'status=$?; [ -z "${pid-}" ] || kill -KILL $pid 2>/dev/null; leave $status' EXIT

hard=$(ulimit -H -c)
cores=
case $hard:$(cat /proc/sys/kernel/core_pattern) in
0:*) ;;
*:core | *:core.%p) cores=yes ;;
esac

# found FILE: the findings of scan.json, one a line.
found()
{
	"$PYTHON3" - >"$1" <<'END' || fail "no scan"
import json, os, re
scan = json.load(open("scan.json"))
paths = [o["path"] for o in scan["objects"]]

# A process has the file's own name where a program has a link to it.
def named(text):
    for path in paths:
        text = re.sub("(?<![^ (/])" + re.escape(os.path.basename(path)) +
                      "(?![\\w.])", os.path.basename(os.path.realpath(path)),
                      text)
    # By what a file was found only ld.so knows.
    return text.replace(", found by LD_LIBRARY_PATH", "")

for f in sorted((f["code"] or "", f["severity"], named(f["text"]),
                 "" if f["object"] is None else
                 os.path.basename(os.path.realpath(paths[f["object"]])))
                for f in scan["findings"]):
    print(*f)
END
}

# same CODES PROGRAM [ARGUMENT]...: before, in the middle, and after.  CODES, with
# commas between, are among what is found; ARGUMENTS that are libraries come by
# dlopen.
same()
{
	codes=$1 program=$2
	shift 2
	plugins_of=
	for word; do
		case $word in *.so*) plugins_of="$plugins_of --plugin=$word" ;; esac
	done
	all=${preload:+$preload:}$linger
	scan --preload="$all" $plugins_of "$program"
	planned=$status
	found planned.txt
	for code in $(echo "$codes" | tr , ' '); do
		grep -q "^$code " planned.txt || fail "$preload $program: no $code"
	done
	rm -f ready core core.*
	[ -z "$cores" ] || ulimit -S -c "$hard"
	env LD_PRELOAD="$all" "$program" "$@" >ready 2>err </dev/null &
	pid=$!
	for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 \
		23 24 25 26 27 28 29 30; do
		case $(sed 's/.*) //' /proc/$pid/stat 2>/dev/null) in
		[Tt]*) break ;;
		S*) [ -s ready ] && break ;;
		esac
		sleep 0.05
		[ "$tenth" -lt 10 ] || sleep 0.3
	done
	scan $pid
	[ "$status" = "$planned" ] ||
		fail "$preload $program: status $status, planned $planned"
	found live.txt
	cmp -s planned.txt live.txt || fail "$preload $program, the process: \
$(diff planned.txt live.txt)"
	kill -ABRT $pid
	kill -CONT $pid
	wait $pid 2>/dev/null
	ulimit -S -c 0
	pid=
	[ "$cores" ] || return 0
	[ -f core ] || mv core.* core || fail "no core"
	scan core
	[ "$status" = "$planned" ] ||
		fail "$preload $program, the core: status $status"
	found core.txt
	# A core may be another machine's, which has another cache.
	grep -v 'ld.so.cache has' planned.txt >here.txt
	cmp -s here.txt core.txt || fail "$preload $program, the core: \
$(diff here.txt core.txt)"
}

preload=$jemalloc
"$top_builddir/tests/incident/hooks-live" && hooked=yes || hooked=
[ "$hooked" ] || same T5,T6,T15 "$programs/mixes" none
preload=$own
same T5,T15 "$programs/mixes" none
preload=$jemalloc:$tcmalloc
same T7 "$programs/stay"
cp "$(readlink -f "$tcmalloc")" copy.so || fail "no copy"
preload=$tcmalloc:$work/copy.so
same T8 "$programs/stay"
preload=$tcmalloc
cat >trim.c <<'END'
#include <malloc.h>
int main(void) { return malloc_trim(0) + mallopt(M_TRIM_THRESHOLD, 1); }
END
$CC -o trim trim.c || fail "trim"
same T14 "$work/trim"
preload=
$CC -fPIC -shared -o bound.so -Wl,-Bsymbolic \
	"$top_srcdir/tests/programs/own-malloc.c" || fail "bound.so"
same T2 "$programs/stay" "$work/bound.so"
same T9 "$programs/stay" "$tcmalloc"
cat >inside.c <<'END'
#include <stdlib.h>
__attribute__((visibility("hidden"))) void *_rjem_mallocx(size_t n, int f)
{
	return f ? NULL : malloc(n);
}
__attribute__((visibility("hidden"))) int _rjem_mallctl(void) { return 0; }
int main(void) { return _rjem_mallctl() + !_rjem_mallocx(1, 0); }
END
$CC -O0 -Wl,--build-id -o inside inside.c || fail "inside"
same T3 "$work/inside"
# The file that was found is not the one that was meant.
je=$(basename "$jemalloc")
mkdir other
cp "$(readlink -f "$tcmalloc")" "other/$je"
$CC -D_GNU_SOURCE -o asks "$top_srcdir/tests/programs/stay.c" \
	-Wl,--no-as-needed "$jemalloc" -ldl 2>err || fail "asks"
LD_LIBRARY_PATH=$work/other
export LD_LIBRARY_PATH
same T8b "$work/asks"
