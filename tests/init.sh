# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the shell tests share.  A test sources it first:
#
#	. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
#
# and then stands in an empty folder of its own under the build tree, which
# is removed when the test passes and kept when it fails.  It runs what it
# runs through run_alloccheck and says what must be found with
# expect_findings.

top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd) || exit 99
top_builddir=$(cd "${top_builddir:-.}" && pwd) || exit 99
: "${CC:=cc}" "${CXX:=c++}" "${PYTHON3:=/usr/bin/python3}"

test_file=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
test_name=$(basename "$0" .sh)
test_args="$*"
programs=$top_builddir/tests/programs
plugins=$programs/.libs
preload_library=$top_builddir/lib/preload/.libs/liballoccheck.so
alloccheck=${ALLOCCHECK:-$top_builddir/tools/alloccheck}
expect_py=$top_srcdir/tests/expect.py

# Nothing of the caller's own tuning reaches the programs under test.
unset LD_PRELOAD LD_LIBRARY_PATH LD_BIND_NOW LD_AUDIT GLIBC_TUNABLES \
	ALLOCCHECK_OPTIONS MALLOC_CONF MALLOC_ARENA_MAX MALLOC_CHECK_ \
	MALLOC_PERTURB_ PYTHONPATH PYTHONHOME PYTHONMALLOC DEBUGINFOD_URLS \
	CDPATH
LC_ALL=C
ALLOCCHECK_DEBUG_PATH=$top_builddir/tests/debug:/usr/lib/debug # see debug.sh
export LC_ALL ALLOCCHECK_DEBUG_PATH
ulimit -S -c 0 2>/dev/null
umask 022

# The allocators to put behind alloccheck, and the longest that one run may
# take, in seconds.
preload=
limit=60

work=$top_builddir/tests/tmp/$test_name.$$
rm -rf "$work"
mkdir -p "$work" && cd "$work" || exit 99
reports=$work/reports
trap 'status=$?; leave $status' EXIT
trap 'exit 99' HUP INT TERM

leave()
{
	trap - EXIT
	cd "$top_builddir" || exit 99
	case $1 in
	0 | 77) chmod -R u+w "$work"; rm -rf "$work" ;;
	*) echo "$test_name: what it left is in $work" ;;
	esac
	exit "$1"
}

# fail MESSAGE: ends the test, with what the last run printed and the command
# that repeats this test alone.
fail()
{
	echo "$test_name: FAILED: $*"
	for f in out err findings.txt; do
		[ -s "$work/$f" ] || continue
		echo "--- $f"
		tail -n 60 "$work/$f"
	done
	echo "--- to repeat this test alone:"
	echo "cd $top_builddir && CC='$CC' CXX='$CXX' PYTHON3='$PYTHON3'" \
		"${SHELL:-sh} $test_file $test_args"
	exit 1
}

# skip REASON: it cannot exist on this machine.
skip()
{
	echo "$test_name: skipped: $*"
	exit 77
}

