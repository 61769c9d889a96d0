#!/bin/sh
# SPDX-License-Identifier: MIT
# A plugin with a libc of its own (dlmopen), and an auditor with one
# (LD_AUDIT): a second ptmalloc.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/init.sh"
need_tcmalloc
plug=$plugins/plug.so

for preload in '' "$tcmalloc"; do
	here=${preload:+tcmalloc}
	here=${here:-glibc}
	run_alloccheck "$programs/mixes" namespace "$plug"
	expect_status 99
	expect_findings "T11 slug=second-namespace severity=error owner=glibc
		freer=$here api=free allocapi=malloc count=1 size=120
		alloc~mixes_alloc free~mixes_free"
	run_alloccheck "$programs/mixes" namespace_back "$plug"
	expect_status 99
	expect_findings "T11 severity=error owner=$here freer=glibc api=free
		allocapi=malloc count=1 size=120 alloc~mixes_alloc
		free~plug_free"
	run_alloccheck --log-empty "$programs/mixes" namespace_own "$plug"
	expect_clean
	run_alloccheck --log-empty "$programs/mixes" namespaces "$plug" 30
	expect_clean
done
preload=

# An auditor; what it allocated before there was anything else is unknown.  At
# last it leaves a block of its own to the program.
for preload in '' "$tcmalloc"; do
	LD_AUDIT=$plugins/auditor.so
	export LD_AUDIT
	run_plain "$programs/mixes" none
	expect_status 0
	cp out plain.out
	run_preloaded log_empty=1 "$programs/mixes" none
	unset LD_AUDIT
	expect_status 0
	expect_findings --unknown=any
	expect_same plain.out
	here=${preload:+tcmalloc}
	here=${here:-glibc}
	LD_AUDIT=$plugins/auditor.so AUDITOR_BLOCK=$work/block \
		run_preloaded "" "$programs/mixes" address "$work/block"
	expect_status 0
	expect_findings --unknown=any "T11 owner=glibc freer=$here api=free
		allocapi=malloc count=1 size=100 alloc~auditor_alloc free~mixes_free"
done
