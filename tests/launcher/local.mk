# SPDX-License-Identifier: MIT
launcher_tests = \
	tests/launcher/at-once.sh \
	tests/launcher/environment.sh \
	tests/launcher/options.sh \
	tests/launcher/programs.sh \
	tests/launcher/reports.sh \
	tests/launcher/signals.sh \
	tests/launcher/status.sh \
	tests/launcher/suppressions.sh
TESTS += $(launcher_tests)
dist_check_SCRIPTS += $(launcher_tests)
EXTRA_DIST += tests/launcher/library.sh tests/launcher/signals.py
