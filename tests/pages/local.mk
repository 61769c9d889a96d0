# SPDX-License-Identifier: MIT
# What is made of reports for others to read: the HTML page in a browser, the
# forms that CI systems read, completions in their shells, the examples of
# doc/CI with the tools that they are for; and the browser itself under
# alloccheck.  make check runs those that need
# little; make check-pages all.
pages_tests_in_check = tests/pages/formats.sh
pages_tests_beside = \
	tests/pages/browser.sh \
	tests/pages/chromium.sh \
	tests/pages/ci.sh \
	tests/pages/completions.sh
pages_tests = $(pages_tests_in_check) $(pages_tests_beside)
TESTS += $(pages_tests_in_check)
dist_check_SCRIPTS += $(pages_tests)
EXTRA_DIST += tests/pages/browser.py tests/pages/formats.py \
	tests/pages/hostile.txt tests/pages/sarif.schema.json \
	tests/pages/validate.py tests/pages/zsh-complete

.PHONY: check-pages check-all
# What make check runs and these, in one go.
check-all: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(TESTS) $(pages_tests_beside)'
check-pages: all
	PICTURES='$(PICTURES)' $(MAKE) $(AM_MAKEFLAGS) check \
		TESTS='$(pages_tests)'
