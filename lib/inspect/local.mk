# SPDX-License-Identifier: MIT
# Layer 2: looks at binaries from outside.
noinst_LIBRARIES += lib/inspect/libinspect.a
lib_inspect_libinspect_a_SOURCES = \
	lib/inspect/elf-file.c lib/inspect/elf-file.h \
	lib/inspect/memory.c lib/inspect/memory.h \
	lib/inspect/memory-core.c lib/inspect/memory-internal.h \
	lib/inspect/memory-process.c \
	lib/inspect/program.c lib/inspect/program.h
# What a program that links libinspect.a needs besides.
INSPECT_LIBS = $(LIBELF_LIBS)
