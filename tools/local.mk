# SPDX-License-Identifier: MIT
bin_PROGRAMS += tools/alloccheck
tools_alloccheck_SOURCES = \
	tools/alloccheck.c tools/child.c tools/collect.c tools/count.c \
	tools/command-line.c \
	tools/commands.h tools/environment.c tools/help.c tools/launch.h tools/log-path.c \
	tools/report.c tools/report-show.c \
	tools/report-show.h tools/report-state.c tools/report-state.h tools/reports.c tools/rules.c tools/run.c \
	tools/scan.c tools/scan-host.c tools/tool-options.c tools/tool-options.h
tools_alloccheck_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir) \
	-DALCK_PKGLIBDIR='"$(pkglibdir)"' -DALCK_PKGDATADIR='"$(pkgdatadir)"'
tools_alloccheck_LDADD = lib/inspect/libinspect.a lib/report/libreport.a \
	lib/contract/libcontract.a $(INSPECT_LIBS) $(REPORT_LIBS)

# Makes the manual's list of options; see doc/local.mk.
noinst_PROGRAMS += tools/gen-manual
tools_gen_manual_SOURCES = tools/gen-manual.c tools/help.c tools/tool-options.c
tools_gen_manual_CPPFLAGS = $(tools_alloccheck_CPPFLAGS)
tools_gen_manual_LDADD = lib/report/libreport.a lib/contract/libcontract.a \
	$(REPORT_LIBS)

EXTRA_DIST += tools/report-options.def tools/scan-options.def tools/debian-packages tools/setup.sh
dist_noinst_SCRIPTS += tools/test tools/try
dist_pkgdata_DATA = tools/default.supp

# Completions, from the same tables.
noinst_PROGRAMS += tools/gen-completions
tools_gen_completions_SOURCES = tools/gen-completions.c tools/help.c \
	tools/tool-options.c
tools_gen_completions_CPPFLAGS = $(tools_alloccheck_CPPFLAGS)
tools_gen_completions_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS)
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = tools/completions/alloccheck
zshcompletiondir = $(datadir)/zsh/site-functions
nodist_zshcompletion_DATA = tools/completions/_alloccheck
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_fishcompletion_DATA = tools/completions/alloccheck.fish
CLEANFILES += tools/completions/alloccheck tools/completions/_alloccheck \
	tools/completions/alloccheck.fish
tools/completions/alloccheck: tools/gen-completions$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) tools/completions && \
	tools/gen-completions$(EXEEXT) bash >$@.new && mv -f $@.new $@
tools/completions/_alloccheck: tools/gen-completions$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) tools/completions && \
	tools/gen-completions$(EXEEXT) zsh >$@.new && mv -f $@.new $@
tools/completions/alloccheck.fish: tools/gen-completions$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) tools/completions && \
	tools/gen-completions$(EXEEXT) fish >$@.new && mv -f $@.new $@
