# SPDX-License-Identifier: MIT
# The offline side on whole reports: see README here.
report_sample_names = \
	bad-crc bad-cut bad-empty bad-fields bad-foreign bad-garbage-between \
	bad-header-cut good-deep-bind good-kinds good-newer-minor \
	good-not-a-mix good-nothing unsupported-major
EXTRA_DIST += tests/reports/README tests/reports/names.py \
	tests/reports/symbols.c \
	$(report_sample_names:%=tests/reports/%.txt) \
	$(report_sample_names:%=tests/reports/%.text) \
	$(report_sample_names:%=tests/reports/%.json)

check_PROGRAMS += tests/reports/make-report tests/reports/survive
tests_reports_make_report_SOURCES = tests/reports/make-report.c
tests_reports_make_report_LDADD = lib/contract/libcontract.a

tests_reports_survive_SOURCES = tests/reports/survive.c
tests_reports_survive_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS)

report_tests = tests/reports/samples.sh tests/reports/survive.sh \
	tests/reports/symbols.sh
TESTS += $(report_tests)
dist_check_SCRIPTS += $(report_tests)
