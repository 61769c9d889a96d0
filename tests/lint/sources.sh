#!/bin/sh
# SPDX-License-Identifier: MIT
# Rules for the text of the sources.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
cd "$top_srcdir" || exit 99
list=$work/list
bad=$work/bad

# What is in version control, or else what a release holds.
if git ls-files >"$list" 2>/dev/null && [ -s "$list" ]; then
	:
else
	find lib tools tests doc configure.ac Makefile.am -type f \
		! -path 'tools/build-aux/*' ! -path 'tools/m4/*' >"$list"
fi
: >"$bad"

# rule WHY: it is broken when $bad has anything in it.
broken=
rule()
{
	[ -s "$bad" ] || return 0
	echo "--- $*"
	cat "$bad"
	broken=yes
}

grep -Ev '^(COPYING|ChangeLog|README)$|(^|/)\.(gitignore|clang-format)$|^doc/[A-Z]+$|^tests/reports/.*\.(json|text)$' \
	"$list" | while read -r f; do
	head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"
done >"$bad"
rule "no SPDX line within the first three lines"

grep -E '\.([ch]|cc|S|py|sh)$' "$list" | while read -r f; do
	n=$(wc -l <"$f")
	[ "$n" -le 600 ] || echo "$f: $n lines"
done >"$bad"
rule "more than 600 lines: split it by concept"

# The layers: contract knows no other; preload and the offline side never
# meet.
grep -nE '#include "(preload|report|inspect|tools)/' lib/contract/*.[ch] >"$bad"
grep -nE '#include "(report|inspect|tools)/' lib/preload/*.[ch] >>"$bad"
grep -nE '#include "(preload|tools)/' lib/report/*.[ch] lib/inspect/*.[ch] \
	>>"$bad"
grep -nE '#include "preload/' tools/*.[ch] >>"$bad"
rule "an include across the layers"
grep -nE '#include "\.\.?/' lib/*/*.[ch] tools/*.[ch] >"$bad"
rule "an include that is not written from lib/"

grep -E '\.([ch]|cc|def)$' "$list" | xargs grep -nE \
	"\\b(T''ODO|F''IXME|X''XX)\\b" >"$bad"
rule "an unfinished piece"

# What is not in a list is not run, nor in a release.
grep -E '^tests/.*\.(sh|py)$' "$list" | while read -r f; do
	grep -q "\(^\|[ 	]\)$f\( \|\$\)" tests/local.mk tests/*/local.mk ||
		echo "$f"
done >"$bad"
rule "a test that no local.mk names"

grep -E '\.([ch]|cc|def|am|mk|sh|py)$' "$list" | xargs grep -nE '[ 	]+$' >"$bad"
rule "spaces at the end of a line"

# Each header compiles alone, as C.
for f in lib/*/*.h; do
	echo "#include \"${f#lib/}\"" | $CC -std=gnu11 -Wall -Wextra -Werror \
		-Ilib -I. -I"$top_builddir" -x c -fsyntax-only - \
		2>"$work/err" || { echo "$f"; cat "$work/err"; }
done >"$bad"
rule "a header that does not compile alone"
[ -z "$broken" ] || fail "see above"
