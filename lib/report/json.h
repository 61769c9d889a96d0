/* SPDX-License-Identifier: MIT */
/*
 * JSON, written as it comes: nothing is kept.  Offline, not signal-safe.
 *
 * KEY is the member's name inside an object, NULL inside an array.  Whoever
 * calls is to close what it opens.
 */
#ifndef ALCK_REPORT_JSON_H
#define ALCK_REPORT_JSON_H

#include <stdint.h>
#include <stdio.h>

#define ALCK_JSON_DEPTH 32

struct alck_json {
	FILE *out;
	unsigned int depth;
	unsigned char filled[ALCK_JSON_DEPTH]; /* has a member already */
	char closing[ALCK_JSON_DEPTH];
};

/* Begins a value; OUT stays the caller's. */
void alck_json_init(struct alck_json *json, FILE *out);

void alck_json_object(struct alck_json *json, const char *key);
void alck_json_array(struct alck_json *json, const char *key);
/* Closes the innermost open object or array; a newline after the last. */
void alck_json_close(struct alck_json *json);

/* TEXT as a string; what is not UTF-8 becomes U+FFFD.  NULL gives null. */
void alck_json_text(struct alck_json *json, const char *key, const char *text);
void alck_json_uint(struct alck_json *json, const char *key, uint64_t value);
/* As a string: "0x1f". */
void alck_json_hex(struct alck_json *json, const char *key, uint64_t value);
/* Nanoseconds as a number of seconds. */
void alck_json_seconds(struct alck_json *json, const char *key, uint64_t ns);
void alck_json_bool(struct alck_json *json, const char *key, int value);
void alck_json_null(struct alck_json *json, const char *key);

#endif
