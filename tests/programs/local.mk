# SPDX-License-Identifier: MIT
# The programs and plugins that the shell tests run: one behaviour each.  A
# frame that a test looks for in a stack must be there, so no tail calls
# (where one is wanted it is written down) and nothing built in.
program_cflags = $(AM_CFLAGS) -D_GNU_SOURCE -g -fno-builtin -fno-optimize-sibling-calls \
	-Wno-missing-prototypes
program_ldadd = -ldl -lpthread
plugin_ldflags = -module -avoid-version -shared -rpath /nowhere

check_PROGRAMS += \
	tests/programs/engine \
	tests/programs/matrix

tests_programs_engine_SOURCES = tests/programs/engine.c tests/programs/common.h
tests_programs_engine_CFLAGS = $(program_cflags)
tests_programs_engine_LDADD = $(program_ldadd)

tests_programs_matrix_SOURCES = tests/programs/matrix.c \
	tests/programs/entries.c tests/programs/entries.h \
	tests/programs/common.h
tests_programs_matrix_CFLAGS = $(program_cflags)
tests_programs_matrix_LDADD = lib/contract/libcontract.a $(program_ldadd)

check_LTLIBRARIES += \
	tests/programs/plug.la \
	tests/programs/plug-tail.la \
	tests/programs/go-runtime.la

tests_programs_go_runtime_la_SOURCES = tests/programs/go-runtime.c
tests_programs_go_runtime_la_LDFLAGS = $(plugin_ldflags)

tests_programs_plug_la_SOURCES = tests/programs/plug.c tests/programs/common.h
tests_programs_plug_la_CFLAGS = $(program_cflags)
tests_programs_plug_la_LDFLAGS = $(plugin_ldflags)

check_PROGRAMS += tests/programs/make-family
tests_programs_make_family_SOURCES = tests/programs/make-family.c \
	tests/programs/common.h
tests_programs_make_family_CFLAGS = $(program_cflags)
tests_programs_make_family_LDADD = lib/contract/libcontract.a

check_PROGRAMS += tests/programs/unloads
tests_programs_unloads_SOURCES = tests/programs/unloads.c \
	tests/programs/common.h
tests_programs_unloads_CFLAGS = $(program_cflags)
tests_programs_unloads_LDADD = $(program_ldadd)

check_LTLIBRARIES += \
	tests/programs/crooked.la \
	tests/programs/got-rewriter.la \
	tests/programs/got-rewriter-tail.la
tests_programs_got_rewriter_tail_la_SOURCES = tests/programs/got-rewriter.c \
	tests/programs/common.h
tests_programs_got_rewriter_tail_la_CFLAGS = $(program_cflags) -DTAIL
tests_programs_got_rewriter_tail_la_LDFLAGS = $(plugin_ldflags)
tests_programs_got_rewriter_tail_la_LIBADD = -ldl
tests_programs_crooked_la_SOURCES = tests/programs/crooked.c \
	tests/programs/common.h
tests_programs_crooked_la_CFLAGS = $(program_cflags)
tests_programs_crooked_la_LDFLAGS = $(plugin_ldflags)
tests_programs_got_rewriter_la_SOURCES = tests/programs/got-rewriter.c \
	tests/programs/common.h
tests_programs_got_rewriter_la_CFLAGS = $(program_cflags)
tests_programs_got_rewriter_la_LDFLAGS = $(plugin_ldflags)
tests_programs_got_rewriter_la_LIBADD = -ldl

check_LTLIBRARIES += tests/programs/auditor.la
tests_programs_auditor_la_SOURCES = tests/programs/auditor.c \
	tests/programs/common.h
tests_programs_auditor_la_CFLAGS = $(program_cflags)
tests_programs_auditor_la_LDFLAGS = $(plugin_ldflags)

tests_programs_plug_tail_la_SOURCES = tests/programs/plug.c \
	tests/programs/common.h
tests_programs_plug_tail_la_CFLAGS = $(program_cflags) -DTAIL
tests_programs_plug_tail_la_LDFLAGS = $(plugin_ldflags)

# One source file each.
check_PROGRAMS += \
	tests/programs/citizen \
	tests/programs/misuse \
	tests/programs/mixes \
	tests/programs/unknown \
	tests/programs/threads \
	tests/programs/chunkserver \
	tests/programs/forks \
	tests/programs/loads \
	tests/programs/signals \
	tests/programs/spawn \
	tests/programs/throws \
	tests/programs/operators \
	tests/programs/blocks \
	tests/programs/heap

