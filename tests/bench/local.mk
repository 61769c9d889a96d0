# SPDX-License-Identifier: MIT
# make bench: what it costs, as ratios.  Never part of make check.
bench_programs = tests/bench/pairs tests/bench/growth
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES += $(bench_programs)
tests_bench_pairs_SOURCES = tests/bench/pairs.c
tests_bench_pairs_CFLAGS = $(AM_CFLAGS) -O2 -fno-builtin \
	-fno-optimize-sibling-calls

tests_bench_growth_SOURCES = tests/bench/growth.c $(table_sources)
tests_bench_growth_CFLAGS = $(AM_CFLAGS) -O2
tests_bench_growth_LDADD = -lpthread

EXTRA_LTLIBRARIES = tests/bench/empty.la
CLEANFILES += tests/bench/empty.la
tests_bench_empty_la_SOURCES = tests/bench/empty.c
tests_bench_empty_la_LDFLAGS = $(plugin_ldflags)

EXTRA_DIST += tests/bench/bench.py

BENCH_ROUNDS = 5
.PHONY: bench
bench: all $(bench_programs) tests/bench/empty.la
	$(PYTHON3) $(srcdir)/tests/bench/bench.py . $(srcdir) $(BENCH_ROUNDS)

# How the ownership table grows.
.PHONY: bench-growth
bench-growth: $(bench_programs)
	tests/bench/growth
