#!/bin/sh
# SPDX-License-Identifier: MIT
# What the preload library recorded in a process, and what a scan of it says
# from outside, agree: allocators, the matrix, and who called whose free and
# malloc.  For every program of the test suite.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/scan/init.sh"
need_foreign
need_tcmalloc
plug=$plugins/plug.so
own=$plugins/own-malloc.so
libc=$(library libc.so.6)
true=$(command -v env) # which is a file

# run FINDINGS PRELOAD PROGRAM ARGUMENTS...: a line of the table; PROGRAM is
# one of tests/programs, or has a slash.
run()
{
	findings=$1 preload=$2 program=$3
	shift 3
	case $program in
	*/*) ;;
	*)
		covered="${covered-} $program"
		program=$programs/$program
		;;
	esac
	printf '%s' "$findings ${preload:--} '$program'" >>table
	for word; do
		printf " '%s'" "$word" >>table
	done
	echo >>table
}

for crossing in cross pointer back realloc strdup getline; do
	run 1 "$foreign" engine $crossing "$plug" deep
done
run 0 "$foreign" engine own "$plug" deep
run 0 "$foreign" engine own "$plugins/plug-tail.so" deep
run 1 "$tcmalloc" engine strdup "$plug" deep
run 0 "$tcmalloc" engine cross "$plug"
run 0 '' engine cross "$plug" deep
run 0 "$foreign" throws 10
run 0 '' throws 10
run 1 "$foreign" throws 10 bad
run 0 "$foreign" operators 10 right
run 1 "$foreign" operators 10 held
run 0 "$foreign" threads "$tcmalloc" 2000
run 1 '' threads "$tcmalloc" 2000 bad
run 1 "$own" mixes pvalloc
run 1 '' mixes namespace "$plug"
run 0 '' mixes namespace_own "$plug"
run 1 '' mixes late "$tcmalloc"
run 1 '' mixes by_name "$tcmalloc" malloc free
run - "$foreign" mixes libc
run 0 "$tcmalloc" mixes none
run 0 '' citizen
run 0 "$foreign" citizen errno
run 0 "$foreign" citizen smallstack
run 0 "$foreign" citizen status 3
run - "$foreign" citizen bad
run - "$foreign" citizen bad_fork
run - "$foreign" citizen chdir
run - '' asks
run - '' ages
run - "$foreign" asks
run - "$foreign" arena-lock "$plug"
run - "$own" arena-lock "$plug"
run - '' blocks tiny
run 0 "$tcmalloc" heap 64 1000 1
run - "$tcmalloc" blocks moved
run - "$foreign" blocks threads 50
run - "$foreign" blocks keys
run - "$foreign" blocks size 300000000
run - '' crashes actions
run - '' crashes handled
run 0 '' forks 5
run 0 "$foreign" forks 5
run 0 '' loads 20 "$plug"
run 0 "$foreign" loads 20 "$plug" deep
run - '' matrix glibc "$libc" tcmalloc "$tcmalloc"
run - "$foreign" matrix tcmalloc "$tcmalloc" glibc "$libc"
for wrong in none double double_realloc double_thread stack static inside; do
	run - '' misuse $wrong
done
run 1 "$foreign" misuse double
run - '' remap
run - '' signals "$tcmalloc"
run - "$foreign" signals jump
run - '' spawn
run - '' starts fork "$true" keep
run - '' starts posix_spawn "$true" keep
run 0 '' storm 5 "$plug"
run 0 '' churn 20 "$plug" "$plugins/plug-tail.so"
run 0 '' coroutines 10
run - "$own" unknown
for way in free realloc again never; do
	run - '' unloads $way "$tcmalloc"
done
run - '' hook-writer write
run - '' chunkserver
run - "$foreign" chunkserver scattered
run 0 '' make-family rpmalloc
# The incident's.
incident=$top_builddir/tests/incident
run - "$foreign" "$incident/engine" "$incident/.libs/plugin.so"
run - "$foreign" "$incident/satellite" malloc_trim
run - "$foreign" "$incident/satellite" mallopt
run - "$foreign" "$incident/tracer" "$incident/.libs/plugin.so"
# Real programs, of which nothing is known before.
for preload in "$foreign" "$tcmalloc"; do
	run 0 "$preload" /usr/bin/python3 -c 'import json, readline'
	run 0 "$preload" "$(command -v perl)" -e 'print 1'
done

# Not here: what never comes to its end, or starts another in its place.
for program in "$programs"/*; do
	name=${program##*/}
	[ -f "$program" ] && [ -x "$program" ] || continue
	case " $covered dying holds no-exec no-perf odd-lock refuse stay " in
	*" $name "*) ;;
	*) case $name in *.*) ;; *) fail "$name is not looked at: give it a line above" ;; esac ;;
	esac
done
"$PYTHON3" "$top_srcdir/tests/scan/recorded.py" "$alloccheck" \
	"$preload_library" "$plugins/linger.so" <table >out ||
	fail "they do not agree"
cat out
