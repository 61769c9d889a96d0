#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Inflates libc's debug information, once for all tests:
#
#	debug.sh FOLDER
#
# libdw inflates all that a file has of it before it names the first line: 60 ms
# each time that a test reads of a finding, a third of what the whole suite took.
# In FOLDER, which is for ALLOCCHECK_DEBUG_PATH, lie copies that are inflated.  A
# system without such files, or without what it takes, does without.
mkdir -p "$1" || exit
for name in libc.so.6 libpthread.so.0 ld-linux-x86-64.so.2; do
	file=$(${CC:-cc} -print-file-name=$name)
	id=$(LC_ALL=C readelf -n "$file" 2>/dev/null |
		sed -n 's/.*Build ID: *//p')
	rest=.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug
	if [ "$id" ] && [ -f "/usr/lib/debug/$rest" ]; then
		mkdir -p "$1/${rest%/*}"
		objcopy --decompress-debug-sections "/usr/lib/debug/$rest" \
			"$1/$rest" || rm -f "$1/$rest"
	fi
done
