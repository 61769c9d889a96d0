# SPDX-License-Identifier: MIT
# Layer 2: looks at binaries from outside.
noinst_LIBRARIES += lib/inspect/libinspect.a
lib_inspect_libinspect_a_SOURCES = \
	lib/inspect/allocator.c lib/inspect/allocator.h \
	lib/inspect/core-files.c lib/inspect/core-files.h \
	lib/inspect/core-threads.c \
	lib/inspect/dlopen-sites.c lib/inspect/dlopen-sites.h \
	lib/inspect/elf-file.c lib/inspect/elf-file.h \
	lib/inspect/facts.c lib/inspect/facts.h \
	lib/inspect/file-symbols.c lib/inspect/file-symbols.h \
	lib/inspect/image.c lib/inspect/image.h \
	lib/inspect/image-tables.c lib/inspect/image-internal.h \
	lib/inspect/judge.c lib/inspect/judge.h \
	lib/inspect/judge-allocators.c lib/inspect/judge-live.c \
	lib/inspect/ld-cache.c lib/inspect/ld-cache.h \
	lib/inspect/live.h lib/inspect/live-text.c \
	lib/inspect/malloc-hooks.c \
	lib/inspect/state.c lib/inspect/state.h \
	lib/inspect/state-age.c \
	lib/inspect/state-internal.h lib/inspect/state-table.c \
	lib/inspect/state-blocks.c lib/inspect/state-who.c \
	lib/inspect/memory.c lib/inspect/memory.h \
	lib/inspect/memory-core.c lib/inspect/memory-internal.h \
	lib/inspect/memory-process.c \
	lib/inspect/names.c lib/inspect/names.h \
	lib/inspect/per-cpu.c lib/inspect/per-cpu.h \
	lib/inspect/plan.c lib/inspect/plan.h \
	lib/inspect/private-copies.c lib/inspect/private-copies.h \
	lib/inspect/process.c lib/inspect/process.h \
	lib/inspect/host.c lib/inspect/host.h \
	lib/inspect/host-count.c lib/inspect/host-show.c \
	lib/inspect/program.c lib/inspect/program.h \
	lib/inspect/sampling.c \
	lib/inspect/scan.c lib/inspect/scan.h \
	lib/inspect/scan-json.c \
	lib/inspect/scan-text.c lib/inspect/scan-text.h \
	lib/inspect/scene.c lib/inspect/scene.h \
	lib/inspect/search.c lib/inspect/search.h \
	lib/inspect/snapshot.c lib/inspect/snapshot.h \
	lib/inspect/stack-modules.c lib/inspect/stack-modules.h \
	lib/inspect/stacks.c lib/inspect/stacks.h \
	lib/inspect/surroundings.c lib/inspect/threads.c \
	lib/inspect/usage.c lib/inspect/usage.h \
	lib/inspect/usage-blocks.c lib/inspect/usage-internal.h \
	lib/inspect/usage-jemalloc.c \
	lib/inspect/usage-json.c \
	lib/inspect/usage-mimalloc.c lib/inspect/usage-mimalloc-3.c \
	lib/inspect/usage-ptmalloc.c lib/inspect/usage-resident.c \
	lib/inspect/usage-scan.c lib/inspect/usage-show.h \
	lib/inspect/usage-svg.c \
	lib/inspect/usage-tcmalloc.c \
	lib/inspect/usage-text.c
# What a program that links libinspect.a needs besides.
INSPECT_LIBS = $(LIBELF_LIBS)
