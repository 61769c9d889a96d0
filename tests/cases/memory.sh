#!/bin/sh
# SPDX-License-Identifier: MIT
# What is kept of each block takes at most 60 % of a heap of blocks of 64 bytes,
# 3 % of one of 4096, 4 % of one of 64 and 8192 mixed; and no more of it however
# often they are replaced.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc

# least COMMAND...: of three runs of tcmalloc, whose own heap has 2 MiB more in
# one of thirty.
least()
{
	case $preload in
	"$tcmalloc") runs='1 2 3' ;;
	*) runs=1 ;;
	esac
	for _ in $runs; do
		"$@"
		expect_status 0
		cat out
	done >runs
	sort -n -k2 runs | head -n 1
}

# weigh MEAN COUNT MOST [SMALL]: MOST is in thousandths of what is live.
weigh()
{
	plain=$(least run_plain "$programs/heap" "$1" "$2" 2 $4)
	for level in guard caller full; do
		with=$(least run_alloccheck --level=$level "$programs/heap" \
			"$1" "$2" 2 $4)
		echo "$plain $with ${preload:-ptmalloc} $level" \
			"$1${4:+,$4} $3"
	done
}

for preload in '' "$jemalloc" "$tcmalloc"; do
	weigh 64 200000 600
	weigh 4096 10000 30
	weigh 4096 10000 40 64
done >weights
# 200 KiB are what ends of chunks come to.
awk '{
	share = ($5 - $2) * 1000 / $1
	drift = $6 - $3
	printf "%s: %.1f %% at %s, mean %s bytes; drift %d KiB\n", $7,
		share / 10, $8, $9, drift / 1024
	if (share > $10 + 204800 * 1000 / $1 || drift > 1048576)
		bad = 1
}
END { exit bad || NR != 27 }' weights || fail "it weighs too much"
