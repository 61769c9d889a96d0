# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Who reads the malloc hooks here?  Libc itself; or, since 2.34, only its
# library for malloc debugging, and only for those that are linked to it, and
# no allocator sets them any longer.  It is tried, not known.
plugin=$top_builddir/tests/incident/.libs/plugin.so

# find_reader: sets $reader to the allocator family, $plugin to a plugin whose
# free reads them, $debug to what must be preloaded for that, if anything.
find_reader()
{
	debug=
	reader=glibc
	"$top_builddir/tests/incident/hooks-live" && return
	debug=libc_malloc_debug.so.0
	reader=glibc-malloc-debug
	LD_PRELOAD=$debug "$top_builddir/tests/incident/hooks-live" 2>err &&
		[ ! -s err ] || return 1
	$CC -g -O1 -fno-optimize-sibling-calls -fPIC -shared -o plugin.so \
		"$top_srcdir/tests/incident/plugin.c" \
		-Wl,--no-as-needed -l:$debug || fail "the plugin of $debug"
	plugin=$work/plugin.so
}
