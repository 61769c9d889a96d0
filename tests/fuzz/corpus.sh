#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the corpora that fuzzing starts from, out of text that can be read: the
# samples of tests/reports, the rules of doc/SUPPRESSIONS, and options by the
# table.  corpus.sh FOLDER; top_srcdir and top_builddir are in the environment.
set -e
folder=$1
mkdir -p "$folder/report" "$folder/suppressions" "$folder/options"
for sample in "$top_srcdir"/tests/reports/*.txt; do
	name=$(basename "$sample" .txt)
	"$top_builddir/tests/reports/make-report" <"$sample" \
		>"$folder/report/$name"
done
sed -n 's/^    \(.*\)/\1/p' "$top_srcdir/doc/SUPPRESSIONS" \
	>"$folder/suppressions/manual"
i=0
while IFS= read -r line; do
	i=$((i + 1))
	printf '%s\n' "$line" >"$folder/suppressions/line-$i"
done <"$folder/suppressions/manual"
cat >"$folder/suppressions/block" <<-'END'
	{ a name
	  T1b owner=jemalloc freer=glibc api=fr?e
	  free=plugin.so!release free=... free=*!*
	  alloc=... alloc=a
	}
	suppress with: T1 free=x
END
"$top_builddir/tools/alloccheck" --help |
	sed -n 's/^  --\([a-z-]*\)=\(.*\)/\1=\2/p' | sed 's/|.*//; s/\.\..*//' \
	>"$folder/options/all"
i=0
while IFS= read -r line; do
	i=$((i + 1))
	printf '%s' "$line" >"$folder/options/row-$i"
done <"$folder/options/all"
paste -s -d: "$folder/options/all" >"$folder/options/joined"
printf 'suppressions=a\\:b:suppressions=c\\\\:log_path=%%p:rebind:x' \
	>"$folder/options/escapes"
