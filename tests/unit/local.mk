# SPDX-License-Identifier: MIT

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-options
TESTS += tests/unit/test-options
tests_unit_test_options_SOURCES = tests/unit/test-options.c
tests_unit_test_options_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_options_LDADD = lib/contract/libcontract.a $(CHECK_LIBS)
endif

# The report: its bytes, and the reader.
if HAVE_CHECK
report_unit_tests = tests/unit/test-record tests/unit/test-reader \
	tests/unit/test-explain tests/unit/test-split-lock \
	tests/unit/test-summary tests/unit/test-suppression
check_PROGRAMS += $(report_unit_tests)
TESTS += $(report_unit_tests)
endif
tests_unit_test_record_SOURCES = tests/unit/test-record.c
tests_unit_test_record_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_record_LDADD = lib/contract/libcontract.a $(CHECK_LIBS)
tests_unit_test_explain_SOURCES = tests/unit/test-explain.c
tests_unit_test_explain_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_explain_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS) $(CHECK_LIBS)
tests_unit_test_split_lock_SOURCES = tests/unit/test-split-lock.c
tests_unit_test_split_lock_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_split_lock_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS) $(CHECK_LIBS)
tests_unit_test_suppression_SOURCES = tests/unit/test-suppression.c
tests_unit_test_suppression_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_suppression_LDADD = lib/contract/libcontract.a $(CHECK_LIBS)
tests_unit_test_summary_SOURCES = tests/unit/test-summary.c
tests_unit_test_summary_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_summary_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS) $(CHECK_LIBS)
tests_unit_test_reader_SOURCES = tests/unit/test-reader.c
tests_unit_test_reader_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_reader_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS) $(CHECK_LIBS)

# The ownership table, that of ages, and the stack depot.
table_sources = $(preload_memory_sources) lib/preload/sys.c lib/preload/sys.h
if HAVE_CHECK
table_unit_tests = tests/unit/test-owner-table \
	tests/unit/test-owner-tiers tests/unit/test-owner-grow \
	tests/unit/test-stack-depot \
	tests/unit/test-age-table
check_PROGRAMS += $(table_unit_tests)
TESTS += $(table_unit_tests)
endif
tests_unit_test_owner_table_SOURCES = tests/unit/test-owner-table.c \
	$(table_sources)
tests_unit_test_owner_table_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_owner_table_LDADD = $(CHECK_LIBS)
tests_unit_test_owner_tiers_SOURCES = tests/unit/test-owner-tiers.c \
	tests/unit/owner-checks.h \
	$(table_sources)
tests_unit_test_owner_tiers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_owner_tiers_LDADD = $(CHECK_LIBS)
tests_unit_test_owner_grow_SOURCES = tests/unit/test-owner-grow.c \
	tests/unit/owner-checks.h \
	$(table_sources)
tests_unit_test_owner_grow_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_owner_grow_LDADD = $(CHECK_LIBS)
tests_unit_test_stack_depot_SOURCES = tests/unit/test-stack-depot.c \
	$(table_sources)
tests_unit_test_stack_depot_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_stack_depot_LDADD = $(CHECK_LIBS)

tests_unit_test_age_table_SOURCES = tests/unit/test-age-table.c \
	$(table_sources)
tests_unit_test_age_table_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_age_table_LDADD = $(CHECK_LIBS)

# All again under ThreadSanitizer, compiled in one go: their own objects,
# since every access must be seen.
tsan_checks = check-tsan-owner-table check-tsan-owner-grow \
	check-tsan-age-table check-tsan-stack-depot
