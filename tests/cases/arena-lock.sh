#!/bin/sh
# SPDX-License-Identifier: MIT
# What glibc would have locked, for blocks whose size word points it to an
# arena that is none; and the machine.  It is read, and never locked.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
preload=$plugins/own-malloc.so

run_alloccheck "$programs/arena-lock" "$plugins/plug.so"
expect_status 99
grep -qx 'arena-lock: still alive' out || fail "it did not come to its end"
one="T1 owner=other freer=glibc free~plug_free free~free_with count=1"
expect_findings "$one" "$one" "$one" "$one" "$one" "$one"
cat >check.py <<'EOF'
import json, os, sys

report = json.loads(open("findings.json").read())
wanted = ["",
          "which cross a cache line: a split lock",
          "waited for its lock, 0x78787878 there",
          "taken its lock, 0 there",
          "since that is no address",
          "since nothing is there"]
findings = sorted(report["findings"], key=lambda f: f["id"])
assert "invalid pointer" in findings[0]["otherwise"], findings[0]["otherwise"]
assert "arena" not in findings[0], findings[0]
for want, f in list(zip(wanted, findings))[1:]:
    assert want in f["otherwise"], (want, f["otherwise"])
    assert f["word_before"] == "0x4444444444444444", f
    at = (int(f["pointer"], 16) - 16) & ~((64 << 20) - 1)
    assert int(f["arena_at"], 16) == at, f
assert int(findings[1]["arena"], 16) % 64 == 62
assert findings[2]["arena_lock"] == "0x78787878"
assert findings[3]["arena_lock"] == "0x0"
assert findings[4]["arena"] == "0x4141414141414141"
assert findings[4]["arena_lock"] is None
assert findings[5]["arena"] == "0x0" and findings[5]["arena_lock"] is None

# The machine, against what the system says of it.
host = report["host"]
assert host["kernel"] == os.uname().release, host
info = {}
for line in open("/proc/cpuinfo"):
    if not line.strip():
        break
    name, value = line.split(":", 1)
    info[name.strip()] = value.strip()
flags = info.get("flags", "").split()
assert host["vendor"] == info["vendor_id"], host
assert host["family"] == int(info["cpu family"]), host
assert host["model"] == int(info["model"]), host
assert host["processor"] == info["model name"], host
for name in "hypervisor", "split_lock_detect", "bus_lock_detect":
    assert host[name] == (name in flags), (name, host)
if host["vendor"] == "AuthenticAMD" and host["family"] in (23, 25, 26):
    assert host["bus_lock_event"] == "ls_locks.bus_lock", host
EOF
"$PYTHON3" check.py || fail "what is said of the arenas or the machine"

# Once a report, for who wants to see it.
"$alloccheck" report --verbose "$reports" >text || fail "alloccheck report"
[ "$(grep -cx machine text)" = 1 ] || fail "--verbose: no machine"
"$alloccheck" report "$reports" | grep -qx machine &&
	fail "the machine without --verbose"

# No finding, no look at the machine.
run_alloccheck --log-empty=1 "$programs/citizen" none
expect_findings
grep -q '"host"' findings.json && fail "the machine without a finding"
exit 0
