# SPDX-License-Identifier: MIT
# Layer 2: reads reports; runs after the checked program, never inside it.
report_sources = \
	lib/report/arena.c lib/report/arena.h \
	lib/report/model.c lib/report/model.h \
	lib/report/reader.c lib/report/reader.h

noinst_LIBRARIES += lib/report/libreport.a
lib_report_libreport_a_SOURCES = $(report_sources)
lib_report_libreport_a_CFLAGS = $(AM_CFLAGS) $(LIBDW_CFLAGS)
