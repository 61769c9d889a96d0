# SPDX-License-Identifier: MIT
# Real programs under alloccheck; `make check-real` runs them alone.
EXTRA_DIST += tests/real/real.sh

real_tests = \
	tests/real/cxx.sh \
	tests/real/gcc.sh \
	tests/real/git.sh \
	tests/real/go.sh \
	tests/real/node.sh \
	tests/real/perl.sh \
	tests/real/python-deep-bind.sh \
	tests/real/python.sh \
	tests/real/redis.sh \
	tests/real/sqlite.sh \
	tests/real/static.sh \
	tests/real/verified.sh
TESTS += $(real_tests)
dist_check_SCRIPTS += $(real_tests)

.PHONY: check-real
check-real:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(real_tests)'
