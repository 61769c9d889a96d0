# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# One row of the matrix, sourced by cases/matrix-FAMILY.sh: the blocks of
# FAMILY, from each of its allocating entries, to each freeing entry of each
# other family, and to its own.  Which entries there are say the family tables
# and the libraries.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_jemalloc
need_tcmalloc
want_mimalloc
need_tbb
want_scudo
need_library glibc libc.so.6 libc6

# jemalloc is not made for dlopen: its thread-local data is static.
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536
export GLIBC_TUNABLES

owner=${test_name#matrix-}
[ "$owner" != mimalloc ] || need_mimalloc
[ "$scudo" ] || [ "$owner" != scudo ] ||
	skip "no scudo here (Debian package libclang-rt-14-dev)"
for freer in glibc jemalloc tcmalloc mimalloc tbbmalloc scudo; do
	eval "from=\$$owner to=\$$freer"
	[ "$to" ] || continue
	run_alloccheck --log-empty=1 "$programs/matrix" "$owner" "$from" \
		"$freer" "$to"
	case $freer in
	"$owner") expect_status 0 ;;
	*) expect_status 99 ;;
	esac
	json
	"$PYTHON3" "$top_srcdir/tests/matrix.py" out findings.json "$owner" \
		"$freer" >findings.txt || fail "blocks of $owner to $freer"
	cat findings.txt
done
