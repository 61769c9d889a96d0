#!/bin/sh
# SPDX-License-Identifier: MIT
# Every option stands in --help and in the manual, of each command, and mandoc
# finds nothing to say about the manuals.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
manual=$top_builddir/doc/alloccheck.1
[ -f "$manual" ] || fail "no $manual"
sed -nE 's/^(CHOICE|NUMBER|FLAG|TEXT|LIST)\(([a-z_]+),.*/\2/p' \
	"$top_srcdir/lib/contract/options.def" | grep -vx help >options
[ "$(wc -l <options)" -ge 10 ] || fail "options.def is read wrongly"
"$alloccheck" --help >help || fail "no --help"
while read -r name; do
	dashed=$(echo "$name" | tr _ -)
	grep -Eq -e "^  --$dashed([=[]|$)" help || fail "--help has no $name"
	grep -Eq "^\\.It Fl -$dashed( |$)" "$manual" ||
		fail "the manual has no $name"
done <options
n=$(grep -c '^\.It Fl -' "$manual")
[ "$n" -ge "$(wc -l <options)" ] || fail "the manual has $n options"
grep -n '@' "$manual" && fail "a place that was not filled in"
[ "$(awk 'length > 79' help)" = "" ] || fail "--help is wider than 79 columns"
for command in report scan; do
	page=$top_builddir/doc/alloccheck-$command.1
	sed -n 's/^OPTION([A-Z_]*, "\([a-z-]*\)".*/\1/p' \
		"$top_srcdir/tools/$command-options.def" >options
	[ "$(wc -l <options)" -ge 8 ] || fail "$command: read wrongly"
	"$alloccheck" $command --help >help || fail "$command: no --help"
	while read -r name; do
		grep -Eq -e "--$name([= ]|$)" help || fail "help: no $name"
		grep -Eq "^\\.It.* Fl -$name( |$)" "$page" ||
			fail "$page has no $name"
	done <options
	[ "$(awk 'length > 79' help | grep -cv '^ \{26\}')" = 0 ] ||
		fail "$command --help is wider than 79 columns"
done
# What stands in the page of the rules as an example is read as one.
sed -n '/^\.Bd/,/^\.Ed/p' "$top_srcdir/doc/alloccheck-suppressions.5" |
	grep -v '^\.' >rules.supp
[ "$(wc -l <rules.supp)" -gt 5 ] || fail "no example"
"$alloccheck" --suppressions=rules.supp true >out 2>err ||
	fail "the example of alloccheck-suppressions(5): $(cat err)"
need_command mandoc
for page in "$top_builddir"/doc/*.1 "$top_srcdir"/doc/*.5; do
	grep -n '@' "$page" && fail "$page: a place that was not filled in"
	# Whether the other manuals are installed here is not our matter.
	mandoc -T lint "$page" 2>&1 | grep -v -e 'mandoc.db lacks' \
		-e 'referenced manual not found' >lint
	[ ! -s lint ] || { cat lint; fail "mandoc -T lint $page"; }
	mandoc -T utf8 "$page" | grep -q "ALLOCCHECK.*(${page##*.})" ||
		fail "mandoc cannot show $page"
done
