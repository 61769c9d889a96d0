/* SPDX-License-Identifier: MIT */
/*
 * Text that came out of a checked program: any bytes at all.  What is not
 * UTF-8, or would drive a terminal, must not get through.  Pure functions.
 */
#ifndef ALCK_REPORT_UTF8_H
#define ALCK_REPORT_UTF8_H

#include <stddef.h>
#include <stdio.h>

/* The length, 1 to 4, of the UTF-8 character at TEXT, which ends at a NUL; 0
 * where the bytes there are none: stray, cut off, longer than need be, a
 * surrogate or past U+10FFFF. */
size_t alck_utf8_length(const char *text);

/* Writes TEXT to OUT for people: control characters and what is not UTF-8 come
 * as \xNN. */
void alck_utf8_print(FILE *out, const char *text);

#endif
