# SPDX-License-Identifier: MIT
# Layer 2: reads reports; runs after the checked program, never inside it.
report_sources = \
	lib/report/age.c lib/report/age.h \
	lib/report/arena.c lib/report/arena.h \
	lib/report/mismatch.c lib/report/mismatch.h \
	lib/report/promise.c lib/report/promise.h \
	lib/report/model.c lib/report/model.h \
	lib/report/crash.c lib/report/crash.h \
	lib/report/date.c lib/report/date.h \
	lib/report/decode.c lib/report/decode.h \
	lib/report/demangle.c lib/report/demangle.h \
	lib/report/diff.c lib/report/diff.h \
	lib/report/explain.c lib/report/explain.h \
	lib/report/html.h \
	lib/report/html-cards.c lib/report/html-cards.h \
	lib/report/html-finding.c lib/report/html-map.c \
	lib/report/html-crash.c lib/report/html-rest.c lib/report/html-timeline.c \
	lib/report/image-names.c lib/report/images-internal.h \
	lib/report/images.c lib/report/images.h \
	lib/report/json.c lib/report/json.h \
	lib/report/merge.c lib/report/merge.h \
	lib/report/action.c \
	lib/report/otherwise.c \
	lib/report/page.c lib/report/page.h \
	lib/report/progress.c lib/report/progress.h \
	lib/report/provenance.c lib/report/provenance.h \
	lib/report/reader.c lib/report/reader.h \
	lib/report/render.c lib/report/render.h \
	lib/report/render-crash.c lib/report/render-crash.h \
	lib/report/render-html.c lib/report/render-html.h \
	lib/report/render-json.c lib/report/render-json.h \
	lib/report/render-junit.c lib/report/render-junit.h \
	lib/report/render-merged.c lib/report/render-merged.h \
	lib/report/render-ndjson.c lib/report/render-ndjson.h \
	lib/report/render-sarif.c lib/report/render-sarif.h \
	lib/report/render-text.c lib/report/render-text.h \
	lib/report/signature.c lib/report/signature.h \
	lib/report/split-lock.c lib/report/split-lock.h \
	lib/report/summary.c lib/report/summary.h \
	lib/report/suppression-text.c lib/report/suppression-text.h \
	lib/report/suppressions.c lib/report/suppressions.h \
	lib/report/symbolize.c lib/report/symbolize.h \
	lib/report/sysroot.c lib/report/sysroot.h \
	lib/report/trim.c \
	lib/report/utf8.c lib/report/utf8.h \
	lib/report/view.c lib/report/view.h

noinst_LIBRARIES += lib/report/libreport.a
lib_report_libreport_a_SOURCES = $(report_sources)
lib_report_libreport_a_CFLAGS = $(AM_CFLAGS) $(LIBDW_CFLAGS)
# What a program that links libreport.a needs besides.
REPORT_LIBS = $(LIBDW_LIBS) $(DEMANGLE_LIBS)

# The HTML page's template as C: a string for each line.
EXTRA_DIST += lib/report/page.html
CLEANFILES += lib/report/page.inc
lib/report/page.inc: lib/report/page.html
	$(AM_V_GEN)$(MKDIR_P) lib/report && \
	sed -e 's/[\\"]/\\&/g' -e 's/^/"/' -e 's/$$/\\n",/' \
		$(srcdir)/lib/report/page.html >$@.new && mv -f $@.new $@
lib/report/libreport_a-page.$(OBJEXT): lib/report/page.inc
