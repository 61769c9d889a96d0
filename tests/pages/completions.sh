#!/bin/sh
# SPDX-License-Identifier: MIT
# Completions in the shells that they are for: what bash, zsh and fish offer for
# the same beginnings of a line.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
folder=$top_builddir/tools/completions
need_command bash zsh fish
bash -n "$folder/alloccheck" || fail "bash does not read it"
zsh -n "$folder/_alloccheck" || fail "zsh does not read it"
fish -n "$folder/alloccheck.fish" || fail "fish does not read it"
HOME=$work
XDG_CONFIG_HOME=$work
export HOME XDG_CONFIG_HOME

# As readline would call it: it takes '=' for a word of its own.
cat >ask.bash <<'END'
source "$1"
line=$2
read -ra COMP_WORDS <<<"${line//=/ = }"
[[ $line == *[\ =] ]] && COMP_WORDS+=('')
[[ $line == *= ]] && unset 'COMP_WORDS[-1]'
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_alloccheck
printf '%s\n' "${COMPREPLY[@]}"
END

# offers LINE WORD...: these and no others that begin with the line's last word.
offers()
{
	line=$1
	shift
	printf '%s\n' "$@" | sort -u >wanted
	last=${line##* }
	bash ask.bash "$folder/alloccheck" "$line" >said || fail "bash: $line"
	# bash gives only what comes behind the '='.
	case $last in
	*=*) sed "s/^/${last%%=*}=/" said ;;
	*) sed 's/=$//' said ;;
	esac | sort -u >out
	diff wanted out >err || fail "bash: $line"
	sed -n "s/^$line	//p" zsh-said | sort -u >out
	diff wanted out >err || fail "zsh: $line"
	timeout 30 fish --no-config -c "source $folder/alloccheck.fish
		complete -C '$line'" | cut -f1 | sort -u >out
	diff wanted out >err || fail "fish: $line"
}

# zsh takes its time to begin: it is asked for all at once.
sed -n "s/^offers '\([^']*\)'.*/\1/p" "$test_file" >lines
[ -s lines ] || fail "no lines to complete"
tr '\n' '\0' <lines | timeout 25 xargs -0 \
	"$top_srcdir/tests/pages/zsh-complete" "$folder" >zsh-said ||
	fail "zsh says nothing"

offers 'alloccheck --on-e' --on-error
offers 'alloccheck --on-error=' --on-error=log --on-error=abort
offers 'alloccheck run --unobservable=' --unobservable=refuse \
	--unobservable=run
offers 'alloccheck report --format=' $(sed -n \
	's/.*{\.name = "\([a-z]*\)",.*/--format=\1/p' \
	"$top_srcdir/lib/report/render.c")
offers 'alloccheck report --color=a' --color=auto --color=always
offers 'alloccheck report --gen' --gen-suppressions
offers 'alloccheck scan --st' --stacks

# What belongs to the program is not ours.
bash ask.bash "$folder/alloccheck" 'alloccheck sort --on-e' >out
grep -q -e --on-error out && fail "bash offers our option to the program"
mkdir found
touch found/x.alck
bash ask.bash "$folder/alloccheck" 'alloccheck report fou' >out
grep -qx found out || fail "bash: no files for report"

# Every option of every table is there, in all three.
sed -nE 's/^(CHOICE|NUMBER|FLAG|TEXT)\(([a-z_]+),.*/\2/p' \
	"$top_srcdir/lib/contract/options.def" | tr _ - >options
sed -n 's/^OPTION([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$top_srcdir"/tools/*.def \
	>>options
[ "$(wc -l <options)" -ge 30 ] || fail "the tables are read wrongly"
while read -r name; do
	grep -Eq -e "--$name[= ']" "$folder/alloccheck" || fail "bash: $name"
	grep -Eq -e "--$name[=[]" "$folder/_alloccheck" || fail "zsh: $name"
	grep -Eq -e "-l $name " "$folder/alloccheck.fish" || fail "fish: $name"
done <options
