# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Real programs, sourced by the tests in this folder: the same output and the
# same exit status as without us, no finding and no free of an unknown block,
# on ptmalloc and with jemalloc preloaded.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
limit=200
mkdir cd
HOME=$work/cd
export HOME

# unchanged PREPARE COMMAND...: runs COMMAND in a fresh folder after PREPARE (a
# command too, in one word), without us and with us.
unchanged()
{
	prepare=$1
	shift
	for preload in '' "$jemalloc"; do
		fresh "$prepare"
		run_plain "$@"
		mv out plain.out
		mv err plain.err
		plain=$status
		fresh "$prepare"
		run_alloccheck --log-empty=1 --summary=0 "$@"
		expect_status "$plain"
		expect_same plain.out
		cmp -s plain.err err || fail "stderr is another"
		expect_findings
	done
}

# quiet PREPARE COMMAND...: the same where the output has times and process
# IDs in it: only the exit status is compared.
quiet()
{
	prepare=$1
	shift
	for preload in '' "$jemalloc"; do
		fresh "$prepare"
		run_alloccheck --log-empty=1 --summary=0 "$@"
		expect_status 0
		expect_findings
	done
}

fresh()
{
	chmod -R u+w "$HOME"
	rm -rf "$HOME"
	mkdir "$HOME"
	(cd "$HOME" && eval "$1") >prepare.log 2>&1 ||
		fail "$1: $(cat prepare.log)"
}
