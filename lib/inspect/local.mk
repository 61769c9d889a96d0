# SPDX-License-Identifier: MIT
# Layer 2: looks at binaries from outside.
noinst_LIBRARIES += lib/inspect/libinspect.a
lib_inspect_libinspect_a_SOURCES = \
	lib/inspect/elf-file.c lib/inspect/elf-file.h \
	lib/inspect/program.c lib/inspect/program.h
