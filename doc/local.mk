# SPDX-License-Identifier: MIT
man_MANS += doc/alloccheck.1
CLEANFILES += doc/alloccheck.1
EXTRA_DIST += doc/alloccheck.1.in

doc/alloccheck.1: doc/alloccheck.1.in tools/gen-manual$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && \
	tools/gen-manual$(EXEEXT) $(srcdir)/doc/alloccheck.1.in >$@.new && \
	mv -f $@.new $@

dist_doc_DATA += README doc/ARCHITECTURE doc/DATABASES doc/FORMAT doc/GLOSSARY doc/HACKING \
	doc/INCIDENT doc/SAFETY doc/SCAN doc/SUPPRESSIONS
dist_doc_DATA += doc/report.schema.json
