# SPDX-License-Identifier: MIT
# Layer 1: liballoccheck.so, which runs inside the checked program.
#
# It depends on libc alone.  No PLT (in the resolver it is not relocated yet),
# initial-exec thread-local storage, frame pointers for the handlers, symbols
# bound to its own definitions; what it exports is what libc exports.
preload_sources = \
	lib/preload/abort.c lib/preload/abort.h \
	lib/preload/alt-stack.c lib/preload/alt-stack.h \
	lib/preload/api.c \
	lib/preload/arch.h lib/preload/arch-x86-64.h \
	lib/preload/binding.c lib/preload/binding.h \
	lib/preload/capture.c lib/preload/capture.h \
	lib/preload/cpus.c lib/preload/cpus.h \
	lib/preload/channel.c lib/preload/channel.h \
	lib/preload/clock.c lib/preload/clock.h \
	lib/preload/crash.c lib/preload/crash.h \
	lib/preload/crash-record.c lib/preload/crash-record.h \
	lib/preload/code-reach.c lib/preload/code-reach.h \
	lib/preload/deepbind.c lib/preload/deepbind.h \
	lib/preload/definition.c lib/preload/definition.h \
	lib/preload/descriptor.c lib/preload/descriptor.h \
	lib/preload/elf-lookup.c lib/preload/elf-lookup.h \
	lib/preload/entries.c lib/preload/entries.h \
	lib/preload/entries-forward.c lib/preload/entries-guard.c \
	lib/preload/entries-hot.h lib/preload/entries-last.c \
	lib/preload/direct.c lib/preload/direct.h \
	lib/preload/entries-new.c lib/preload/entries-note.c \
	lib/preload/entries-plain.c \
	lib/preload/entry-handlers.c \
	lib/preload/passing.c lib/preload/passing.h \
	lib/preload/events.c lib/preload/events.h \
	lib/preload/exec.c lib/preload/exec.h \
	lib/preload/executable.c lib/preload/executable.h \
	lib/preload/fault.c lib/preload/fault.h \
	lib/preload/finding.c lib/preload/finding.h \
	lib/preload/forks.c lib/preload/forks.h \
	lib/preload/hook-watch.c lib/preload/hook-watch.h \
	lib/preload/hooks.c lib/preload/hooks.h \
	lib/preload/host.c lib/preload/host.h \
	lib/preload/interposer.c \
	lib/preload/journal.c lib/preload/journal.h \
	lib/preload/judge.c lib/preload/judge.h \
	lib/preload/ld-cache.c lib/preload/ld-cache.h \
	lib/preload/kin.c lib/preload/kin.h \
	lib/preload/hiding.c lib/preload/hiding.h \
	lib/preload/left-behind.c lib/preload/left-behind.h \
	lib/preload/lifecycle.c \
	lib/preload/loader.c lib/preload/loader.h \
	lib/preload/loader-watch.c lib/preload/loader-watch.h \
	lib/preload/loads.c lib/preload/loads.h \
	lib/preload/mapped.c lib/preload/mapped.h \
	lib/preload/malloc-contract.c lib/preload/malloc-contract.h \
	lib/preload/mem.c \
	lib/preload/mismatch.c lib/preload/mismatch.h \
	lib/preload/modules.c lib/preload/modules.h \
	lib/preload/object-file.c lib/preload/object-file.h \
	lib/preload/proc-status.c lib/preload/proc-status.h \
	lib/preload/provider-version.c \
	lib/preload/providers.c lib/preload/providers.h \
	lib/preload/rebind.c lib/preload/rebind.h \
	lib/preload/rebound.c lib/preload/rebound.h \
	lib/preload/recognise.c lib/preload/recognise.h \
	lib/preload/recorder.c lib/preload/recorder.h \
	lib/preload/report-file.c lib/preload/report-file.h \
	lib/preload/owner-root.c \
	lib/preload/owner-walk.c lib/preload/owner-walk.h \
	lib/preload/root.c lib/preload/root.h \
	lib/preload/runtime.c lib/preload/runtime.h \
	lib/preload/search-path.c lib/preload/search-path.h \
	lib/preload/sandbox.c lib/preload/sandbox.h \
	lib/preload/stack-memo.c lib/preload/stack-memo.h \
	lib/preload/symtab.c lib/preload/symtab.h \
	lib/preload/suppress.c lib/preload/suppress.h \
	lib/preload/sys.c lib/preload/sys.h \
	lib/preload/text.c lib/preload/text.h \
	lib/preload/thread.c lib/preload/thread.h \
	lib/preload/thunks-x86-64.S \
	lib/preload/watched.c lib/preload/watched.h \
	lib/preload/wild.c lib/preload/wild.h \
	lib/preload/wrong-copy.c lib/preload/wrong-copy.h

# What is remembered of blocks and stacks, and how stacks are walked.
preload_memory_sources = \
	lib/preload/age-table.c lib/preload/age-table.h \
	lib/preload/arena.c lib/preload/arena.h \
	lib/preload/one-thread.c lib/preload/one-thread.h \
	lib/preload/owner-grow.c lib/preload/owner-grow.h \
	lib/preload/owner-pieces.c lib/preload/owner-pieces.h \
	lib/preload/owner-table.c lib/preload/owner-table.h \
	lib/preload/owner-word.h \
	lib/preload/page-table.c lib/preload/page-table.h \
	lib/preload/stack-depot.c lib/preload/stack-depot.h
preload_unwind_sources = \
	lib/preload/cfi-cache.c lib/preload/cfi-cache.h \
	lib/preload/cfi-read.h \
	lib/preload/cfi-rule.c lib/preload/cfi-rule.h \
	lib/preload/trace.h \
	lib/preload/unwind.c lib/preload/unwind.h \
	lib/preload/unwind-cfi.c \
	lib/preload/unwind-fp.c \
	lib/preload/unwind-internal.h \
	lib/preload/unwind-libunwind.c
preload_detour_sources = \
	lib/preload/detour.c lib/preload/detour.h \
	lib/preload/detour-near.c lib/preload/detour-near.h \
	lib/preload/detour-plan.c lib/preload/detour-plan.h \
	lib/preload/insn.h lib/preload/insn-x86-64.c
preload_table_sources = $(preload_memory_sources) $(preload_unwind_sources) \
	$(preload_detour_sources)

preload_cflags = -fPIC -fvisibility=hidden -fno-plt -ftls-model=initial-exec \
	-fno-omit-frame-pointer -momit-leaf-frame-pointer \
	-fno-builtin -fno-stack-protector \
	$(NO_LOOP_CALLS) -fasynchronous-unwind-tables \
	-U_FORTIFY_SOURCE

pkglib_LTLIBRARIES += lib/preload/liballoccheck.la
lib_preload_liballoccheck_la_SOURCES = $(contract_sources) $(preload_sources) \
	$(preload_table_sources)
lib_preload_liballoccheck_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DPACKAGE_VERSION='"$(PACKAGE_VERSION)"'
lib_preload_liballoccheck_la_CFLAGS = $(AM_CFLAGS) $(preload_cflags)
lib_preload_liballoccheck_la_LDFLAGS = -module -avoid-version -no-undefined \
	-Wl,-Bsymbolic -Wl,-z,now -Wl,-z,relro -Wl,-z,nodelete \
	-Wl,--no-copy-dt-needed-entries

# For gdb, where it looks for what belongs to an object.
gdbdir = $(datadir)/gdb/auto-load$(pkglibdir)
dist_gdb_DATA = lib/preload/liballoccheck.so-gdb.py
