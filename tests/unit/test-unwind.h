/* SPDX-License-Identifier: MIT */
/* What the C and the C++ part of test-unwind have in common. */
#ifndef ALCK_TESTS_TEST_UNWIND_H
#define ALCK_TESTS_TEST_UNWIND_H

#ifdef __cplusplus
extern "C" {
#endif

/* Compares both walks of the stack above this function. */
void probe(void);

/* Throws from DEPTH frames down, probing all the way; returns 7. */
int throw_and_catch(int depth);

#ifdef __cplusplus
}
#endif

#endif
