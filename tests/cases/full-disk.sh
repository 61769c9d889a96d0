#!/bin/sh
# SPDX-License-Identifier: MIT
# A file system that is really full, or becomes so in the middle of a report: what
# stands in the file is whole, and what does not is told in words.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command unshare
if [ "$(id -u)" = 0 ]; then
	unshare="unshare -m"
else
	unshare="unshare -rm"
fi
# As in cpus.sh.
grep -q ' shared:' /proc/self/mountinfo ||
	unshare="$unshare --propagation unchanged"
$unshare true 2>err || skip "no mount namespace: $(cat err)"
preload=$plugins/own-malloc.so
PAGES=16

# inside FREE COMMAND...: with so many pages free on the disk.
cat >inside <<'END'
mount -t tmpfs -o size=$((PAGES * 4))k none disk || exit 125
dd if=/dev/zero of=disk/filler bs=4k count=$((PAGES - $1)) 2>/dev/null ||
	exit 125
shift
"$@"
status=$?
cp disk/*.alck left 2>/dev/null
exit $status
END
mkdir disk
export PAGES

# told WHAT: the three mistakes; the launcher says all of them, and alone each is
# in the file or on stderr, and none in both.
told()
{
	in_file=0
	if [ -n "$(ls left)" ]; then
		"$alloccheck" report --format=json left >findings.json \
			2>report.err || fail "$1: $(cat report.err)"
		in_file=$(grep -o '"code":"T5"' findings.json | wc -l)
	fi
	in_words=$(grep -c '^alloccheck: error T5' err)
	case $1 in
	*launched)
		# And the last line sums all of them up, wherever they are.
		sum=$(sed -n 's/^alloccheck: \(3 errors in 1 of 1 process.*\)/\1/p' err)
		case $sum in
		*"; $((3 - in_file)) of them in no report"*) [ $in_file != 3 ] ;;
		*"in no report"*) false ;;
		"3 errors in 1 of 1 process"*) [ $in_file = 3 ] ;;
		*) false ;;
		esac || fail "$1: $in_file in the file, and the sum is: $sum"
		[ $in_words = 3 ]
		;;
	*) [ $((in_file + in_words)) = 3 ] ;;
	esac || fail "$1: $in_file in the file, $in_words in words"
	echo "$1: $in_file in the file, $in_words in words" >>told
}

# mistakes FREE LENGTH: the program, alone and launched, with an argument of that
# LENGTH, which is in the report.
mistakes()
{
	argument=$(printf "%0$2d" 0)
	rm -rf left
	mkdir left
	status=0
	$unshare sh ./inside $1 env \
		ALLOCCHECK_OPTIONS="log_path=$work/disk" \
		LD_PRELOAD="$preload_library:$preload" \
		"$programs/dying" three $argument >out 2>err || status=$?
	expect_status 7
	told "$1 pages, $2 bytes, alone"
	rm -rf left
	mkdir left
	status=0
	$unshare sh ./inside $1 env LD_PRELOAD="$preload" \
		"$alloccheck" --log-path="$work/disk" "$programs/dying" three \
		$argument >out 2>err || status=$?
	expect_status 7
	told "$1 pages, $2 bytes, launched"
	grep -q 'nothing found' err && fail "$1 pages, $2 bytes: nothing found?"
}

mistakes 0 1
mistakes 1 1
mistakes 1 4000
for length in 200 400 600 800 1000 1200 1400 1600 1800 2000 2200 2400; do
	mistakes 1 $length
	grep -q 'alone: [12] in the file, [12] in words' told && break
done
# Both ends of the way have been seen, and its middle.
grep -q '^0 pages, 1 bytes, alone: 0 in the file, 3 in words' told &&
	grep -q '^1 pages, 1 bytes, alone: 3 in the file' told &&
	grep -q 'alone: [12] in the file, [12] in words' told ||
	fail "$(cat told)"
cat told
exit 0
