#!/bin/bash
# SPDX-License-Identifier: MIT
#
# make check-glibc: builds alloccheck and runs its test suite on the glibc of
# each Debian release, inside userlands made with debootstrap.  Everything is
# kept in $top_builddir/userlands and used again by the next run:
#
#	RELEASE/root	the userland; with the sources in /src and a build
#			folder in /build
#	RELEASE.made	how the userland was made
#	RELEASE.log	what went wrong in its tests
#	RELEASE.trs	the result of each test, as automake writes them
#
# With --make in the place of DIST userlands are made and nothing is run in them;
# who wants one that somebody else is about to make waits for it.
#
# A userland runs in mount and process namespaces of its own: whatever ends
# this script, nothing stays mounted and nothing stays running.  That takes
# root.  Packages come from where this machine's apt gets its own.  The next
# userland is made while the tests of the last one run.
#
#	usage: userlands.sh DIST|--make [RELEASE...]
#
# DIST is a clean copy of the sources, as make distdir leaves it.
# GLIBC_TESTS names the tests to run; all, if it is empty.
set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd) || exit 1
dist=$1
shift
[ $# -gt 0 ] || set -- bullseye bookworm trixie
base=$top_builddir/userlands
mkdir -p "$base" || exit 1

say()
{
	printf '%s\n' "check-glibc: $*"
}

# column RELEASE: its column in the table of packages.
column()
{
	case $1 in
	bullseye) echo 1 ;;
	bookworm) echo 2 ;;
	trixie) echo 3 ;;
	*) return 1 ;;
	esac
}

# table RELEASE: its packages, "-" for those it does not have, each with all
# the names that its line knows.
table()
{
	awk -v want="$(column "$1")" '/^[^#]/ {
		for (i = 2; i <= 3; i++)
			if ($i == "=")
				$i = $(i - 1)
		print $want, $0
	}' "$here/packages"
}

packages()
{
	table "$1" | awk '$1 != "-" { print $1 }'
}

# not_there RELEASE: what it does not have, by the names of other releases.
not_there()
{
	table "$1" | awk '$1 == "-" {
		for (i = 2; i <= NF; i++)
			if ($i != "-")
				print $i
	}' | tr '\n' ' '
}

# The places that this machine's apt takes packages from.
mirrors()
{
	apt-get update --print-uris 2>/dev/null |
		sed -n "s,^'\(.*\)/dists/[^']*/InRelease'.*,\1,p" |
		awk '!seen[$0]++'
}

fetch()
{
	rm -f "$base/fetched"
	/usr/lib/apt/apt-helper download-file "$1" "$base/fetched" \
		>/dev/null 2>&1
}

# mirror RELEASE: the place that has this release of Debian.
mirror()
{
	local uri
	for uri in $(mirrors); do
		fetch "$uri/dists/$1/InRelease" &&
			grep -q '^Origin: Debian' "$base/fetched" &&
			rm -f "$base/fetched" && echo "$uri" && return
	done
	return 1
}

# What of this machine's apt settings decides how it reaches the mirror.
apt_settings()
{
	apt-config dump | grep -E '^Acquire::(https?::|Retries|Check-|ForceIP)' |
		grep -v 'Proxy-Auto-Detect'
}

proxy_of()
{
	apt-config dump --format '%v%n' "Acquire::$1::Proxy" | head -n 1
}

