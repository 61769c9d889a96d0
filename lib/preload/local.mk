# SPDX-License-Identifier: MIT

# What is remembered of blocks and stacks, and how stacks are walked.
preload_table_sources = \
	lib/preload/arena.c \
	lib/preload/arena.h \
	lib/preload/owner-table.c \
	lib/preload/owner-table.h \
	lib/preload/stack-depot.c \
	lib/preload/stack-depot.h
