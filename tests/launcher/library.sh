# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For tests of the launcher alone: a preload library with nothing in it, so
# that what is seen comes from the launcher.
echo 'extern int alck_nothing; int alck_nothing;' >nothing.c
$CC -shared -fPIC -o nothing.so nothing.c || fail "$CC makes no library"
ALLOCCHECK_LIBRARY=$work/nothing.so
export ALLOCCHECK_LIBRARY

# run_launcher ARGS...: the launcher with just these.
run_launcher()
{
	status=0
	{ timeout -k 5 "$limit" "$alloccheck" "$@" >out 2>err </dev/null ||
		status=$?; } 2>/dev/null
}