# settings ROOT: written before the first package is unpacked: no
# documentation, no waiting for the disk (a userland cut short is made again),
# no services.
settings()
{
	mkdir -p "$1/etc/dpkg/dpkg.cfg.d" "$1/etc/apt/apt.conf.d" \
		"$1/usr/sbin" &&
	cat >"$1/etc/dpkg/dpkg.cfg.d/small" <<-'END' &&
	force-unsafe-io
	path-exclude=/usr/share/doc/*
	path-exclude=/usr/share/info/*
	path-exclude=/usr/share/man/*
	path-exclude=/usr/share/locale/*
	END
	{
		apt_settings
		cat <<-'END'
		APT::Install-Recommends "false";
		APT::Keep-Downloaded-Packages "false";
		Acquire::Languages "none";
		END
	} >"$1/etc/apt/apt.conf.d/90alloccheck" &&
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d" &&
	chmod +x "$1/usr/sbin/policy-rc.d"
}

# apart COMMAND...: in mount and process namespaces of its own, which end when
# this script does.  In the background, where the script can be interrupted.
apart()
{
	setpriv --pdeathsig KILL unshare --mount --propagation private \
		--pid --fork --kill-child "$@" &
	wait $!
}

# inside ROOT COMMAND...: runs it as root of the userland.
inside()
{
	apart /bin/bash -c '
		root=$1
		shift
		mount -t proc proc "$root/proc" &&
		mount --bind /sys "$root/sys" &&
		mount -o remount,bind,ro "$root/sys" &&
		mount -t tmpfs -o mode=755 dev "$root/dev" &&
		mkdir "$root/dev/pts" "$root/dev/shm" || exit 125
		for node in null zero full random urandom tty; do
			: >"$root/dev/$node" &&
				mount --bind "/dev/$node" "$root/dev/$node" ||
				exit 125
		done
		mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts \
			"$root/dev/pts" &&
		mount -t tmpfs -o mode=1777 shm "$root/dev/shm" &&
		mount -t tmpfs -o mode=1777 tmp "$root/tmp" &&
		ln -s pts/ptmx "$root/dev/ptmx" &&
		ln -s /proc/self/fd "$root/dev/fd" &&
		ln -s /proc/self/fd/0 "$root/dev/stdin" &&
		ln -s /proc/self/fd/1 "$root/dev/stdout" &&
		ln -s /proc/self/fd/2 "$root/dev/stderr" || exit 125
		exec chroot "$root" /usr/bin/env -i \
			--default-signal=INT,QUIT LC_ALL=C HOME=/root \
			DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
	' inside "$@"
}

# install ROOT RELEASE: the packages of the table.
install()
{
	local file
	for file in /etc/resolv.conf /etc/hosts; do
		[ ! -f $file ] || cp --remove-destination $file "$1$file"
	done
	# shellcheck disable=SC2046
	inside "$1" apt-get update -q &&
		inside "$1" apt-get install -qy $(packages "$2")
}

# make_userland RELEASE ROOT STAMP: makes it, or installs what the table has
# new.
make_userland()
{
	local release=$1 root=$2 stamp=$3 uri
	if [ -s "$stamp" ]; then
		install "$root" "$release" && return
		echo "what was there cannot be brought up to date: anew"
	fi
	rm -rf --one-file-system "$base/$release"
	uri=$(mirror "$release") || {
		echo "none of the places of this machine's apt has Debian" \
			"$release: $(mirrors | tr '\n' ' ')"
		return 1
	}
	settings "$root" &&
	http_proxy=${http_proxy:-$(proxy_of http)} \
	https_proxy=${https_proxy:-$(proxy_of https)} \
		apart debootstrap --variant=minbase --force-check-gpg \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$release" "$root" "$uri" &&
	install "$root" "$release"
}

# userland RELEASE: there, whole, and as the table wants it.  The stamp is
# written last.
userland()
{
	local release=$1 root=$base/$1/root stamp=$base/$1/stamp wanted start
	exec 9>"$base/$release.lock" && flock 9 || return
	wanted=$({ packages "$release"; declare -f settings; } | cksum)
	start=$SECONDS
	[ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
	if ! make_userland "$release" "$root" "$stamp" \
		>"$base/$release.made" 2>&1; then
		tail -n 20 "$base/$release.made"
		return 1
	fi
	echo "$wanted" >"$stamp"
	say "$release: made in $((SECONDS - start)) s, $(du -sh "$root" |
		cut -f 1)"
}

# What autoreconf writes there.
generated='configure|aclocal\.m4|config\.h\.in|.*/?Makefile\.in|tools/build-aux/.*|tools/m4/l(t|ibtool).*'

# sources ROOT: brings /src there up to date.  A file that is the same keeps
# its time, so that make builds what changed.
sources()
{
	local to=$1/src file
	mkdir -p "$to" "$1/build"
	(cd "$dist" && find . -type f -printf '%P\n') |
		grep -Exv "$generated" | sort >"$1/files.new"
	while IFS= read -r file; do
		cmp -s "$dist/$file" "$to/$file" && continue
		mkdir -p "$(dirname "$to/$file")" &&
			cp --remove-destination --preserve=mode \
				"$dist/$file" "$to/$file" &&
			chmod u+w "$to/$file" || return
	done <"$1/files.new"
	if [ -f "$1/files" ]; then
		comm -23 "$1/files" "$1/files.new" | while IFS= read -r file
		do
			rm -f "$to/$file"
		done
	fi
	mv "$1/files.new" "$1/files"
}

# absent RELEASE LOG: whether the test was skipped for want of a package that
# the release does not have.
absent()
{
	local package
	package=$(sed -n 's/.*skipped: .*(Debian package \(.*\)).*/\1/p' "$2" |
		tail -n 1)
	case " $(not_there "$1")" in
	*" ${package:-none} "*) return 0 ;;
	esac
	return 1
}

# results RELEASE: one line a test, from automake's .trs files; a program with
# many tests has them numbered.
results()
{
	local build=$base/$1/root/build file result test
	(cd "$build" && find . -name '*.trs' -printf '%P\n') | sort |
	while IFS= read -r file; do
		awk -v test="${file%.trs}" '$1 == ":test-result:" {
			result[++n] = $2
		}
		END {
			for (i = 1; i <= n; i++)
				print result[i], test (n > 1 ? ":" i : "")
			if (!n)
				print "ERROR", test
		}' "$build/$file"
	done |
	while read -r result test; do
		case $result in
		XFAIL) result=PASS ;;
		ERROR | XPASS) result=FAIL ;;
		SKIP) ! absent "$1" "$build/${test%:*}.log" || result=ABSENT ;;
		esac
		echo "$result $test"
	done
}

