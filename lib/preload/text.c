/* SPDX-License-Identifier: MIT */
/* Composing short lines without libc: see text.h.  Signal-safe. */
#include "preload/text.h"

void alck_text_begin(struct alck_text *t, char *buf, size_t size)
{
	t->buf = buf;
	t->size = size;
	t->used = 0;
	buf[0] = 0;
}

void alck_text_add_bytes(struct alck_text *t, const char *s, size_t n)
{
	while (n-- && t->used + 1 < t->size)
		t->buf[t->used++] = *s++;
	t->buf[t->used] = 0;
}

void alck_text_add(struct alck_text *t, const char *s)
{
	alck_text_add_bytes(t, s, alck_text_length(s));
}

static void add_digits(struct alck_text *t, uint64_t n, unsigned int base)
{
	char digits[20];
	unsigned int i = sizeof(digits);

	do
		digits[--i] = "0123456789abcdef"[n % base];
	while (n /= base);
	alck_text_add_bytes(t, digits + i, sizeof(digits) - i);
}

void alck_text_add_number(struct alck_text *t, uint64_t n)
{
	add_digits(t, n, 10);
}

void alck_text_add_hex(struct alck_text *t, uint64_t n)
{
	alck_text_add(t, "0x");
	add_digits(t, n, 16);
}
