# SPDX-License-Identifier: MIT
# From templates and the tables of options.
manuals = doc/alloccheck.1 doc/alloccheck-report.1 doc/alloccheck-scan.1
man_MANS += $(manuals)
CLEANFILES += $(manuals)
EXTRA_DIST += $(manuals:%=%.in)
dist_man_MANS += doc/alloccheck-report.5 doc/alloccheck-suppressions.5

$(manuals): tools/gen-manual$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && \
	tools/gen-manual$(EXEEXT) $(srcdir)/$@.in >$@.new && mv -f $@.new $@
doc/alloccheck.1: doc/alloccheck.1.in
doc/alloccheck-report.1: doc/alloccheck-report.1.in
doc/alloccheck-scan.1: doc/alloccheck-scan.1.in

dist_doc_DATA += README doc/ARCHITECTURE doc/CI doc/DATABASES doc/FORMAT doc/GLOSSARY doc/HACKING \
	doc/INCIDENT doc/PERFORMANCE doc/TABLE doc/SAFETY doc/SCAN doc/SUPPRESSIONS
dist_doc_DATA += doc/report.schema.json

# The examples that doc/CI is about; tests/pages/ci.sh runs them.
EXTRA_DIST += doc/ci/bad.c doc/ci/good.c doc/ci/automake/Makefile.am \
	doc/ci/automake/configure.ac doc/ci/ctest/CMakeLists.txt \
	doc/ci/meson/meson.build doc/ci/pytest/conftest.py \
	doc/ci/pytest/test_example.py
