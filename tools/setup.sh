# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What tools/try and tools/test share: installing what is missing, and
# building in ./build.  Sourced with top set to the source tree.

say()
{
	printf '\n== %s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# run COMMAND...: shows the command, then runs it.
run()
{
	printf '+ %s\n' "$*"
	"$@"
}

# Rights to install packages: sudo, but only for those who are not root.
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		run env DEBIAN_FRONTEND=noninteractive "$@"
	elif command -v sudo >/dev/null; then
		run sudo env DEBIAN_FRONTEND=noninteractive "$@"
	else
		die "these packages are missing, and there is no sudo: run as root: $*"
	fi
}

# section NAME: its packages.
section()
{
	sed -n "/^\\[$1\\]/,/^\\[/{/^[a-z0-9]/p}" "$top/tools/debian-packages"
}

installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = \
		installed ]
}

# packages SECTION...: installs those that are not there yet.
packages()
{
	local missing=() package
	if ! command -v dpkg-query >/dev/null; then
		say "no dpkg here: the packages of tools/debian-packages are" \
			"taken to be there under this system's names"
		return
	fi
	for package in $(for s; do section "$s"; done); do
		installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing Debian packages: ${missing[*]}"
	for package in "${missing[@]}"; do
		apt-cache show --no-all-versions "$package" >/dev/null 2>&1 &&
			continue
		as_root apt-get update -q
		break
	done
	# An old package list names files that the archive no longer has.
	as_root apt-get install -qy --no-install-recommends "${missing[@]}" ||
		{ as_root apt-get update -q &&
			as_root apt-get install -qy --no-install-recommends \
				"${missing[@]}"; } ||
		die "apt-get could not install: ${missing[*]}"
}

# quietly LOG COMMAND...: its output goes to LOG, and is shown if it fails.
quietly()
{
	local log=$1
	shift
	printf '+ %s\n' "$*"
	"$@" >"$log" 2>&1 && return
	tail -n 60 "$log"
	return 1
}

# build FOLDER CONFIGURE-ARGUMENTS...: configures and builds there.  A folder
# that is already configured so is only brought up to date.
build()
{
	local folder=$1 wanted=${*:2}
	say "building alloccheck in $folder"
	mkdir -p "$folder" || return 1
	if [ ! -x "$top/configure" ]; then
		(cd "$top" && quietly "$folder/autoreconf.log" \
			autoreconf -fi) || return 1
	fi
	if [ ! -f "$folder/config.status" ] ||
		[ "$(cat "$folder/configured-with" 2>/dev/null)" != "$wanted" ]
	then
		(cd "$folder" && quietly configure.log \
			"$top/configure" "${@:2}") || return 1
		printf '%s\n' "$wanted" >"$folder/configured-with"
	fi
	(cd "$folder" && quietly make.log make -j "$jobs")
}

jobs=$(nproc 2>/dev/null || echo 2)
[ "$jobs" -le 8 ] || jobs=8
