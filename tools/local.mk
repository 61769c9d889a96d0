# SPDX-License-Identifier: MIT
bin_PROGRAMS += tools/alloccheck
tools_alloccheck_SOURCES = \
	tools/alloccheck.c tools/child.c tools/command-line.c \
	tools/commands.h tools/environment.c tools/help.c tools/launch.h \
	tools/report.c tools/run.c
tools_alloccheck_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DALCK_PKGLIBDIR='"$(pkglibdir)"'
tools_alloccheck_LDADD = lib/inspect/libinspect.a lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS)
