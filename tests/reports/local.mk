# SPDX-License-Identifier: MIT
# The offline side on whole reports: see README here.
report_sample_names = \
	bad-crc bad-cut bad-empty bad-fields bad-foreign bad-garbage-between \
	bad-header-cut good-crash good-deep-bind good-kinds good-newer-minor \
	good-not-a-mix good-nothing good-split-lock unsupported-major
EXTRA_DIST += tests/reports/README tests/reports/names.py \
	tests/reports/symbols.c \
	$(report_sample_names:%=tests/reports/%.txt) \
	$(report_sample_names:%=tests/reports/%.text) \
	$(report_sample_names:%=tests/reports/%.json)

check_PROGRAMS += tests/reports/make-report tests/reports/survive \
	tests/reports/fleet
tests_reports_fleet_SOURCES = tests/reports/fleet.c
tests_reports_fleet_LDADD = lib/contract/libcontract.a

tests_reports_make_report_SOURCES = tests/reports/make-report.c
tests_reports_make_report_LDADD = lib/contract/libcontract.a

tests_reports_survive_SOURCES = tests/reports/survive.c
tests_reports_survive_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS)

report_tests = tests/reports/samples.sh tests/reports/survive.sh \
	tests/reports/symbols.sh tests/reports/format.sh \
	tests/reports/databases.sh tests/reports/merge.sh \
	tests/reports/elsewhere.sh
TESTS += $(report_tests)
dist_check_SCRIPTS += $(report_tests)

# What reads files that come from elsewhere, under the sanitizers, both at once:
# a build of its own in a sub-folder, of these parts alone.
sanitized_programs = tests/reports/make-report tests/reports/survive \
	tools/alloccheck tests/fuzz/replay-report \
	tests/fuzz/replay-suppressions tests/fuzz/replay-options
sanitized_tests = tests/reports/samples.sh tests/reports/survive.sh \
	tests/reports/symbols.sh tests/reports/format.sh \
	tests/reports/elsewhere.sh tests/fuzz/replay.sh
if HAVE_CHECK
sanitized_unit_tests = tests/unit/test-options tests/unit/test-families \
	$(report_unit_tests)
endif
SANITIZERS = address,undefined
.PHONY: check-sanitized
check-sanitized:
	$(MKDIR_P) sanitized
	cd sanitized && { test -f Makefile || \
		$(abs_top_srcdir)/configure --quiet CC='$(CC)' CXX='$(CXX)' \
		CFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZERS) -fno-sanitize-recover=all'; }
	cd sanitized && $(MAKE) $(AM_MAKEFLAGS) \
		$(sanitized_programs) $(sanitized_unit_tests)
	cd sanitized && $(MAKE) $(AM_MAKEFLAGS) check-TESTS \
		check_PROGRAMS= check_LTLIBRARIES= check_LIBRARIES= \
		TESTS='$(sanitized_unit_tests) $(sanitized_tests)'
distclean-local:
	rm -rf sanitized fuzz