tests_programs_citizen_SOURCES = tests/programs/citizen.c
tests_programs_citizen_CFLAGS = $(program_cflags)
tests_programs_citizen_LDADD = $(program_ldadd)
tests_programs_misuse_SOURCES = tests/programs/misuse.c
tests_programs_misuse_CFLAGS = $(program_cflags)
tests_programs_misuse_LDADD = $(program_ldadd)
tests_programs_mixes_SOURCES = tests/programs/mixes.c
tests_programs_mixes_CFLAGS = $(program_cflags)
tests_programs_mixes_LDADD = $(program_ldadd)
tests_programs_unknown_SOURCES = tests/programs/unknown.c
tests_programs_unknown_CFLAGS = $(program_cflags)
tests_programs_unknown_LDADD = $(program_ldadd)
tests_programs_threads_SOURCES = tests/programs/threads.c
tests_programs_threads_CFLAGS = $(program_cflags)
tests_programs_threads_LDADD = $(program_ldadd)
tests_programs_chunkserver_SOURCES = tests/programs/chunkserver.c
tests_programs_chunkserver_CFLAGS = $(program_cflags)
tests_programs_chunkserver_LDADD = $(program_ldadd)
tests_programs_forks_SOURCES = tests/programs/forks.c
tests_programs_forks_CFLAGS = $(program_cflags)
tests_programs_forks_LDADD = $(program_ldadd)
tests_programs_loads_SOURCES = tests/programs/loads.c
tests_programs_loads_CFLAGS = $(program_cflags)
tests_programs_loads_LDADD = $(program_ldadd)
tests_programs_signals_SOURCES = tests/programs/signals.c
tests_programs_signals_CFLAGS = $(program_cflags)
tests_programs_signals_LDADD = $(program_ldadd)
tests_programs_spawn_SOURCES = tests/programs/spawn.c
tests_programs_spawn_CFLAGS = $(program_cflags)
tests_programs_spawn_LDADD = $(program_ldadd)
tests_programs_blocks_SOURCES = tests/programs/blocks.c
tests_programs_blocks_CFLAGS = $(program_cflags)
tests_programs_blocks_LDADD = $(program_ldadd)

tests_programs_heap_SOURCES = tests/programs/heap.c tests/programs/common.h
tests_programs_heap_CFLAGS = $(program_cflags)
tests_programs_operators_SOURCES = tests/programs/operators.cc
tests_programs_operators_CXXFLAGS = -std=gnu++17 -g -Wall -Wextra
tests_programs_operators_LDADD = $(program_ldadd)
tests_programs_throws_SOURCES = tests/programs/throws.cc
tests_programs_throws_CXXFLAGS = -std=gnu++17 -g -Wall -Wextra
tests_programs_throws_LDADD = $(program_ldadd)

check_PROGRAMS += tests/programs/hook-writer tests/programs/no-perf
tests_programs_hook_writer_SOURCES = tests/programs/hook-writer.c \
	tests/programs/common.h
tests_programs_hook_writer_CFLAGS = $(program_cflags)
tests_programs_hook_writer_LDADD = $(program_ldadd)
tests_programs_no_perf_SOURCES = tests/programs/no-perf.c \
	tests/programs/common.h
tests_programs_no_perf_CFLAGS = $(program_cflags)

check_PROGRAMS += tests/programs/refuse
tests_programs_refuse_SOURCES = tests/programs/refuse.c \
	tests/programs/common.h
tests_programs_refuse_CFLAGS = $(program_cflags)
check_PROGRAMS += tests/programs/starts
tests_programs_starts_SOURCES = tests/programs/starts.c tests/programs/common.h
tests_programs_starts_CFLAGS = $(program_cflags)

check_PROGRAMS += tests/programs/crashes
tests_programs_crashes_SOURCES = tests/programs/crashes.c \
	tests/programs/common.h
tests_programs_crashes_CFLAGS = $(program_cflags)
tests_programs_crashes_LDADD = $(program_ldadd)

check_PROGRAMS += tests/programs/asks
tests_programs_asks_SOURCES = tests/programs/asks.c tests/programs/common.h
tests_programs_asks_CFLAGS = $(program_cflags)

