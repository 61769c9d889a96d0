#!/bin/sh
# SPDX-License-Identifier: MIT
# A report for each process image, each with the name of the report of the
# process that it comes from.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command jq

preload=$plugins/own-malloc.so

# parents: for each report its own name and that of its parent.
parents()
{
	json
	jq -r '[(.report | sub(".*/"; "")), .process.parent_report // "none",
		.process.ended] | join(" ")' findings.json | sort >parents
}

run_alloccheck "$programs/citizen" bad_exec "$programs/citizen" bad_exec \
	"$programs/citizen" bad
expect_status 99
parents
name=$(sed 's/\.alck.*//' parents | sort -u)
cat >wanted <<END
$name.alck none exec
$name.alck.1.alck $name.alck exec
$name.alck.2.alck $name.alck.1.alck exit
END
cmp -s wanted parents || fail "exec: $(cat parents)"

# By fork: the child's names its parent's.
run_alloccheck "$programs/citizen" bad_bad_fork
expect_status 99
parents
[ "$(wc -l <parents)" = 2 ] || fail "fork: $(cat parents)"
parent=$(awk '$2 == "none" { print $1 }' parents)
grep -q " $parent exit$" parents || fail "fork: $(cat parents)"

# Through a shell that forks and becomes another program.
run_alloccheck sh -c "'$programs/citizen' bad_system '$programs/citizen'; :"
expect_status 99
parents
[ "$(wc -l <parents)" = 2 ] || fail "system: $(cat parents)"
exit 0
