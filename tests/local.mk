# SPDX-License-Identifier: MIT
# make check.  Unit tests are Check programs that speak TAP; tests of the whole
# are shell scripts, whose exit status counts (77: cannot be had here).
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/tools/build-aux/tap-driver.sh
TEST_EXTENSIONS += .sh
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
	CC='$(CC)'; CXX='$(CXX)'; PYTHON3='$(PYTHON3)'; \
	export top_srcdir top_builddir CC CXX PYTHON3;

# What the tests read of libc's debug information, inflated once.
check_DATA = tests/debug/made
tests/debug/made: $(srcdir)/tests/debug.sh
	@CC='$(CC)' $(SHELL) $(srcdir)/tests/debug.sh tests/debug && touch $@
EXTRA_DIST += tests/debug.sh
clean-local:
	rm -rf tests/debug

include tests/unit/local.mk
include tests/model/local.mk
include tests/reports/local.mk
include tests/pages/local.mk
include tests/launcher/local.mk
include tests/programs/local.mk
include tests/cases/local.mk
include tests/incident/local.mk
include tests/real/local.mk
include tests/scan/local.mk
include tests/lint/local.mk
include tests/glibc/local.mk
include tests/bench/local.mk
include tests/fuzz/local.mk
