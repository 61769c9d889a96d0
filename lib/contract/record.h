/* SPDX-License-Identifier: MIT */
/*
 * The report file as bytes: an append-only row of records, each with a mark to
 * find it by, its length and a checksum.  doc/FORMAT has it byte by byte,
 * record.def the numbers.
 *
 *   file    "ALCKRPT\n"  u16 major  u16 minor  u32 zero        16 bytes
 *   record  u32 mark  u32 length  u16 type  u16 zero  payload  u32 crc
 *   payload fields: u8 number  u8 type  u16 length  value
 *
 * All numbers are little endian.  LENGTH counts the payload alone; the crc is
 * CRC-32 (IEEE 802.3) of all that stands before it in the record.
 *
 * The writer runs in the checked program, anywhere, signal-safe, without a
 * libc call: it fills a buffer that its caller owns.  The reader side here
 * trusts nothing: no read past the buffer for any bytes in it.
 */
#ifndef ALCK_CONTRACT_RECORD_H
#define ALCK_CONTRACT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define ALCK_FILE_MAGIC	 "ALCKRPT\n"
#define ALCK_FILE_MAJOR	 1
#define ALCK_FILE_MINOR	 0
#define ALCK_FILE_HEADER 16
#define ALCK_RECORD_MARK 0x5243c7a1u /* a1 c7 43 52 */
#define ALCK_RECORD_HEAD 12
#define ALCK_RECORD_TAIL 4
#define ALCK_RECORD_MAX	 65536 /* payload bytes */

/* In BINDS_MALLOC and its like: a call that was bound to no provider's entry
 * when it was last looked at. */
#define ALCK_UNBOUND UINT64_MAX

enum alck_record_type {
#define RECORD(number, id) ALCK_RECORD_##id = number,
#include "contract/record.def"
#undef RECORD
};

enum alck_field_type {
	ALCK_TYPE_UINT = 1,
	ALCK_TYPE_TEXT = 2,
	ALCK_TYPE_BYTES = 3,
	ALCK_TYPE_WORDS = 4
};

enum alck_field {
#define FIELD(number, id, type) ALCK_FIELD_##id = number,
#include "contract/record.def"
#undef FIELD
};

/* A record under construction in BUF.  A field that does not fit is left out
 * and FULL is set; the record stays well formed. */
struct alck_record_writer {
	unsigned char *buf;
	size_t size, used;
	int full;
};

/* Writes the file header to BUF (at least ALCK_FILE_HEADER bytes). */
void alck_record_file_header(unsigned char *buf);

/* Begins a record of TYPE in BUF of SIZE bytes (at least ALCK_RECORD_HEAD +
 * ALCK_RECORD_TAIL). */
void alck_record_begin(struct alck_record_writer *w, unsigned char *buf,
		       size_t size, enum alck_record_type type);
void alck_record_uint(struct alck_record_writer *w, enum alck_field field,
		      uint64_t value);
/* TEXT ends at its NUL and is cut at 4096 bytes; NULL writes nothing. */
void alck_record_text(struct alck_record_writer *w, enum alck_field field,
		      const char *text);
void alck_record_bytes(struct alck_record_writer *w, enum alck_field field,
		       const void *bytes, size_t len);
void alck_record_words(struct alck_record_writer *w, enum alck_field field,
		       const uint64_t *words, size_t count);
/* Closes it; returns the number of bytes to be written to the file. */
size_t alck_record_end(struct alck_record_writer *w);

uint32_t alck_crc32(uint32_t crc, const void *bytes, size_t len);

/* One record found in a buffer; PAYLOAD points into it. */
struct alck_record {
	uint16_t type;
	const unsigned char *payload;
	size_t len;
	size_t size; /* of the whole record, mark to checksum */
};

enum alck_record_status {
	ALCK_RECORD_OK,
	ALCK_RECORD_PARTIAL, /* the buffer ends inside it */
	ALCK_RECORD_CORRUPT, /* no mark, a length past the limit, a bad crc */
};

/* Reads the record at the start of BYTES (LEN of them). */
enum alck_record_status alck_record_read(const unsigned char *bytes, size_t len,
					 struct alck_record *record);

struct alck_field_view {
	uint8_t number, type;
	const unsigned char *value;
	size_t len;
};

/* Steps through a record's fields: *POSITION is 0 at first.  Returns 1 with
 * the next field in VIEW, 0 at the end, -1 where the payload is malformed. */
int alck_field_next(const struct alck_record *record, size_t *position,
		    struct alck_field_view *view);

/* The value of a UINT field of 1 to 8 bytes; 0 for other lengths. */
uint64_t alck_field_uint(const struct alck_field_view *view);

#endif
