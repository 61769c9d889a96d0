/* SPDX-License-Identifier: MIT */
/* What each fuzz target is, to libFuzzer, AFL++ and replay.c alike. */
#ifndef ALCK_TESTS_FUZZ_H
#define ALCK_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Takes LEN bytes at DATA; dies where something is wrong, else returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
