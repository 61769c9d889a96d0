# SPDX-License-Identifier: MIT
# make bench: what it costs, as ratios, beside what others cost; never part of
# make check, but for a run so short that it measures nothing (smoke.sh).
#
#	make bench BENCH="--rounds=11 --only=perl,redis --without=memcheck"
bench_programs = tests/bench/pairs tests/bench/growth
check_PROGRAMS += $(bench_programs)
tests_bench_pairs_SOURCES = tests/bench/pairs.c
tests_bench_pairs_CFLAGS = $(AM_CFLAGS) -O2 -fno-builtin \
	-fno-optimize-sibling-calls
tests_bench_pairs_LDADD = -lpthread -lstdc++
tests_bench_growth_SOURCES = tests/bench/growth.c \
	tests/bench/growth-figures.c tests/bench/growth-figures.h \
	tests/bench/growth-heaps.c tests/bench/growth-heaps.h $(table_sources)
tests_bench_growth_CFLAGS = $(AM_CFLAGS) -O2
tests_bench_growth_LDADD = -lpthread -ldl

bench_libraries = tests/bench/empty.la tests/bench/calls.la
check_LTLIBRARIES += $(bench_libraries)
tests_bench_empty_la_SOURCES = tests/bench/empty.c
tests_bench_empty_la_LDFLAGS = $(plugin_ldflags)
tests_bench_calls_la_SOURCES = tests/bench/calls.c
tests_bench_calls_la_CFLAGS = $(AM_CFLAGS) -O2 -fno-builtin
tests_bench_calls_la_LDFLAGS = $(plugin_ldflags)
tests_bench_calls_la_LIBADD = -ldl

TESTS += tests/bench/smoke.sh
dist_check_SCRIPTS += tests/bench/smoke.sh
EXTRA_DIST += tests/bench/bench.py tests/bench/instructions.py \
	tests/bench/pictures.py \
	tests/bench/tools.py tests/bench/works.py

BENCH =
run_bench = CC='$(CC)' $(PYTHON3) $(srcdir)/tests/bench/bench.py $(BENCH)
.PHONY: bench bench-growth bench-instructions
bench: all $(bench_programs) $(bench_libraries)
	$(run_bench) . $(srcdir)

# What a malloc and its free take at each level: exact on a busy machine too.
# Of real programs with BENCH=--programs.
bench-instructions: all $(bench_programs) $(bench_libraries)
	$(run_bench) --instructions . $(srcdir)

# How the ownership table grows.
bench-growth: $(bench_programs)
	tests/bench/growth
