#!/bin/sh
# SPDX-License-Identifier: MIT
# The launcher's command line: mistakes are named in one sentence with status
# 2, and what is right reaches the program's environment.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
. "$top_srcdir/tests/launcher/library.sh"

# mistake SENTENCE ARGS...: refused with this sentence and no other.
mistake()
{
	sentence=$1
	shift
	run_launcher "$@"
	expect_status 2
	[ "$(cat err)" = "alloccheck: $sentence" ] ||
		fail "$*: says \"$(cat err)\", not \"$sentence\""
	[ ! -s out ] || fail "$*: something on stdout"
}

mistake "--on-eror: no such option; did you mean --on-error?" \
	--on-eror=log echo ran
mistake "--dispach: no such option; did you mean --dispatch?" --dispach echo
mistake "--colour: no such option; alloccheck --help lists them" \
	--colour=red echo ran
mistake "--on-error=abrt: it must be log or abort; did you mean abort?" \
	--on-error=abrt echo ran
mistake "--on-error=abrt: it must be log or abort; did you mean abort?" \
	--on_error abrt echo ran
mistake "--stacks=x: it must be level, full, caller, none or verify" --stacks=x echo ran
mistake "--depth=0: it must be a number from 1 to 128" --depth=0 echo ran
mistake "--rebind=2: it must be 0 or 1" --rebind=2 echo ran
mistake "--depth needs a value: a number from 1 to 128" --depth
mistake "--log-path needs a value: a text of at most 1023 bytes" -o
mistake "-z: no such option; alloccheck --help lists them" -z echo ran
mistake "--help=1: it takes no value" --help=1 echo ran
mistake "which program? alloccheck --help shows how it is called"
mistake "which program? alloccheck --help shows how it is called" run -q --
ALLOCCHECK_OPTIONS=depth=3:depht=4:a=b
export ALLOCCHECK_OPTIONS
mistake "ALLOCCHECK_OPTIONS: depht: no such option; did you mean depth?" \
	echo ran
ALLOCCHECK_OPTIONS=depth=400
mistake "ALLOCCHECK_OPTIONS: depth=400: it must be a number from 1 to 128" \
	echo ran
unset ALLOCCHECK_OPTIONS

for call in --help -h help; do
	run_launcher $call
	expect_status 0
	grep -q '^Usage: alloccheck' out || fail "$call shows no usage"
	[ ! -s err ] || fail "$call speaks on stderr"
done
run_launcher --version
expect_status 0
grep -q '^alloccheck [0-9]' out || fail "no version"
run_launcher --help >/dev/null
"$alloccheck" --help >/dev/full 2>/dev/null && fail "a full device is no error"

# All spellings mean the same, and the last one wins.
for spelling in "--depth=7" "--depth 7" "--dep=7" "--depth=3 --depth=7" \
	"run --depth=7"; do
	run_launcher $spelling sh -c 'echo "$ALLOCCHECK_OPTIONS"'
	expect_status 0
	case $(cat out) in
	*depth=7:log_path=*) ;;
	*) fail "$spelling: $(cat out)" ;;
	esac
done
run_launcher --log-empty --on_error=abort --print-options=0 \
	sh -c 'echo "$ALLOCCHECK_OPTIONS"'
case $(cat out) in
log_empty=1:on_error=abort:print_options=0:log_path=*) ;;
*) fail "$(cat out)" ;;
esac

# What follows the program is the program's; "--" ends the options; programs
# called run, report and help can be had.
run_launcher echo --depth=0 -q
[ "$(cat out)" = "--depth=0 -q" ] || fail "the program's options: $(cat out)"
mkdir bin
for name in run report help; do
	printf '#!/bin/sh\necho my %s "$@"\n' $name >bin/$name
	chmod +x bin/$name
	PATH=$work/bin:$PATH run_launcher -- $name x
	expect_status 0
	[ "$(cat out)" = "my $name x" ] || fail "-- $name: $(cat out)"
done
PATH=$work/bin:$PATH run_launcher run run x
[ "$(cat out)" = "my run x" ] || fail "run run: $(cat out)"
