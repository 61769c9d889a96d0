#!/bin/sh
# SPDX-License-Identifier: MIT
# doc/FORMAT against the code: every record and field of record.def is in it
# under its number and type, and no other; its example is a record that reads.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
format=$top_srcdir/doc/FORMAT
table=$top_srcdir/lib/contract/record.def

sed -n 's/^FIELD(\([0-9]*\), \([A-Z_]*\), \([A-Z]*\)).*/\1 \2 \3/p' "$table" |
	sort >fields
[ -s fields ] || fail "no field in $table"
sed -n 's/^    \([0-9][0-9]*\)  *\([A-Z_][A-Z_]*\)  *\(UINT\|TEXT\|BYTES\|WORDS\)\( .*\)*$/\1 \2 \3/p' \
	"$format" | sort >documented
diff fields documented >out || fail "the fields are not the same"
sed -n 's/^RECORD(\([0-9]*\), \([A-Z]*\)).*/\1 \2/p' "$table" | sort >records
[ -s records ] || fail "no record in $table"
sed -n 's/^record \([0-9]*\), \([A-Z]*\):.*/\1 \2/p' "$format" | sort \
	>documented
diff records documented >out || fail "the records are not the same"

# The example's bytes, behind a header and a finding for it to count.
sed -n '/^An example/,/^2\. Rules/s/^    \([0-9a-f ]*\)  .*/raw \1/p' "$format" |
	sed 's/  */ /g; s/ $//' >bytes
[ "$(wc -l <bytes)" = 4 ] || fail "no example in doc/FORMAT"
{
	printf 'record FINDING\nID 1\nCODE "T7"\nend\n'
	cat bytes
} | "$top_builddir/tests/reports/make-report" >x.alck || fail "no report made"
"$alloccheck" report x.alck >out 2>err || fail "the example does not read"
grep -q 'happened 276 times' out || fail "the example counts something else"
# The manual of the format has the same one.
sed 's/^raw//' bytes | tr -d ' \n' >example
sed -n '/^\.Bd/,/^\.Ed/p' "$top_srcdir/doc/alloccheck-report.5" |
	grep -v '^\.' | tr -d ' \n' | cmp - example ||
	fail "the example of alloccheck-report(5) is another"
exit 0
