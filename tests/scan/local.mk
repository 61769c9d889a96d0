# SPDX-License-Identifier: MIT
# alloccheck scan.
EXTRA_DIST += tests/scan/init.sh tests/scan/expect.py tests/scan/loads.py

scan_tests = \
	tests/scan/loads.sh \
	tests/scan/memory.sh \
	tests/scan/program.sh
TESTS += $(scan_tests)
dist_check_SCRIPTS += $(scan_tests)
