# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The server of tests/programs/chunkserver.c, which has freed all but a few of
# its blocks and waits; sourced by the tests of scan --memory.

# serve PRELOAD [ARGUMENT]: starts it with PRELOAD in front; its process ID is in
# $pid, what stays in the file "stay".
serve()
{
	rm -f input stay
	mkfifo input
	LD_PRELOAD=$1 "$programs/chunkserver" ${2-} <input >stay 2>err &
	pid=$!
	exec 3>input
	wait_for stay
	for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -q ready stay && return
		sleep 0.2
	done
	fail "the server is not ready"
}

end()
{
	exec 3>&-
	wait $pid || fail "the server's status is $?"
	pid=
}
