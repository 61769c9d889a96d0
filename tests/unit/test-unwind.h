/* SPDX-License-Identifier: MIT */
/* What the C and the C++ part of test-unwind have in common. */
#ifndef ALCK_TESTS_TEST_UNWIND_H
#define ALCK_TESTS_TEST_UNWIND_H

#ifdef __cplusplus
extern "C" {
#endif

/* Compares both walks of the stack above this function. */
void probe(void);

/* What differed in the walks that probe compared; empty if nothing did. */
extern char wrong[256];

/* Throws from DEPTH frames down, probing all the way; returns 7. */
int throw_and_catch(int depth);

#ifdef __cplusplus
}
#else
#include <check.h>

/* From test-unwind-tables.c. */
void add_table_tests(TCase *c);
#endif

#endif
