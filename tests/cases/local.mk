# SPDX-License-Identifier: MIT
# The behaviours, one test each, through the alloccheck command.
EXTRA_DIST += tests/init.sh tests/expect.py

case_tests = \
	tests/cases/without.sh
TESTS += $(case_tests)
dist_check_SCRIPTS += $(case_tests)
