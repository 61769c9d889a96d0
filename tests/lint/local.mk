# SPDX-License-Identifier: MIT
# Rules as tests.  make lint runs all of them; make check those that are cheap
# and judge what was built rather than how it is written.
lint_in_check = \
	tests/lint/contract.sh \
	tests/lint/library.sh \
	tests/lint/manual.sh
lint_tests = $(lint_in_check) \
	tests/lint/format.sh \
	tests/lint/sources.sh
TESTS += $(lint_in_check)
dist_check_SCRIPTS += $(lint_tests)
EXTRA_DIST += tests/lint/library-exports tests/lint/library-imports

lint: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(lint_tests)'
.PHONY: lint
