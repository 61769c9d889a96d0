# SPDX-License-Identifier: MIT
# Layer 2: looks at binaries from outside.
noinst_LIBRARIES += lib/inspect/libinspect.a
lib_inspect_libinspect_a_SOURCES = \
	lib/inspect/elf-file.c lib/inspect/elf-file.h \
	lib/inspect/memory.c lib/inspect/memory.h \
	lib/inspect/memory-core.c lib/inspect/memory-internal.h \
	lib/inspect/memory-process.c \
	lib/inspect/program.c lib/inspect/program.h \
	lib/inspect/usage.c lib/inspect/usage.h \
	lib/inspect/usage-internal.h \
	lib/inspect/usage-jemalloc.c \
	lib/inspect/usage-json.c \
	lib/inspect/usage-mimalloc.c \
	lib/inspect/usage-ptmalloc.c \
	lib/inspect/usage-show.h \
	lib/inspect/usage-svg.c \
	lib/inspect/usage-tcmalloc.c \
	lib/inspect/usage-text.c
# What a program that links libinspect.a needs besides.
INSPECT_LIBS = $(LIBELF_LIBS)
