#!/bin/sh
# SPDX-License-Identifier: MIT
# deepbind=keep, strip and deny: a plugin that frees the program's memory is
# loaded with RTLD_DEEPBIND.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
preload=$foreign
plug=$plugins/plug.so

# event KIND TEXT: the reports have an event of KIND with TEXT in it.
event()
{
	json
	"$PYTHON3" -c '
import json, sys
text = open("findings.json").read()
events = [e for line in text.splitlines() for e in json.loads(line)["events"]]
sys.exit(not any(e["kind"] == sys.argv[1] and sys.argv[2] in e["text"]
                 for e in events))' "$1" "$2" || fail "no event $1: $2"
}

run_alloccheck --deepbind=keep "$programs/engine" cross "$plug" deep
expect_status 99
expect_findings "T1 owner=$family freer=glibc free~plug_free count=1"
event load "plug.so (RTLD_DEEPBIND)"

run_alloccheck --log-empty=1 --deepbind=strip \
	"$programs/engine" cross "$plug" deep
expect_clean
grep -qx 'engine: still alive' out || fail "the program says something else"
event load "plug.so: RTLD_DEEPBIND was taken away (deepbind=strip)"

run_alloccheck --log-empty=1 --deepbind=deny \
	"$programs/engine" cross "$plug" deep
expect_status 3
expect_findings
line="alloccheck: deepbind=deny: $plug was not loaded with RTLD_DEEPBIND"
grep -Fq "$line" err || fail "dlerror does not say: $line"
event load "plug.so: not loaded, because of RTLD_DEEPBIND (deepbind=deny)"

# Loads in the ordinary way are none of this option's business.
run_alloccheck --log-empty=1 --deepbind=deny "$programs/engine" cross "$plug"
expect_clean

# Who calls dlopen is the caller still: its RUNPATH, $ORIGIN, is searched.
mkdir sub
build()
{
	$CC -shared -fPIC -g -D_GNU_SOURCE -DEXTRA=RTLD_DEEPBIND "$@" \
		"$top_srcdir/tests/programs/outer.c" -ldl >cc.log 2>&1 ||
		fail "the compiler: $(cat cc.log)"
}
build -o sub/outer.so -Wl,-rpath,'$ORIGIN' -Wl,--enable-new-dtags
build -o sub/inner.so -DINNER
for choice in keep strip; do
	run_alloccheck --log-empty=1 --deepbind=$choice \
		"$programs/citizen" load "$work/sub/outer.so"
	expect_clean
	grep -qx 'outer says 42' out || fail "deepbind=$choice: no neighbour"
done
event load "inner.so: RTLD_DEEPBIND was taken away"
run_alloccheck --deepbind=deny "$programs/citizen" load "$work/sub/outer.so"
expect_status 3
grep -q 'alloccheck: deepbind=deny: inner.so was not loaded' err ||
	fail "deepbind=deny: the neighbour was loaded"

# dlmopen has its flags in another place.
cat >spaces.c <<'EOF'
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int i;

	(void)argc;
	for (i = 0; i < 2; i++)
		if (!dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW | RTLD_DEEPBIND))
			puts(dlerror());
	/* The next failure is the loader's own again. */
	if (!dlopen("/nonexistent.so", RTLD_NOW))
		puts(dlerror());
	return 0;
}
EOF
$CC -D_GNU_SOURCE -o spaces spaces.c -ldl >cc.log 2>&1 ||
	fail "the compiler: $(cat cc.log)"
run_alloccheck --deepbind=deny ./spaces "$plug"
expect_status 0
[ "$(grep -cF "$line" out)" = 2 ] || fail "dlmopen was not refused twice"
grep -q '^/nonexistent.so: cannot open' out || fail "dlerror of another load"
run_alloccheck --log-empty=1 --deepbind=strip ./spaces "$plug"
expect_status 0
event load "plug.so: RTLD_DEEPBIND was taken away"
