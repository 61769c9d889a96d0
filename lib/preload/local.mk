# SPDX-License-Identifier: MIT

# What is remembered of blocks and stacks, and how stacks are walked.
preload_memory_sources = \
	lib/preload/arena.c \
	lib/preload/arena.h \
	lib/preload/owner-table.c \
	lib/preload/owner-table.h \
	lib/preload/stack-depot.c \
	lib/preload/stack-depot.h
preload_unwind_sources = \
	lib/preload/cfi-rule.c \
	lib/preload/cfi-rule.h \
	lib/preload/unwind.c \
	lib/preload/unwind.h \
	lib/preload/unwind-cfi.c \
	lib/preload/unwind-fp.c \
	lib/preload/unwind-internal.h \
	lib/preload/unwind-libunwind.c
preload_table_sources = $(preload_memory_sources) $(preload_unwind_sources)
