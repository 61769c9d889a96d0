# SPDX-License-Identifier: MIT
# The ownership table's own sources, in all orders of their atomic operations.
check_PROGRAMS += tests/model/table
TESTS += tests/model/table
tests_model_table_SOURCES = tests/model/explore.c tests/model/explore.h \
	tests/model/kernel.h tests/model/table.c \
	tests/model/scenarios.c tests/model/scenarios.h \
	tests/model/age-scenarios.c \
	tests/model/arena-scenarios.c tests/model/growth-scenarios.c \
	tests/model/hot-scenarios.c tests/model/page-scenarios.c \
	tests/model/word-scenarios.c \
	lib/preload/age-table.c lib/preload/age-table.h \
	lib/preload/arena.c lib/preload/arena.h \
	lib/preload/one-thread.c lib/preload/one-thread.h \
	lib/preload/owner-grow.c lib/preload/owner-grow.h \
	lib/preload/owner-pieces.c lib/preload/owner-pieces.h \
	lib/preload/owner-table.c lib/preload/owner-table.h \
	lib/preload/owner-word.h \
	lib/preload/page-table.c lib/preload/page-table.h
tests_model_table_CFLAGS = $(AM_CFLAGS) -O2 -Wno-unused-value \
	-I$(top_srcdir)/tests/model \
	-include $(top_srcdir)/tests/model/explore.h \
	-include $(top_srcdir)/tests/model/kernel.h
