#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions that are watched get all their arguments: posix_spawn has six.  What
# forks is noted as it is called and as it returns.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

run_plain "$programs/spawn"
expect_status 0
mv out plain
run_alloccheck --log-empty=1 "$programs/spawn"
# Those without LD_PRELOAD are named.
expect_status 0
expect_findings --no-info
cmp plain out || fail "the children's environment is not what it was"
grep -qx ONLY=this out || fail "the children printed nothing"

json
"$PYTHON3" -c '
import json, re
for line in open("findings.json"):
    report = json.loads(line)
    if not report["process"]["exe"].endswith("/spawn"):
        continue
    for e in report["events"]:
        if e["kind"] == "fork":
            print(re.sub(r"0x[0-9a-f]+|[0-9]+(?= us)|[0-9]+$", "N",
                         e["text"]))' >forks
for name in posix_spawn posix_spawnp system popen; do
	echo "$name() called by spawn+N"
	echo "$name() called by spawn+N took N us"
done >expected
cat >>expected <<'EOF'
fork() called by spawn+N
fork() called by spawn+N took N us, child N
vfork() called by spawn+N
vfork() called by spawn+N took N us, child N
clone() called by spawn+N
clone() called by spawn+N took N us, child N
EOF
diff expected forks || fail "forks are not noted as they were"
