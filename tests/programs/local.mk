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
	tests/programs/plug-tail.la

tests_programs_plug_la_SOURCES = tests/programs/plug.c tests/programs/common.h
tests_programs_plug_la_CFLAGS = $(program_cflags)
tests_programs_plug_la_LDFLAGS = $(plugin_ldflags)

tests_programs_plug_tail_la_SOURCES = tests/programs/plug.c \
	tests/programs/common.h
tests_programs_plug_tail_la_CFLAGS = $(program_cflags) -DTAIL
tests_programs_plug_tail_la_LDFLAGS = $(plugin_ldflags)
