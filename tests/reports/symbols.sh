#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions, lines and inlined calls, in a program compiled here: found at its
# path, found by build ID elsewhere, and not taken from another file.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
source=$top_srcdir/tests/reports/symbols.c

line_of()
{
	grep -n "line of $1 " "$source" | cut -d: -f1
}

id_of()
{
	readelf -n "$1" | sed -n 's/.*Build ID: *//p'
}

# The report of the program $1, as if it had run from the path $2 and had the
# build ID $3.
report_of()
{
	{
		"$1" | sed "/^record MODULE/a PATH \"$2\"\\
BUILD_ID $3"
	} >"$work/description" || fail "$1 does not run"
	"$top_builddir/tests/reports/make-report" <"$work/description" \
		>"$work/x.alck" || fail "no report of $1"
	shift 3
	"$alloccheck" report --color=never "$@" \
		"$work/x.alck" >out || fail "exit status"
}

has()
{
	grep -qF -- "$1" out || fail "not in the output: $1"
}

hasnt()
{
	! grep -qF -- "$1" out || fail "in the output: $1"
}

need_command readelf
flags='-O2 -fno-omit-frame-pointer -Wl,--build-id=sha1'
# shellcheck disable=SC2086
$CC -g $flags -o "$work/prog" "$source" || skip "no compiler"
# shellcheck disable=SC2086
$CXX -x c++ -g $flags -o "$work/prog++" "$source" || skip "no compiler"
id=$(id_of "$work/prog")
[ -n "$id" ] || skip "the linker gives no build IDs"

report_of "$work/prog" "$work/prog" "$id"
has "#0  inner at symbols.c:$(line_of inner) (inlined, prog+0x"
has "#1  outer at symbols.c:$(line_of outer) (prog+0x"
# A return address past the end of the function that called.
has "#0  last_call at symbols.c:$(line_of last_call) (prog+0x"
has "suppress with: T7 free=prog!inner"
hasnt "note:"

# C++ names as people write them, when the build can.
report_of "$work/prog++" "$work/prog++" "$(id_of "$work/prog++")"
if grep -q 'define HAVE_CXA_DEMANGLE 1' "$top_builddir/config.h"; then
	has "outer(int*) at symbols.c:$(line_of outer)"
fi

# Another build of the program at that path is not it.
report_of "$work/prog" "$work/prog++" "$id"
has "#0  prog+++0x"
hasnt "symbols.c"
has "note: $work/prog++ is not the file that ran"
test "$(grep -c '^note:' out)" = 1 || fail "said more than once"

# Neither is one that is not there.
report_of "$work/prog" "$work/nowhere" "$id"
hasnt "symbols.c"
has "note: $work/nowhere is not here any more"

# By build ID alone: the file itself, or what was stripped from it.
folder=$work/debug/.build-id/$(echo "$id" | cut -c1-2)
rest=$(echo "$id" | cut -c3-)
mkdir -p "$folder"
cp "$work/prog" "$folder/$rest"
report_of "$work/prog" "$work/nowhere" "$id" --debug-dir="$work/debug"
has "#1  outer at symbols.c:$(line_of outer) (nowhere+0x"
hasnt "note:"
rm "$folder/$rest"
if command -v objcopy >/dev/null; then
	objcopy --only-keep-debug "$work/prog" "$folder/$rest.debug"
	report_of "$work/prog" "$work/nowhere" "$id" \
		--debug-dir="$work/debug"
	has "#1  outer at symbols.c:$(line_of outer) (nowhere+0x"
	# The same from the environment.
	ALLOCCHECK_DEBUG_PATH=/nowhere:$work/debug
	report_of "$work/prog" "$work/nowhere" "$id"
	unset ALLOCCHECK_DEBUG_PATH
	has "#1  outer at symbols.c:$(line_of outer) (nowhere+0x"
	# The stripped program with its debug information elsewhere.
	objcopy --strip-all "$work/prog" "$work/stripped"
	report_of "$work/prog" "$work/stripped" "$id" \
		--debug-dir="$work/debug"
	has "#0  inner at symbols.c:$(line_of inner) (inlined, stripped+0x"
	# And without any: an offset, and no name of a neighbour.
	report_of "$work/prog" "$work/stripped" "$id" \
		--debug-dir="$work/none"
	has "#0  stripped+0x"
	hasnt "symbols.c"
fi

# A name that is no regular file does no harm.
mkfifo "$work/fifo"
report_of "$work/prog" "$work/fifo" "$id"
has "#0  fifo+0x"

# The same address of the JSON form.
report_of "$work/prog" "$work/prog" "$id"
"$alloccheck" report --format=json "$work/x.alck" \
	>out
has '"function":"outer"'
has "\"file\":\"$source\",\"line\":$(line_of outer)"
has '"inlined":true'
exit 0
