#!/bin/sh
# SPDX-License-Identifier: MIT
# The preload library as others see it: it needs libc alone, takes from it
# only what tests/lint/library-imports allows, gives only what
# tests/lint/library-exports lists, and its thread-local data is of the kind
# that needs no call.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command objdump readelf nm
library=$preload_library
[ -f "$library" ] || skip "$library is not built"
LC_ALL=C
export LC_ALL

# list FILE: its words, without comments.
list()
{
	sed 's/#.*//' "$top_srcdir/tests/lint/$1" | awk 'NF { print $1 }' | sort -u
}

# same WHAT EXPECTED FOUND: no line more, no line less.
same()
{
	more=$(comm -13 "$2" "$3" | tr '\n' ' ')
	[ -z "$more" ] || fail "$1 that are not listed: $more"
	[ "$4" = subset ] && return
	less=$(comm -23 "$2" "$3" | tr '\n' ' ')
	[ -z "$less" ] || fail "$1 that are listed, but not there: $less"
}

readelf -Wd "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort >needed
grep -vx -e 'libc\.so\.6' -e 'ld-linux.*\.so\..*' needed >unwanted &&
	fail "it needs $(cat unwanted)"
grep -qx 'libc\.so\.6' needed || fail "it does not need libc?"

nm -D --undefined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' |
	sort -u >undefined
list library-imports >allowed
same "undefined symbols" allowed undefined subset
awk '!/^[ \t]*(#|$)/ && !/#/ { print; bad = 1 } END { exit !bad }' \
	"$top_srcdir/tests/lint/library-imports" &&
	fail "library-imports: a line without a reason"

nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' |
	sort -u >exported
list library-exports >expected
same "exported symbols" expected exported

# What stands in the program's call is jumped to: a call would put a frame of ours
# between, and what it looks at would be that one's.
names=$(cat "$top_srcdir"/lib/preload/entries-*.c | tr '\n' ' ' |
	grep -o 'ALCK_JUMPED uintptr_t[[:space:]]*[a-z_]*(' |
	sed 's/.*[[:space:]]//; s/($//')
[ "$(echo "$names" | wc -l)" -gt 8 ] || fail "no functions that are jumped to"
objdump -d --no-show-raw-insn "$library" >code
grep -E "[[:space:]]call .*<($(echo $names alck_on_alloc alck_on_free \
	alck_on_realloc alck_on_query alck_hot_note | tr ' ' '|'))[.>]" code &&
	fail "called, and not jumped to"

# Thread-local data: initial-exec (no __tls_get_addr, no dynamic relocation),
# and little of it, because static TLS is small where we are dlopened.
grep -qx '__tls_get_addr' undefined && fail "it calls __tls_get_addr"
readelf -Wr "$library" | grep -E 'R_X86_64_(DTPMOD64|DTPOFF64|TLSDESC)' &&
	fail "thread-local data is not initial-exec"
size=$(readelf -Wl "$library" | awk '$1 == "TLS" { print $6 }')
[ -z "$size" ] || [ "$((size))" -le 256 ] ||
	fail "$((size)) bytes of thread-local data; 256 are allowed"

readelf -Wl "$library" | grep -q 'GNU_STACK.*RWE' && fail "executable stack"
readelf -Wd "$library" | grep -Eq 'TEXTREL' && fail "text relocations"
readelf -Wd "$library" | grep -Eq 'RPATH|RUNPATH' && fail "a run path"
exit 0
