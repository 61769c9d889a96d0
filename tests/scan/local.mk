# SPDX-License-Identifier: MIT
# alloccheck scan.
EXTRA_DIST += tests/scan/init.sh tests/scan/expect.py tests/scan/loads.py tests/scan/agree.py \
	tests/scan/recorded.py tests/scan/server.sh

scan_tests = \
	tests/scan/agree.sh \
	tests/scan/cores.sh \
	tests/scan/findings.sh \
	tests/scan/host.sh \
	tests/scan/loads.sh \
	tests/scan/memory.sh \
	tests/scan/memory-live.sh \
	tests/scan/odd-processes.sh \
	tests/scan/process.sh \
	tests/scan/program.sh \
	tests/scan/recorded.sh \
	tests/scan/speed.sh
TESTS += $(scan_tests)
dist_check_SCRIPTS += $(scan_tests)

# Takes a processor from the machine for a moment: only when it is asked for.
dist_check_SCRIPTS += tests/scan/offline.sh
.PHONY: check-offline
check-offline: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/scan/offline.sh
