#!/bin/sh
# SPDX-License-Identifier: MIT
# A thread that runs on a processor which was not online at the start is in the
# timeline.  The kernel's list is one of ours, in a mount namespace.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

run_alloccheck --log-empty=1 "$programs/forks" 1
expect_status 0
json
grep -q '"kind":"cpus"' findings.json && fail "a processor came, it says"

need_command unshare
# Below a changed root nothing is mounted whose propagation could be changed;
# but where nothing is shared, nothing gets out.
unshare="unshare -m"
grep -q ' shared:' /proc/self/mountinfo ||
	unshare="unshare -m --propagation unchanged"
$unshare true 2>err || skip "no mount namespace: $(cat err)"
cat >inside <<'END'
mount -t tmpfs none /sys && mkdir -p /sys/devices/system/cpu &&
	echo 7000-7001,7003 >/sys/devices/system/cpu/online &&
	exec "$@"
END
run_alloccheck --log-empty=1 $unshare sh ./inside "$programs/forks" 1
expect_status 0
json
grep -q '"kind":"cpus","text":"CPU [0-9]* came while the process ran: online at its start were 7000-7001,7003;' \
	findings.json || fail "no processor came, it says"
exit 0
