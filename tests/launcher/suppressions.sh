#!/bin/sh
# SPDX-License-Identifier: MIT
# Suppressions, from the rule that a finding names to the exit status: by the
# launcher, by on_error=abort inside the program, and by alloccheck report.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
preload=$foreign
cross="$programs/engine cross $plugins/plug.so deep"

# rule LINE...: the only ones, in $work/rules.
rule()
{
	printf '%s\n' "$@" >"$work/rules"
}

# suppressed: by rules, a run with an error ends as if there were none, and
# goes on where it would be stopped.
suppressed()
{
	run_alloccheck --suppressions="$work/rules" $cross
	expect_status 0
	grep -q '^alloccheck: nothing new found in 1 process; 1 suppressed; ' \
		err || fail "the last line"
	[ "$(wc -l <err)" = 1 ] || fail "more than the last line"
	run_alloccheck --on-error=abort --suppressions="$work/rules" $cross
	expect_status 0
	grep -q 'still alive' out || fail "it did not live"
}

# told: by rules that it is not for.
told()
{
	run_alloccheck --suppressions="$work/rules" $cross
	expect_status 99
	grep -q '^alloccheck: 1 error in 1 of 1 process; rep' err ||
		fail "the last line"
}

# stopped: and the program is stopped.
stopped()
{
	told
	run_alloccheck --on-error=abort --suppressions="$work/rules" $cross
	expect_status 134
}

run_alloccheck $cross
expect_status 99
line=$(sed -n 's/^  suppress with: //p' err)
case $line in
"T1 owner=$family freer=glibc free=plug.so!plug_free") ;;
*) fail "suppress with: $line" ;;
esac
mv "$reports" before

# The line as it is, and with what stands before it.
rule "$line"
suppressed
rule "# comment" "" "   suppress with: $line"
suppressed
# Each part counts.
rule "deep-bind owner=$family freer=glibc"
suppressed
rule "T1* api=free"
suppressed
rule "owner=lib$family*.so* freer=libc.so.6 free=*/plug.so"
suppressed
rule "T7 owner=$family freer=glibc free=plug.so!plug_free"
stopped
rule "T1 owner=glibc"
stopped
rule "T1 freer=$family"
stopped
rule "T1 api=realloc"
stopped
rule "T1 free=engine"
stopped
# Another function that the plugin exports.
rule "T1 free=plug.so!plug_realloc"
stopped
rule "T1 alloc=plug.so"
stopped

# Frames: in order from the innermost, "..." for any number.
rule "{ a block with a name" "  T1" "  free=plug.so!plug_free" \
	"  free=engine!cross" "  free=engine!main" "  alloc=..." \
	"  alloc=engine!main" "}"
suppressed
grep -q "kept on_error=abort" "$reports"/*.alck && fail "the reader's words"
"$alloccheck" report "$reports" >out || fail "alloccheck report"
grep -q 'rules:1 kept on_error=abort from stopping.*module alone' out ||
	fail "an inlined function was told"
rule "T1 free=... free=engine!main free=... alloc=engine!engine_alloc"
suppressed
"$alloccheck" report --format=json "$reports" >out || fail "report"
grep -q '"spared_by":"[^"]*rules:1"' out || fail "no spared_by"
rule "T1 free=... free=plug.so!plug_free free=engine!* free=plug.so"
stopped
rule "T1 free=..."
suppressed
# A function that is not exported: the program goes on, the reader tells.
rule "T1 free=plug.so!own_function"
run_alloccheck --on-error=abort --suppressions="$work/rules" $cross
expect_status 99
grep -q 'still alive' out || fail "stopped for what may be suppressed"
grep -q 'done .*(by the module alone' err || fail "it is not said"

# On the smallest stack that a thread may have.
rule "T9" "T5 free=... free=citizen!* alloc=..."
preload=$plugins/own-malloc.so
run_alloccheck --on-error=abort --suppressions=rules "$programs/citizen" \
	smallstack_bad
expect_status 0
grep -q '; 20 suppressed (1 distinct); ' err || fail "on a small stack"
"$alloccheck" report "$reports" | grep -q "module alone" &&
	fail "any function is not told"
preload=$foreign

# Several files; without the launcher; relative to where it starts.
rule "T9"
echo "$line" >more
run_alloccheck --suppressions=rules --suppressions=more --on-error=abort \
	sh -c "cd / && exec $cross"
expect_status 0
run_preloaded on_error=abort:suppressions=rules:suppressions=more $cross
expect_status 0
run_preloaded on_error=abort:suppressions=rules $cross
expect_status 134
rule "$line"
run_preloaded stderr=1:suppressions=rules $cross
expect_status 0
[ ! -s err ] || fail "printed though suppressed"

# Mistakes: a sentence and status 2, by the launcher before it starts.
rule "T1 ownr=jemalloc"
run_alloccheck --suppressions=rules $cross
expect_status 2
[ "$(cat err)" = "alloccheck: $work/rules:1: ownr: no such key: code, owner, freer, api, free or alloc" ] ||
	fail "$(cat err)"
run_alloccheck --suppressions=missing $cross
expect_status 2
grep -q "missing: No such file" err || fail "$(cat err)"
run_preloaded on_error=abort:suppressions=missing $cross
expect_status 134
grep -q "missing: these suppressions cannot be read" err || fail "$(cat err)"

# The reader: what was used and what was for nothing; rules made for what was
# found suppress all of it.
rule "$line" "T9 owner=tcmalloc"
"$alloccheck" report --suppressions=rules before >out || fail "report"
grep -q "nothing new found, 1 suppressed" out || fail "not in the first line"
grep -q "^  1 time  rules:1  T1 " out || fail "no count"
sed -n '/^suppressions that were for nothing/,$p' out |
	grep -q '^  rules:2  T9 owner=tcmalloc' || fail "the unused one"
"$alloccheck" report --error-exitcode=7 before >/dev/null
[ $? = 7 ] || fail "--error-exitcode"
"$alloccheck" report --error-exitcode=7 --suppressions=rules before >out ||
	fail "--error-exitcode counts what is suppressed"
"$alloccheck" report --gen-suppressions before >generated || fail "generated"
grep -q '^   free=plug.so!plug_free$' generated || fail "no frame"
"$alloccheck" report --error-exitcode=7 --suppressions=generated before \
	>/dev/null || fail "what was generated does not fit"
"$alloccheck" report --suppressions=rules --format=json before |
	grep -q '"suppressed":"rules:1"' || fail "not marked in JSON"
exit 0