check_PROGRAMS += tests/programs/ages
tests_programs_ages_SOURCES = tests/programs/ages.c tests/programs/common.h
tests_programs_ages_CFLAGS = $(program_cflags)

check_PROGRAMS += tests/programs/holds
tests_programs_holds_SOURCES = tests/programs/holds.c tests/programs/common.h
tests_programs_holds_CFLAGS = $(program_cflags)

check_PROGRAMS += tests/programs/dying
tests_programs_dying_SOURCES = tests/programs/dying.c tests/programs/common.h
tests_programs_dying_CFLAGS = $(program_cflags)
tests_programs_dying_LDADD = $(program_ldadd)

check_PROGRAMS += tests/programs/no-exec tests/programs/storm \
	tests/programs/remap tests/programs/churn
tests_programs_churn_SOURCES = tests/programs/churn.c tests/programs/common.h
tests_programs_churn_CFLAGS = $(program_cflags)
tests_programs_churn_LDADD = $(program_ldadd)
tests_programs_remap_SOURCES = tests/programs/remap.c tests/programs/common.h
tests_programs_remap_CFLAGS = $(program_cflags)
tests_programs_no_exec_SOURCES = tests/programs/no-exec.c \
	tests/programs/common.h
tests_programs_no_exec_CFLAGS = $(program_cflags)
tests_programs_no_exec_LDADD = $(program_ldadd)
tests_programs_storm_SOURCES = tests/programs/storm.c tests/programs/common.h
tests_programs_storm_CFLAGS = $(program_cflags)
tests_programs_storm_LDADD = $(program_ldadd)

check_PROGRAMS += tests/programs/arena-lock
tests_programs_arena_lock_SOURCES = tests/programs/arena-lock.c \
	tests/programs/common.h
tests_programs_arena_lock_CFLAGS = $(program_cflags)
tests_programs_arena_lock_LDADD = $(program_ldadd)

check_LTLIBRARIES += tests/programs/own-malloc.la
tests_programs_own_malloc_la_SOURCES = tests/programs/own-malloc.c
tests_programs_own_malloc_la_CFLAGS = $(program_cflags)
tests_programs_own_malloc_la_LDFLAGS = $(plugin_ldflags)

check_LTLIBRARIES += tests/programs/forward.la tests/programs/header.la
tests_programs_forward_la_SOURCES = tests/programs/forward.c
tests_programs_forward_la_CFLAGS = $(program_cflags)
tests_programs_forward_la_LDFLAGS = $(plugin_ldflags)
tests_programs_forward_la_LIBADD = -ldl
tests_programs_header_la_SOURCES = tests/programs/forward.c
tests_programs_header_la_CFLAGS = $(program_cflags) -DHEADER
tests_programs_header_la_LDFLAGS = $(plugin_ldflags)
tests_programs_header_la_LIBADD = -ldl

# Built by the test that wants it, with link options of its own.
EXTRA_DIST += tests/programs/mismatch.cc tests/programs/outer.c tests/programs/linked.c \
	tests/programs/static-sql.c tests/programs/static-lua.c \
	tests/programs/glue.c


check_PROGRAMS += tests/programs/odd-lock
tests_programs_odd_lock_SOURCES = tests/programs/odd-lock.c \
	tests/programs/common.h
tests_programs_odd_lock_CFLAGS = $(program_cflags)
tests_programs_odd_lock_LDADD = $(program_ldadd)

check_PROGRAMS += tests/programs/stay
tests_programs_stay_SOURCES = tests/programs/stay.c tests/programs/common.h
tests_programs_stay_CFLAGS = $(program_cflags)
tests_programs_stay_LDADD = $(program_ldadd)

check_LTLIBRARIES += tests/programs/linger.la
tests_programs_linger_la_SOURCES = tests/programs/linger.c \
	tests/programs/common.h
tests_programs_linger_la_CFLAGS = $(program_cflags)
tests_programs_linger_la_LDFLAGS = $(plugin_ldflags)

check_PROGRAMS += tests/programs/coroutines
tests_programs_coroutines_SOURCES = tests/programs/coroutines.c \
	tests/programs/common.h
tests_programs_coroutines_CFLAGS = $(program_cflags)