.PHONY: check-tsan $(tsan_checks)
check-tsan: $(tsan_checks)
$(tsan_checks):
	@$(MKDIR_P) tests/unit
	@t=`echo $@ | sed s/check-tsan-//`; \
	$(CC) $(AM_CPPFLAGS) $(AM_CFLAGS) $(CHECK_CFLAGS) -g -O1 \
		-fsanitize=thread -DUNDER_TSAN -o tests/unit/tsan-$$t \
		$(top_srcdir)/tests/unit/test-$$t.c \
		$(top_srcdir)/lib/preload/age-table.c \
		$(top_srcdir)/lib/preload/arena.c \
		$(top_srcdir)/lib/preload/one-thread.c \
		$(top_srcdir)/lib/preload/owner-grow.c \
		$(top_srcdir)/lib/preload/owner-pieces.c \
		$(top_srcdir)/lib/preload/owner-table.c \
		$(top_srcdir)/lib/preload/page-table.c \
		$(top_srcdir)/lib/preload/stack-depot.c \
		$(top_srcdir)/lib/preload/sys.c $(CHECK_LIBS) && \
	TSAN_OPTIONS=halt_on_error=1 tests/unit/tsan-$$t
CLEANFILES += tests/unit/tsan-owner-table tests/unit/tsan-owner-grow \
	tests/unit/tsan-age-table \
	tests/unit/tsan-stack-depot

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-families
TESTS += tests/unit/test-families
tests_unit_test_families_SOURCES = tests/unit/test-families.c
tests_unit_test_families_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_families_LDADD = lib/contract/libcontract.a $(CHECK_LIBS)
endif

# The unwinder, beside libunwind.  Lazily bound, to walk out of the binding.
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-unwind
TESTS += tests/unit/test-unwind
endif
tests_unit_test_unwind_SOURCES = tests/unit/test-unwind.c \
	tests/unit/test-unwind.h tests/unit/test-unwind-tables.c \
	tests/unit/test-unwind-throw.cc \
	tests/unit/modules-double.c tests/unit/modules-double.h \
	$(preload_unwind_sources) lib/preload/detour-near.c \
	lib/preload/sys.c lib/preload/sys.h
tests_unit_test_unwind_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_unwind_LDFLAGS = -Wl,-z,lazy
tests_unit_test_unwind_LDADD = $(CHECK_LIBS) -ldl

if HAVE_CHECK
check_PROGRAMS += tests/unit/test-verdict
TESTS += tests/unit/test-verdict
tests_unit_test_verdict_SOURCES = tests/unit/test-verdict.c
tests_unit_test_verdict_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_verdict_LDADD = lib/contract/libcontract.a $(CHECK_LIBS)
endif

# Memory from outside.
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-memory
TESTS += tests/unit/test-memory
endif
tests_unit_test_memory_SOURCES = tests/unit/test-memory.c
tests_unit_test_memory_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_memory_LDADD = lib/inspect/libinspect.a lib/report/libreport.a $(INSPECT_LIBS) \
	$(CHECK_LIBS)

# Instructions, and those of another processor.
check_PROGRAMS += tests/unit/test-insn
insn_tests = tests/unit/insn.sh tests/unit/insn-aarch64.sh
TESTS += tests/unit/test-insn $(insn_tests)
dist_check_SCRIPTS += $(insn_tests)
EXTRA_DIST += lib/preload/insn-aarch64.c
tests_unit_test_insn_SOURCES = tests/unit/test-insn.c lib/preload/insn.h \
	lib/preload/insn-x86-64.c
tests_unit_test_insn_CFLAGS = $(AM_CFLAGS)

# What code leads to, and on another processor.
check_PROGRAMS += tests/unit/test-code-reach
TESTS += tests/unit/test-code-reach tests/unit/code-reach-aarch64.sh
dist_check_SCRIPTS += tests/unit/code-reach-aarch64.sh
tests_unit_test_code_reach_SOURCES = tests/unit/test-code-reach.c \
	lib/preload/code-reach.c lib/preload/code-reach.h \
	lib/preload/cfi-rule.c lib/preload/cfi-rule.h \
	lib/preload/definition.h lib/preload/insn.h \
	lib/preload/insn-x86-64.c lib/preload/sys.c lib/preload/sys.h
tests_unit_test_code_reach_CFLAGS = $(AM_CFLAGS)

# Detours.
if HAVE_CHECK
check_PROGRAMS += tests/unit/test-detour
TESTS += tests/unit/test-detour
endif
tests_unit_test_detour_SOURCES = tests/unit/test-detour.c \
	$(preload_detour_sources)
tests_unit_test_detour_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_detour_LDADD = $(CHECK_LIBS) -lpthread
