#!/bin/sh
# SPDX-License-Identifier: MIT
# Correct programs with every allocator there is preloaded: nothing is found
# and no block is unknown.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"

# check COMMAND...: where it runs at all with this allocator.
check()
{
	run_plain "$@"
	[ "$status" = 0 ] || return 0
	mv out plain.out
	run_alloccheck --log-empty=1 "$@"
	[ "$status" = 0 ] || fail "$name: $*: status $status"
	expect_same plain.out
	expect_findings
}

want_scudo
for name in $scudo libjemalloc.so.2 libtcmalloc_minimal.so.4 libtcmalloc.so.4 \
	libtcmalloc_minimal_debug.so.4 libmimalloc.so.2 libmimalloc.so.3 \
	libtbbmalloc_proxy.so.2 libc_malloc_debug.so.0; do
	preload=$name
	if [ ! -f "$name" ] && ! preload=$(library $name); then
		echo "no $name here"
		continue
	fi
	check "$programs/mixes" none
	# These do not always get over such forks themselves.
	case $name in
	libtcmalloc_minimal_debug* | libtbbmalloc_proxy*) ;;
	*) check "$programs/forks" 5 ;;
	esac
	# Under Debian 12's Scudo, alone as well, it dies in ld.so once in some
	# 400 runs: an array of two words, just written, reads as zero.
	case $name in
	*scudo*) ;;
	*) check "$programs/loads" 20 "$plugins/plug.so" ;;
	esac
	check sort "$top_srcdir/COPYING"
	check /usr/bin/python3 -c 'import json, sqlite3, ssl
print(len(json.dumps(list(range(1000)))))'
done
