#!/bin/sh
# SPDX-License-Identifier: MIT
# Each module's record tells which providers its calls reach: the deep-bound
# plugin's another's than the program's.  What is bound lazily is told once it
# has been called, at the end of the process at the latest.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_foreign
preload=$foreign

# bound FILE CALL FAMILY: what CALL of the object FILE reaches; "-" for
# nothing yet, "no" where it has no such call.
bound()
{
	"$PYTHON3" - findings.json "$1" "$2" "$3" <<'END' || fail "bound: $*"
import json
import sys
path, name, call, family = sys.argv[1:]
report = json.load(open(path, encoding="utf-8"))
families = {p["id"]: p["family"] for p in report["providers"]}
families[None] = "-"
modules = [m for m in report["modules"] if m["path"].split("/")[-1] == name]
assert len(modules) == 1, [m["path"] for m in report["modules"]]
bindings = modules[0]["bindings"]
got = families[bindings[call]] if call in bindings else "no"
print(name, bindings, families)
assert got == family, (got, family)
END
}

for bind in '' now; do
	LD_BIND_NOW=$bind
	[ "$bind" ] && export LD_BIND_NOW
	run_alloccheck "$programs/engine" cross "$plugins/plug.so" deep lazy
	expect_status 99
	json
	bound engine malloc "$family"
	bound plug.so free glibc
	bound libc.so.6 malloc "$family"
	bound liballoccheck.so malloc no
	if [ "$bind" ]; then
		bound plug.so realloc glibc
	else
		bound plug.so realloc -
	fi
done
unset LD_BIND_NOW

# Not deep: the program's own.  The first report of it is at the end.
run_alloccheck --log-empty=1 "$programs/engine" own "$plugins/plug.so"
expect_status 0
json
bound plug.so malloc "$family"
bound plug.so free "$family"
