#!/bin/sh
# SPDX-License-Identifier: MIT
# Allocators that are unloaded while their blocks are out, and the stacks of
# what is not there any more.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_command jq

want_mimalloc

# An allocator of ours, and the only real one that lets itself be unloaded.
for library in "$plugins/own-malloc.so" $mimalloc; do
	case $library in
	*mimalloc*) owner=mimalloc ;;
	*) owner=other ;;
	esac
	run_alloccheck "$programs/unloads" free "$library"
	expect_status 99
	expect_findings "T17 slug=provider-unloaded severity=error
		verdict=cross-allocator owner=$owner freer=glibc api=free
		allocapi=malloc action=leak count=1 size=200
		alloc~unloads_alloc free~unloads_free"
	run_alloccheck "$programs/unloads" realloc "$library"
	expect_status 99
	expect_findings "T17 owner=$owner freer=glibc api=realloc action=leak
		count=1 alloc~unloads_alloc free~unloads_realloc"
	# Loaded again it is another: it does not know the block.
	run_alloccheck "$programs/unloads" again "$library"
	expect_status 99
	expect_findings "T17 owner=$owner freer=$owner api=free action=leak
		count=1 alloc~unloads_alloc free~unloads_free"
	# What is never freed is told at the end, under the name that it had.
	run_alloccheck "$programs/unloads" never "$library"
	expect_status 0
	expect_findings "T17b slug=left-behind severity=info
		verdict=left-behind owner=$owner allocapi=malloc count=1
		alloc~unloads_alloc"
	jq -e '.findings[0] | .blocks == 1 and .bytes == 200' findings.json \
		>/dev/null || fail "not one block of 200 bytes"
	run_alloccheck --log-empty "$programs/unloads" rounds "$library"
	expect_clean
	# Noticed at once, and by looking at the loader's list now and then.
	for watch in 1 0; do
		run_alloccheck --watch-loads=$watch "$programs/unloads" known \
			"$library" "$plugins/plug.so"
		expect_status 99
		expect_findings "T17 owner=$owner freer=glibc api=free
			action=leak count=1 alloc~unloads_alloc
			free~unloads_free"
	done
done

# A plugin is unloaded, another one lies where it was, and it comes again:
# each stack has the names of its own time.  tcmalloc, whose blocks stay where
# they are.
run_alloccheck "$programs/unloads" stacks "$plugins/plug.so" "$work/second.so"
expect_status 3
cp "$plugins/plug.so" second.so
run_alloccheck "$programs/unloads" stacks "$plugins/plug.so" "$work/second.so"
expect_status 99
expect_findings "T22 verdict=double-free count=1 size=200
	alloc~plug_malloc first~plug_free free~plug_free"
modules()
{
	jq -r ".findings[0].$1.stack[] | select(.function | startswith(\"plug_\"))
		| .module | split(\"/\")[-1]" findings.json
}
for pair in allocation:plug.so first_deallocation:second.so \
	deallocation:plug.so; do
	is=$(modules "${pair%:*}")
	[ "$is" = "${pair#*:}" ] || fail "${pair%:*} in $is"
done
