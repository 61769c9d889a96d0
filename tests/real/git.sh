#!/bin/sh
# SPDX-License-Identifier: MIT
# git: a repository from init to gc, with its children.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command git

cat >"$work/work.sh" <<'END'
set -e
cd "$HOME"
export GIT_AUTHOR_DATE='2001-01-01T00:00:00Z' GIT_CONFIG_NOSYSTEM=1
export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE GIT_AUTHOR_NAME=a \
	GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a \
	GIT_COMMITTER_EMAIL=a@example.org
git init -q -b main r
cd r
for i in 1 2 3 4 5; do
	seq 1 $((i * 300)) >file$((i % 3))
	git add .
	git commit -q -m "commit $i"
done
git checkout -q -b side HEAD~2
echo more >>other
git add .
git commit -q -m side
git merge -q -m merged main
git log --stat --graph --format='%H %s'
git diff HEAD~3 --stat
git blame file1 | tail -n 3
git grep -c 77 || :
git gc -q
git fsck --no-progress
git archive HEAD | cksum
git rev-parse no-such-branch
END
unchanged : sh "$work/work.sh"
