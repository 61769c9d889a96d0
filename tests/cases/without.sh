#!/bin/sh
# SPDX-License-Identifier: MIT
# What the crossings of the test programs do without alloccheck: each of them
# is a real fault, which ends the program, and its twin is none.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

for plug in plug plug-tail; do
	for crossing in own cross pointer back realloc dlsym dlvsym libc_free \
		strdup getline asprintf; do
		preload=
		run_plain "$programs/engine" $crossing "$plugins/$plug.so" deep
		expect_status 0
		preload=$plugins/own-malloc.so
		run_plain "$programs/engine" $crossing "$plugins/$plug.so"
		case $crossing in
		dlsym | dlvsym | libc_free)
			[ "$status" != 0 ] || fail "$crossing is no fault" ;;
		*) expect_status 0 ;;
		esac
		run_plain "$programs/engine" $crossing "$plugins/$plug.so" deep
		case $crossing in
		own) expect_status 0 ;;
		*) [ "$status" != 0 ] || fail "$crossing is no fault" ;;
		esac
	done
done
