#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel refuses memory to the preload library and to nobody else, from
# its very first call on: always, sometimes, seldom.  The program does what it
# does without us, nothing is found that is not there, and what could not be
# recorded is counted.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc
need_command perl

# Allocates as often as it is told, and calls nothing that might.  Blocks of
# SIZE bytes, all live at once, so that they lie in many regions.
cat >counted.c <<'END'
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	static char *block[100000];
	long n = atol(argv[argc - 2]), size = atol(argv[argc - 1]), i;

	for (i = 0; i < n; i++) {
		block[i] = malloc(size);
		if (!block[i])
			return 3;
		memset(block[i], (char)i, 32);
	}
	for (i = 0; i < n; i++) {
		if (block[i][0] != (char)i || block[i][31] != (char)i)
			return 4;
		free(block[i]);
	}
	return 0;
}
END
$CC -O1 -fno-builtin -o counted counted.c || fail "counted.c"

cat >script.pl <<'END'
my %h;
push @{$h{$_ % 97}}, "value $_" for 1 .. 3000;
print join(",", map { scalar @{$h{$_}} } sort keys %h), "\n";
die unless defined(my $child = fork);
if (!$child) { print "child ", length("x" x 100000), "\n"; exit 0 }
wait;
system("echo", "by exec");
require POSIX; require Data::Dumper;
exit 3;
END

more= # options
# refused ERROR PERCENT COMMAND...: under the preload library, of whose calls
# that many fail.
refused()
{
	error=$1 percent=$2
	shift 2
	rm -rf "$reports"
	mkdir "$reports"
	status=0
	{ timeout -k 5 "$limit" "$programs/refuse" liballoccheck.so \
		"$error" "$percent" "$work/calls" env \
		ALLOCCHECK_OPTIONS="log_path=$reports:log_empty=1$more" \
		LD_PRELOAD="$preload_library${preload:+:$preload}" "$@" \
		>out 2>err </dev/null || status=$?; } 2>/dev/null
	[ $status != 77 ] || skip "this kernel has no filters that ask"
	[ -s calls ] || fail "refuse died: $(cat err)"
	read -r fewer made <calls
	[ "$made" -gt 0 ] || fail "the library made no call"
	case $percent in
	0) [ "$fewer" = 0 ] ;;
	100) [ "$fewer" = "$made" ] ;;
	*) total=$((total + fewer)) ;;
	esac || fail "$fewer of $made calls were refused"
}

# coverage NAME: the sum over all processes.
coverage()
{
	json
	"$PYTHON3" -c '
import json, sys
print(sum(json.loads(line)["coverage"][sys.argv[1]]
          for line in open("findings.json")))' "$1"
}

# unmoved HOW COMMAND...: it does what it does without us.
unmoved()
{
	hows=$1
	shift
	run_plain "$@"
	mv out plain.out
	mv err plain.err
	plain=$status
	for how in $hows; do
		refused ${how%=*} ${how#*=} "$@"
		expect_status $plain
		expect_same plain.out
		cmp -s plain.err err || fail "stderr is another"
		expect_findings
	done
}
total=0
unmoved 'ENOMEM=100 EAGAIN=100 ENOMEM=50 EAGAIN=10 ENOMEM=1 EAGAIN=0.1' \
	perl script.pl
unmoved 'EAGAIN=100 ENOMEM=20' "$PYTHON3" -c 'import json, threading
print(len(json.dumps([{"n": [i] * 9} for i in range(2000)])))
t = [threading.Thread(target=lambda: bytearray(99999)) for i in range(9)]
[i.start() for i in t], [i.join() for i in t]'
unmoved 'ENOMEM=100 EAGAIN=30' "$programs/forks" 3
unmoved 'EAGAIN=100 ENOMEM=30' "$programs/threads" "$tcmalloc" 4000
unmoved 'ENOMEM=100 EAGAIN=30' "$programs/throws"
preload=$tcmalloc
unmoved 'EAGAIN=100 ENOMEM=30' "$programs/forks" 3
preload=
[ $total -ge 50 ] || fail "only $total calls were refused by chance"

# With none refused nothing is lost, with all refused all is: each block and
# each stack.
refused ENOMEM 0 ./counted 1000 32
expect_clean
[ "$(coverage untracked)" = 0 ] || fail "a block was lost without reason"
[ "$(coverage lost_stacks)" = 0 ] || fail "a stack was lost without reason"
refused ENOMEM 100 ./counted 1000 32
expect_clean
few=$(coverage untracked)
refused EAGAIN 100 ./counted 3000 32
expect_clean
[ $(($(coverage untracked) - few)) = 2000 ] ||
	fail "of 2000 blocks more $(coverage untracked) - $few were lost"
[ "$(coverage lost_stacks)" -ge 3000 ] || fail "lost stacks are not counted"

# Where slots could not be changed blocks come by unseen: they are counted, and
# accuse nobody of a double free, nor of a free of the inside of a block.
for percent in 25 30 35 40 60; do
	refused ENOMEM $percent "$programs/threads" "$tcmalloc" 4000
	expect_findings "--unknown=$(coverage unknown_frees)"
done

# In between: some of it.  Blocks of 100 MiB, so that each is in a region of
# its own; nothing of them is touched but the beginning.
refused ENOMEM 90 ./counted 60 104857600
expect_clean
lost=$(coverage untracked)
[ "$lost" -gt 0 ] && [ "$lost" -lt 62 ] ||
	fail "$lost of some 60 blocks lost"

# The ages of blocks as well.
more=:age=1
refused ENOMEM 0 ./counted 60 104857600
expect_clean
[ "$(coverage lost_ages)" = 0 ] || fail "an age was lost without reason"
refused ENOMEM 100 ./counted 60 104857600
expect_clean
[ "$(coverage lost_ages)" -ge 60 ] || fail "lost ages are not counted"
refused ENOMEM 50 ./counted 60 104857600
expect_clean
lost=$(coverage lost_ages)
[ "$lost" -gt 0 ] && [ "$lost" -lt 60 ] || fail "$lost of some 60 ages lost"
