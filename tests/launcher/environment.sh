#!/bin/sh
# SPDX-License-Identifier: MIT
# What the program finds in its environment, and where reports would go.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
. "$top_srcdir/tests/launcher/library.sh"

# shows VARIABLE VALUE: the program of the last run had it so.
shows()
{
	value=$(sed -n "s/^$1=//p" out)
	[ "$value" = "$2" ] || fail "$1 is \"$value\", not \"$2\""
}

run_launcher env
expect_status 0
shows LD_PRELOAD "$ALLOCCHECK_LIBRARY"
launcher=$(sed -n 's/^ALLOCCHECK_LAUNCHER=\([0-9]*\):.*/\1/p' out)
shows ALLOCCHECK_OPTIONS "log_path=$work/alloccheck.$launcher"
[ ! -e "alloccheck.$launcher" ] || fail "the launcher made the folder"

# The user's libraries stay, behind ours; once is enough.
cp nothing.so theirs.so
LD_PRELOAD=$work/theirs.so run_launcher env
shows LD_PRELOAD "$ALLOCCHECK_LIBRARY:$work/theirs.so"
LD_PRELOAD="$work/theirs.so $work/theirs.so" run_launcher env
shows LD_PRELOAD "$ALLOCCHECK_LIBRARY:$work/theirs.so $work/theirs.so"
run_launcher "$alloccheck" env
shows LD_PRELOAD "$ALLOCCHECK_LIBRARY"

# The user's options first, the command line's behind them.
ALLOCCHECK_OPTIONS=depth=4:stacks=none run_launcher --depth=5 -o /x/y env
shows ALLOCCHECK_OPTIONS \
	"depth=4:stacks=none:depth=5:log_path=/x/y"

# Paths are made absolute; what has a meaning in them is escaped.
mkdir 'a:b%c d'
(cd 'a:b%c d' && run_launcher -o 'e:f\%p' env && mv out ../out)
shows ALLOCCHECK_OPTIONS "log_path=$work/a\\:b%%c d/e\\:f\\\\%p"
ALLOCCHECK_OPTIONS='log_path=g\:h' run_launcher env
shows ALLOCCHECK_OPTIONS "log_path=g\\:h:log_path=$work/g\\:h"

# Where the current folder cannot be written to, the reports go elsewhere.
mkdir tmp
(cd /proc/self && TMPDIR=$work/tmp run_launcher env >/dev/null 2>&1)
(cd /proc && TMPDIR=$work/tmp "$alloccheck" env >"$work/out" 2>/dev/null)
launcher=$(sed -n 's/^ALLOCCHECK_LAUNCHER=\([0-9]*\):.*/\1/p' out)
shows ALLOCCHECK_OPTIONS "log_path=$work/tmp/alloccheck.$launcher"
(cd /proc && TMPDIR=nowhere "$alloccheck" env >"$work/out" 2>/dev/null)
launcher=$(sed -n 's/^ALLOCCHECK_LAUNCHER=\([0-9]*\):.*/\1/p' out)
shows ALLOCCHECK_OPTIONS "log_path=/tmp/alloccheck.$launcher"
long=$(printf '%01000d' 0)
run_launcher -o "$long/$long" env
expect_status 2
mkdir "$(printf '%0200d' 0)" && (cd "$(printf '%0200d' 0)" &&
	"$alloccheck" -o "$long" env >../out 2>../err) && fail "no limit"
grep -q 'too long: give another with -o$' err || fail "$(cat err)"

# A library that cannot be had, or cannot stand in LD_PRELOAD.
ALLOCCHECK_LIBRARY=$work/none.so run_launcher echo ran
expect_status 125
[ "$(cat err)" = "alloccheck: ALLOCCHECK_LIBRARY names $work/none.so, which \
is not there" ] || fail "$(cat err)"
[ ! -s out ] || fail "it ran"
for name in 'a b' a:b; do
	mkdir "$name" && cp nothing.so "$name"
	ALLOCCHECK_LIBRARY="$work/$name/nothing.so" run_launcher echo ran
	expect_status 125
	grep -q 'has a space or a colon in it: move alloccheck' err ||
		fail "$(cat err)"
	[ ! -s out ] || fail "it ran"
done
# The loader itself says nothing of it: it was found.
run_launcher echo ran
grep -q "^alloccheck: nothing " err || fail "$(cat err)"
run_launcher -q echo ran
[ ! -s err ] || fail "-q: $(cat err)"

# Without ALLOCCHECK_LIBRARY: beside the launcher, when the whole was moved.
mkdir -p moved/bin moved/lib/alloccheck
cp "$alloccheck" moved/bin/ && cp nothing.so moved/lib/alloccheck/liballoccheck.so
(unset ALLOCCHECK_LIBRARY && moved/bin/alloccheck env >out 2>err)
shows LD_PRELOAD "$work/moved/lib/alloccheck/liballoccheck.so"
