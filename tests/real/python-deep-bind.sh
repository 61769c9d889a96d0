#!/bin/sh
# SPDX-License-Identifier: MIT
# python3 with deep-bound extension modules and another allocator preloaded:
# readline frees what it must not; python lives.  Or it is rescued by
# libc's malloc hooks where they are jemalloc's.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
python=/usr/bin/python3
[ -x $python ] || skip "no $python"

cat >"$work/deep.py" <<'END'
import os
import sys
sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
import readline
print(readline.get_history_length())
readline.parse_and_bind("tab: complete")
readline.add_history("a line")
readline.clear_history()
print("alive")
END
need_foreign
if [ "$family" != jemalloc ]; then
	preload=$jemalloc
	run_alloccheck $python "$work/deep.py"
	expect_status 0
	grep -q '^alive$' out || fail "python did not live"
	json
	"$PYTHON3" - findings.json >findings.txt <<'END' || fail "not rescued"
import json
import sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
found = report["findings"]
for f in found:
    print(f["code"], f["severity"], f["api"], f["owner"]["family"])
    assert (f["code"], f["severity"]) == ("T12", "latent"), f
    assert f["owner"]["family"] == "jemalloc", f
    assert f["freer"]["family"] == "glibc", f
assert any("readline" in (s["module"] or "") for f in found
           for s in f["deallocation"]["stack"])
assert report["coverage"]["unknown_frees"] == 0
END
fi
preload=$foreign
# Not run without us: what lies before these blocks is chance, and ptmalloc may
# take it for an arena and lock whatever is there, across a cache line or not.
run_alloccheck $python "$work/deep.py"
expect_status 99
grep -q '^alive$' out || fail "python did not live"
json
"$PYTHON3" - findings.json "$family" >findings.txt <<'END' ||
	fail "not what was expected"
import json
import sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
errors = [f for f in report["findings"] if f["severity"] == "error"]
codes = {f["code"] for f in errors}
for f in errors:
    print(f["code"], f["api"], f["owner"]["family"], f["freer"]["family"],
          f["count"], [s["function"] for s in f["deallocation"]["stack"]])
assert codes and codes <= {"T1", "T1b"}, codes
assert "T1b" in codes, codes
for f in errors:
    assert {f["owner"]["family"], f["freer"]["family"]} == \
        {sys.argv[2], "glibc"}, f
    assert f["allocation"]["stack"] and f["deallocation"]["stack"]
assert any("readline" in (s["module"] or "") for f in errors
           for s in f["deallocation"]["stack"])
assert report["coverage"]["unknown_frees"] == 0
END
run_alloccheck --on-error=abort $python "$work/deep.py"
expect_status 134
! grep -q '^alive$' out || fail "it lived"
! grep -qE '^[a-z_]+\(\): ' err || fail "the allocator saw it"

# Its twins.
preload=
run_alloccheck --log-empty=1 $python "$work/deep.py"
expect_status 0
expect_findings
preload=$foreign
sed -i /setdlopenflags/d "$work/deep.py"
run_alloccheck --log-empty=1 $python "$work/deep.py"
expect_status 0
expect_findings
