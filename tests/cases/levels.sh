#!/bin/sh
# SPDX-License-Identifier: MIT
# What each level tells, and that none tells anything of correct programs.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign

crossing()
{
	run_alloccheck "$@" "$programs/engine" cross "$plugins/plug.so" deep
	expect_status 99
}

preload=$foreign
crossing --level=full
expect_findings "T1 owner=$family freer=glibc alloc~engine_alloc alloc~main
	free~plug_free free~main"
crossing --level=caller
expect_findings "T1 owner=$family freer=glibc alloc~engine_alloc
	free~plug_free free~main"
crossing --level=guard
expect_findings "* severity=error owner=$family freer=glibc free~plug_free
	free~main"
json
"$PYTHON3" - <<'END' || fail "a guard tells what it cannot know"
import json
report = json.load(open("findings.json"))
finding = report["findings"][0]
assert not finding["allocation"]["stack"], finding
assert "size" not in finding or finding["size"] is None, finding
assert any("level=guard" in e["text"] for e in report["events"]), report
END

# Blocks go back to their owner at each level, the program lives, and what is
# right is not accused.
need_tcmalloc
for level in guard caller full; do
	preload=
	run_alloccheck --level=$level "$programs/mixes" often "$tcmalloc" \
		malloc free 100
	expect_status 99
	expect_findings "* severity=error count=100 owner=tcmalloc freer=glibc
		api=free"
	run_alloccheck --level=$level "$programs/threads" "$tcmalloc" 20000
	expect_clean
	preload=$foreign
	run_alloccheck --level=$level "$programs/threads" "$tcmalloc" 20000
	expect_clean
	run_alloccheck --level=$level "$PYTHON3" -S -c '
import json
for i in range(200):
    assert json.loads(json.dumps({"a": [i] * 50})) == {"a": [i] * 50}'
	expect_clean
done

# A wrapper around an allocator: at guard too the block is the allocator's, and
# with a header in front a page is nobody's alone.  And one that comes late.
need_jemalloc
for wrapper in forward header; do
	for under in "$jemalloc" "$tcmalloc"; do
		preload=$plugins/$wrapper.so:$under
		run_alloccheck --level=guard "$programs/misuse" none
		expect_clean
		run_alloccheck --level=guard sort "$top_srcdir/COPYING"
		expect_clean
	done
done
if [ "$family" = jemalloc ]; then # else libc's hooks send it back
	preload=$plugins/forward.so:$jemalloc
	run_alloccheck --level=guard "$programs/mixes" libc
	expect_status 99
	expect_findings "T15 owner=jemalloc freer=glibc api=__libc_free
		free~mixes_free"
fi
preload=
run_alloccheck --level=guard "$programs/mixes" often "$plugins/own-malloc.so" \
	malloc free 10
expect_status 99
expect_findings "* severity=error count=10 owner=other freer=glibc api=free"
