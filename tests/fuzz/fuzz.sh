#!/bin/sh
# SPDX-License-Identifier: MIT
# make fuzz: every target under libFuzzer and under AFL++, both with
# AddressSanitizer and UndefinedBehaviorSanitizer, FUZZ_SECONDS for each; then
# a million rounds of flipped bits in a report of a real run.  What they find
# stays in fuzz/ of the build folder, and so do the corpora, which grow from run
# to run.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
export top_srcdir top_builddir
seconds=${FUZZ_SECONDS:-60}
rounds=${FUZZ_ROUNDS:-1000000}
fuzz=$top_builddir/fuzz
mkdir -p "$fuzz/found"
"${SHELL:-sh}" "$top_srcdir/tests/fuzz/corpus.sh" "$fuzz/seeds" ||
	fail "no corpus"
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1

with_libfuzzer()
{
	mkdir -p "$fuzz/corpus-$1"
	ASAN_OPTIONS=allocator_may_return_null=1 \
		"$fuzz/libfuzzer-$1" -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$fuzz/found/$1-" "$fuzz/corpus-$1" \
		"$fuzz/seeds/$1" >"$fuzz/libfuzzer-$1.log" 2>&1 ||
		fail "libFuzzer, $1: see $fuzz/libfuzzer-$1.log"
	echo "libFuzzer $1: $(sed -n \
		's/^stat::number_of_executed_units: *//p' \
		"$fuzz/libfuzzer-$1.log") runs, nothing found"
}

with_afl()
{
	rm -rf "$fuzz/afl-$1.out"
	# The machine's settings are not ours to change.
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 \
		afl-fuzz -V "$seconds" -m none -t 5000+ -i "$fuzz/seeds/$1" \
		-o "$fuzz/afl-$1.out" "$fuzz/afl-$1" >"$fuzz/afl-$1.log" 2>&1 ||
		fail "AFL++, $1: see $fuzz/afl-$1.log"
	stats=$fuzz/afl-$1.out/default/fuzzer_stats
	for bad in crashes hangs; do
		n=$(sed -n "s/^saved_$bad *: *//p" "$stats")
		[ "$n" = 0 ] || fail "AFL++, $1: $n $bad, see" \
			"$fuzz/afl-$1.out/default/$bad"
	done
	echo "AFL++ $1: $(sed -n 's/^execs_done *: *//p' "$stats") runs," \
		"nothing found"
}

for target in report suppressions options; do
	with_libfuzzer $target
	with_afl $target
done

# A report of a real run.
need_foreign
preload=$foreign
run_alloccheck "$programs/engine" cross "$plugins/plug.so" deep
set -- "$reports"/*.alck
[ -f "$1" ] || fail "no report of a real run"
"$fuzz/survive" "$1" "$rounds" >out 2>err || fail "survive"
grep -q '^not ok' out && fail "survive"
sed -n 's/^ok [0-9] - //p' out
