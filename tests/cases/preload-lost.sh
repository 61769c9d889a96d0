#!/bin/sh
# SPDX-License-Identifier: MIT
# Children into which alloccheck's library does not get are named when they are
# started, with the reason; all others are not.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

# lost CHILD REASON COMMAND...: the command's process says so, once.
lost()
{
	child=$1
	reason=$2
	shift 2
	run_alloccheck "$@"
	expect_findings "T16 severity=info verdict=lost-child count=1"
	jq -r '.findings[] | .child + ": " + .lost' findings.json >lost
	echo "$child: $reason" | cmp -s - lost ||
		fail "said: $(cat lost), and not: $child: $reason"
}
need_command jq

PATH=/bin:$PATH
export PATH
true=/bin/true
no_preload='its environment has no LD_PRELOAD'
lost "$true" "$no_preload" env -i "$true"
grep -q '^alloccheck: info T16 preload-lost: execv.*() of .*true, which' err ||
	fail "the summary says: $(cat err)"
lost "$true" "$no_preload" env -u LD_PRELOAD true
lost "$true" "its LD_PRELOAD does not have liballoccheck.so" \
	env LD_PRELOAD=libm.so.6 true
preload=$plugins/own-malloc.so
lost "$true" "its LD_PRELOAD does not have own-malloc.so" \
	env LD_PRELOAD="$preload_library" true
preload=

# By each way of starting one.
for way in execve execv execvp execvpe execl execlp execle vfork posix_spawn \
	posix_spawnp system popen; do
	lost "$(case $way in system | popen) echo /bin/sh ;; *) echo "$true" ;;
		esac)" "$no_preload" "$programs/starts" "$way" "$true"
	[ "$way" != vfork ] || [ "$(ls "$reports" | wc -l)" = 1 ] ||
		fail "a child of vfork is its parent until it has left it"
	run_alloccheck "$programs/starts" "$way" "$true" keep
	expect_status 0
	expect_no_report
done
# What cannot be started is not lost.
run_alloccheck "$programs/starts" execve /nowhere
expect_no_report
# Nor is a name that cannot be read.
run_alloccheck "$programs/starts" fault "$true"
expect_status 0
expect_no_report

# What kind of program it is.
cat >static.c <<'END'
int main(void)
{
	return 0;
}
END
if $CC -static -o static static.c 2>/dev/null; then
	lost ./static "it is statically linked" sh -c "./static; :"
	printf '#! %s\n' "$work/static" >script
	chmod +x script
	lost "$work/script" "it is statically linked" \
		"$programs/starts" execve "$work/script" keep
fi
if [ "$(id -u)" = 0 ]; then
	cp "$true" set-id
	chown 65534 set-id
	chmod u+s set-id
	# Where the file system honours it.
	if [ -u set-id ] && ! grep -q NoNewPrivs:.*1 /proc/self/status; then
		lost "$work/set-id" "it is set-user-ID" \
			"$programs/starts" execve "$work/set-id" keep
	fi
fi
exit 0
