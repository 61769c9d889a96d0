# SPDX-License-Identifier: MIT
# Hostile input: targets for libFuzzer and AFL++ (make fuzz), which make check
# runs over the corpus that fuzzing starts from.
fuzz_targets = report suppressions options
check_PROGRAMS += tests/fuzz/replay-report tests/fuzz/replay-suppressions \
	tests/fuzz/replay-options
fuzz_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_replay_report_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h \
	tests/fuzz/fuzz-report.c
tests_fuzz_replay_report_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_replay_report_LDADD = lib/report/libreport.a \
	lib/contract/libcontract.a $(REPORT_LIBS)
tests_fuzz_replay_suppressions_SOURCES = tests/fuzz/replay.c \
	tests/fuzz/fuzz.h tests/fuzz/fuzz-suppressions.c
tests_fuzz_replay_suppressions_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_replay_suppressions_LDADD = lib/contract/libcontract.a
tests_fuzz_replay_options_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h \
	tests/fuzz/fuzz-options.c
tests_fuzz_replay_options_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_replay_options_LDADD = lib/contract/libcontract.a

TESTS += tests/fuzz/replay.sh
dist_check_SCRIPTS += tests/fuzz/replay.sh tests/fuzz/fuzz.sh \
	tests/fuzz/corpus.sh

# make fuzz FUZZ_SECONDS=60: for each target and each fuzzer.  Everything is
# compiled anew, in one go a program, for its code is to be instrumented.
FUZZ_CC = clang
FUZZ_AFL_CC = afl-clang-fast
fuzz_cflags = -std=gnu11 -g -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-I$(top_srcdir) $(AM_CPPFLAGS) $(DEFS) $(LIBDW_CFLAGS)
.PHONY: fuzz fuzz-programs
fuzz-programs: $(BUILT_SOURCES) lib/report/page.inc
	@$(MKDIR_P) fuzz
	@sources=; for f in $(contract_sources) $(report_sources); do \
		case $$f in *.c) sources="$$sources $(top_srcdir)/$$f" ;; esac; \
	done; \
	compile() { \
		echo "  FUZZ     $$2"; \
		AFL_QUIET=1 $$1 $(fuzz_cflags) -o fuzz/$$2 $(top_srcdir)/$$3 \
			$$sources $(REPORT_LIBS) || exit 1; \
	}; \
	for t in $(fuzz_targets); do \
		compile '$(FUZZ_CC) -fsanitize=fuzzer' libfuzzer-$$t \
			tests/fuzz/fuzz-$$t.c; \
		compile '$(FUZZ_AFL_CC) -fsanitize=fuzzer' afl-$$t \
			tests/fuzz/fuzz-$$t.c; \
	done; \
	compile '$(FUZZ_CC)' survive tests/reports/survive.c
fuzz: all tests/reports/make-report $(check_LTLIBRARIES) \
		tests/programs/engine fuzz-programs
	top_srcdir=$(top_srcdir) top_builddir=. CC='$(CC)' \
		FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_ROUNDS='$(FUZZ_ROUNDS)' \
		$(SHELL) $(top_srcdir)/tests/fuzz/fuzz.sh