# library SONAME: its path, as the loader would find it, or else fails.
library()
{
	PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null |
		awk -v name="$1" '$1 == name && /x86-64/ { print $NF; found = 1;
				exit } END { exit !found }' && return 0
	path=$($CC -print-file-name="$1" 2>/dev/null)
	case $path in
	/*) echo "$path" ;;
	*) return 1 ;;
	esac
}

# need_library VARIABLE SONAME PACKAGE: sets VARIABLE to its path.
need_library()
{
	path=$(library "$2") || skip "no $2 here (Debian package $3)"
	eval "$1=\$path"
}

need_jemalloc()
{
	need_library jemalloc libjemalloc.so.2 libjemalloc2
}

need_tcmalloc()
{
	need_library tcmalloc libtcmalloc_minimal.so.4 libtcmalloc-minimal4
}

need_mimalloc()
{
	if mimalloc=$(library libmimalloc.so.3); then
		return
	fi
	need_library mimalloc libmimalloc.so.2 libmimalloc2.0
}

# want_mimalloc: its path, or nothing on a system that does not have it at
# all: there the test does without.
want_mimalloc()
{
	mimalloc=
	case " ${PACKAGES_NOT_THERE-} " in
	*" libmimalloc2.0 "*) ;;
	*) need_mimalloc ;;
	esac
}

# want_scudo: the same of LLVM's, which the loader does not look for.
want_scudo()
{
	for scudo in /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so
	do
		[ ! -f "$scudo" ] || return 0
	done
	scudo=
	case " ${PACKAGES_NOT_THERE-} " in
	*" libclang-rt-14-dev "*) ;;
	*) skip "no libclang_rt.scudo_standalone here (Debian package libclang-rt-14-dev)" ;;
	esac
}

need_tbb()
{
	need_library tbbmalloc libtbbmalloc.so.2 libtbbmalloc2
	need_library tbbproxy libtbbmalloc_proxy.so.2 libtbbmalloc2
}

# need_foreign: sets foreign to an allocator and family to its name, whose
# blocks are a fault in libc's free.  Where this libc's malloc hooks hand them
# back to jemalloc, which is tried, it is another.
need_foreign()
{
	need_jemalloc
	foreign=$jemalloc
	family=jemalloc
	if env LD_PRELOAD="$jemalloc" "$programs/engine" cross \
		"$plugins/plug.so" deep >/dev/null 2>&1; then
		need_tcmalloc
		foreign=$tcmalloc
		family=tcmalloc
	fi
}

# need_command NAME...: each is there.
need_command()
{
	for command; do
		command -v "$command" >/dev/null || skip "no $command here"
	done
}

# run_plain COMMAND...: without alloccheck, but with $preload; its output in
# out and err, its exit status in $status.
run_plain()
{
	status=0
	{ timeout -k 5 "$limit" env ${preload:+LD_PRELOAD="$preload"} "$@" \
		>out 2>err </dev/null || status=$?; } 2>/dev/null
}

# run_alloccheck [OPTIONS] [--] COMMAND...: through the launcher, with the
# reports in $reports.
run_alloccheck()
{
	rm -rf "$reports"
	mkdir "$reports"
	status=0
	{ timeout -k 5 "$limit" env ${preload:+LD_PRELOAD="$preload"} \
		"$alloccheck" --log-path="$reports" "$@" \
		>out 2>err </dev/null || status=$?; } 2>/dev/null
}

# run_preloaded OPTIONS COMMAND...: the same without the launcher; OPTIONS as
# in ALLOCCHECK_OPTIONS, may be empty.
run_preloaded()
{
	options=log_path=$reports${1:+:$1}
	shift
	rm -rf "$reports"
	mkdir "$reports"
	status=0
	{ timeout -k 5 "$limit" env ALLOCCHECK_OPTIONS="$options" \
		LD_PRELOAD="$preload_library${preload:+:$preload}" "$@" \
		>out 2>err </dev/null || status=$?; } 2>/dev/null
}

expect_status()
{
	[ "$status" = "$1" ] || fail "exit status is $status, not $1"
}

# expect_same FILE: the same bytes as in out.
expect_same()
{
	cmp -s "$1" out || fail "output differs from $1: $(diff "$1" out |
		head -n 5)"
}

# expect_no_report: the processes had nothing to say and left nothing.
expect_no_report()
{
	[ -z "$(ls -A "$reports")" ] ||
		fail "a report of a run without findings: $(ls "$reports")"
}

# json: the reports of the last run, as alloccheck gives them.
json()
{
	"$alloccheck" report --format=json "$reports" >findings.json \
		2>report.err || [ -s findings.json ] ||
		fail "alloccheck report: $(cat report.err)"
}

# expect_findings EXPECTED...: exactly these findings and no others; see
# expect.py.  Without arguments: none.
expect_findings()
{
	if [ -d "$reports" ] && [ -z "$(ls -A "$reports")" ]; then
		: >findings.json
		[ $# -gt 0 ] || return 0
	else
		json
	fi
	"$PYTHON3" "$expect_py" findings.json "$@" >findings.txt ||
		fail "the findings are not those expected"
}

# expect_clean [COMMAND...]: status 0, no finding.
expect_clean()
{
	expect_status 0
	expect_findings
}
