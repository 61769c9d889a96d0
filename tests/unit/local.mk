# SPDX-License-Identifier: MIT

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-options
TESTS += tests/unit/test-options
tests_unit_test_options_SOURCES = tests/unit/test-options.c
tests_unit_test_options_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_options_LDADD = lib/contract/libcontract.a $(CHECK_LIBS)
endif
