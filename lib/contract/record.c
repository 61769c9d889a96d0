/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a report: see record.h.  Runs anywhere, signal-safe; calls
 * nothing outside this file.
 */
#include "contract/record.h"

#define TEXT_MAX 4096

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static void put64(unsigned char *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static unsigned int get16(const unsigned char *p)
{
	return p[0] | (unsigned int)p[1] << 8;
}

static uint32_t get32(const unsigned char *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* Four bits at a time: a table that fits in a cache line, and a report is
 * written rarely. */
uint32_t alck_crc32(uint32_t crc, const void *bytes, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	const unsigned char *p = bytes;

	crc = ~crc;
	while (len--) {
		crc ^= *p++;
		crc = table[crc & 15] ^ (crc >> 4);
		crc = table[crc & 15] ^ (crc >> 4);
	}
	return ~crc;
}

void alck_record_file_header(unsigned char *buf)
{
	for (int i = 0; i < 8; i++)
		buf[i] = (unsigned char)ALCK_FILE_MAGIC[i];
	put16(buf + 8, ALCK_FILE_MAJOR);
	put16(buf + 10, ALCK_FILE_MINOR);
	put32(buf + 12, 0);
}

void alck_record_begin(struct alck_record_writer *w, unsigned char *buf,
		       size_t size, enum alck_record_type type)
{
	w->buf = buf;
	w->size = size - ALCK_RECORD_TAIL;
	w->used = ALCK_RECORD_HEAD;
	w->full = 0;
	if (w->size > ALCK_RECORD_HEAD + ALCK_RECORD_MAX)
		w->size = ALCK_RECORD_HEAD + ALCK_RECORD_MAX;
	put32(buf, ALCK_RECORD_MARK);
	put16(buf + 8, type);
	put16(buf + 10, 0);
}

/* Room for a field of LEN bytes: where its value goes, or NULL. */
static unsigned char *room(struct alck_record_writer *w, unsigned int field,
			   enum alck_field_type type, size_t len)
{
	unsigned char *p = w->buf + w->used;

	if (len > 0xffff || len + 4 > w->size - w->used) {
		w->full = 1;
		return NULL;
	}
	p[0] = (unsigned char)field;
	p[1] = (unsigned char)type;
	put16(p + 2, (unsigned int)len);
	w->used += 4 + len;
	return p + 4;
}

void alck_record_uint(struct alck_record_writer *w, enum alck_field field,
		      uint64_t value)
{
	unsigned char *p = room(w, field, ALCK_TYPE_UINT, 8);

	if (p)
		put64(p, value);
}

void alck_record_text(struct alck_record_writer *w, enum alck_field field,
		      const char *text)
{
	size_t len = 0;
	unsigned char *p;

	if (!text)
		return;
	while (len < TEXT_MAX && text[len])
		len++;
	p = room(w, field, ALCK_TYPE_TEXT, len);
	for (size_t i = 0; p && i < len; i++)
		p[i] = (unsigned char)text[i];
}

void alck_record_bytes(struct alck_record_writer *w, enum alck_field field,
		       const void *bytes, size_t len)
{
	unsigned char *p = room(w, field, ALCK_TYPE_BYTES, len);

	for (size_t i = 0; p && i < len; i++)
		p[i] = ((const unsigned char *)bytes)[i];
}

void alck_record_words(struct alck_record_writer *w, enum alck_field field,
		       const uint64_t *words, size_t count)
{
	unsigned char *p = room(w, field, ALCK_TYPE_WORDS, count * 8);

	for (size_t i = 0; p && i < count; i++)
		put64(p + i * 8, words[i]);
}

size_t alck_record_end(struct alck_record_writer *w)
{
	put32(w->buf + 4, (uint32_t)(w->used - ALCK_RECORD_HEAD));
	put32(w->buf + w->used, alck_crc32(0, w->buf, w->used));
	return w->used + ALCK_RECORD_TAIL;
}

enum alck_record_status alck_record_read(const unsigned char *bytes, size_t len,
					 struct alck_record *record)
{
	size_t payload;

	if (len >= 4 && get32(bytes) != ALCK_RECORD_MARK)
		return ALCK_RECORD_CORRUPT;
	if (len < ALCK_RECORD_HEAD)
		return ALCK_RECORD_PARTIAL;
	payload = get32(bytes + 4);
	if (payload > ALCK_RECORD_MAX)
		return ALCK_RECORD_CORRUPT;
	if (len < ALCK_RECORD_HEAD + payload + ALCK_RECORD_TAIL)
		return ALCK_RECORD_PARTIAL;
	if (get32(bytes + ALCK_RECORD_HEAD + payload) !=
	    alck_crc32(0, bytes, ALCK_RECORD_HEAD + payload))
		return ALCK_RECORD_CORRUPT;
	record->type = (uint16_t)get16(bytes + 8);
	record->payload = bytes + ALCK_RECORD_HEAD;
	record->len = payload;
	record->size = ALCK_RECORD_HEAD + payload + ALCK_RECORD_TAIL;
	return ALCK_RECORD_OK;
}

int alck_field_next(const struct alck_record *record, size_t *position,
		    struct alck_field_view *view)
{
	const unsigned char *p = record->payload + *position;
	size_t left = record->len - *position;

	if (!left)
		return 0;
	if (left < 4 || get16(p + 2) > left - 4)
		return -1;
	view->number = p[0];
	view->type = p[1];
	view->len = get16(p + 2);
	view->value = p + 4;
	*position += 4 + view->len;
	return 1;
}

uint64_t alck_field_uint(const struct alck_field_view *view)
{
	uint64_t v = 0;

	if (view->len > 8)
		return 0;
	for (size_t i = view->len; i-- > 0;)
		v = v << 8 | view->value[i];
	return v;
}