# functions: those of a JSON report's stacks.
functions()
{
	jq -r '.findings[] |
		.allocation, .deallocation, (.first_deallocation | objects) |
		.stack[] | .module + " " + .function'
}

# read_elsewhere RELEASE: does this machine name the functions of a report that
# was made in the userland as the userland does?
read_elsewhere()
{
	local build=$base/$1/root/build
	"$top_builddir/tools/alloccheck" report --format=json \
		--sysroot="$base/$1/root" "$build/elsewhere" 2>&1 |
		functions >"$build/elsewhere.here"
	functions <"$build/elsewhere.json" >"$build/elsewhere.there"
	grep -q ' main$' "$build/elsewhere.there" &&
		diff "$build/elsewhere.there" "$build/elsewhere.here"
}

passed=0
failed=0
skipped=0

# add RELEASE: the results of one userland, in words.
add()
{
	local file=$base/$1.results p f s a glibc
	p=$(grep -c '^PASS ' "$file")
	f=$(grep -c '^FAIL ' "$file")
	s=$(grep -c '^SKIP ' "$file")
	a=$(grep -c '^ABSENT ' "$file")
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	glibc=$(inside "$base/$1/root" ldd --version | sed -n '1s/.* //p')
	grep '^FAIL ' "$file"
	sed -n "s/^SKIP /SKIP /p" "$file"
	sed -n "s/^ABSENT \(.*\)/$1 has no package for \1/p" "$file"
	say "$1, glibc $glibc: $p passed, $f failed, $s skipped$(
		[ "$a" = 0 ] || echo ", $a for want of a package there"
	) in $2 s"
}

# check RELEASE: builds and tests in its userland.
check()
{
	local release=$1 root=$base/$1/root start=$SECONDS status failure
	wait "${making[$release]}" && sources "$root" || {
		say "$release: no userland"
		echo ":test-result: FAIL userland" >"$base/$release.trs"
		failed=$((failed + 1))
		return
	}
	find "$root/build" -name '*.trs' -delete
	inside "$root" GLIBC_TESTS="${GLIBC_TESTS-}" \
		PACKAGES_NOT_THERE="$(not_there "$release")" \
		bash /src/tests/glibc/in-userland.sh
	status=$?
	results "$release" >"$base/$release.results"
	if [ $status != 0 ] && ! grep -q '^FAIL ' "$base/$release.results"
	then
		echo "FAIL build" >>"$base/$release.results"
	fi
	if read_elsewhere "$release"; then
		echo "PASS read-elsewhere" >>"$base/$release.results"
	else
		echo "FAIL read-elsewhere" >>"$base/$release.results"
	fi
	for failure in $(sed -n 's/^FAIL \([^:]*\).*/\1/p' \
		"$base/$release.results" | sort -u); do
		[ -f "$root/build/$failure.log" ] || continue
		echo "--- $release: $failure"
		grep -Ev '^(ok|PASS:?) ' "$root/build/$failure.log" |
			tail -n 40
	done
	sed -n 's/^\(PASS\|FAIL\|SKIP\) /:test-result: &/p' \
		"$base/$release.results" >"$base/$release.trs"
	add "$release" $((SECONDS - start))
}

skip=
if [ "$(id -u)" != 0 ]; then
	skip="chroot and mount are for root; this is $(id -un)"
elif ! command -v debootstrap >/dev/null; then
	skip="no debootstrap here (Debian package debootstrap)"
elif ! command -v apt-get >/dev/null; then
	skip="no apt here, which knows where packages come from"
elif ! apart true 2>/dev/null; then
	skip="this system does not let root make namespaces"
fi
trap 'kill $(jobs -p) 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
releases=()
for release; do
	if ! column "$release" >/dev/null; then
		say "$release: not a release that tests/glibc/packages knows"
		failed=$((failed + 1))
	elif [ "$dist" = --make ]; then
		[ "$skip" ] || releases+=("$release")
	elif [ "$skip" ]; then
		say "$release: skipped: $skip"
		echo ":test-result: SKIP $skip" >"$base/$release.trs"
		skipped=$((skipped + 1))
	else
		releases+=("$release")
	fi
done

if [ "$dist" = --make ]; then
	for release in "${releases[@]}"; do
		userland "$release" &
		wait $!
	done
	exit
fi

declare -A making=()
make_next()
{
	[ $# = 0 ] || {
		userland "$1" &
		making[$1]=$!
	}
}
make_next "${releases[@]:0:1}"
for i in "${!releases[@]}"; do
	wait "${making[${releases[i]}]}"
	make_next "${releases[@]:i+1:1}"
	check "${releases[i]}" >"$base/${releases[i]}.log" 2>&1
	cat "$base/${releases[i]}.log"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
