/* SPDX-License-Identifier: MIT */
/* The bytes of a report: what is written is read again, and what is broken is
 * told apart. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"

static unsigned char buf[1 << 17];

START_TEST(crc_known_answer)
{
	/* The check value of CRC-32 in every catalogue. */
	ck_assert_uint_eq(alck_crc32(0, "123456789", 9), 0xcbf43926u);
	ck_assert_uint_eq(alck_crc32(0, "", 0), 0);
	/* In pieces it is the same. */
	ck_assert_uint_eq(alck_crc32(alck_crc32(0, "1234", 4), "56789", 5),
			  0xcbf43926u);
}
END_TEST

START_TEST(header_bytes)
{
	alck_record_file_header(buf);
	ck_assert_mem_eq(buf, "ALCKRPT\n\1\0\0\0\0\0\0\0", ALCK_FILE_HEADER);
}
END_TEST

START_TEST(record_bytes)
{
	static const unsigned char head[] = {0xa1, 0xc7, 0x43, 0x52, /* mark */
					     12,   0,	 0,    0, /* length */
					     5,	   0,	 0,    0};
	static const unsigned char field[] = {96, 1, 8, 0, 0x34, 0x12,
					      0,  0, 0, 0, 0,	 0x80};
	struct alck_record_writer w;
	size_t len;

	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_COUNT);
	alck_record_uint(&w, ALCK_FIELD_COUNT, 0x8000000000001234u);
	len = alck_record_end(&w);
	ck_assert_uint_eq(len, 12 + 12 + 4);
	ck_assert_mem_eq(buf, head, sizeof(head));
	ck_assert_mem_eq(buf + 12, field, sizeof(field));
}
END_TEST

START_TEST(round_trip)
{
	static const uint64_t words[] = {1, 0xfedcba9876543210u};
	struct alck_record_writer w;
	struct alck_record r;
	struct alck_field_view v;
	size_t len, position = 0;

	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_FINDING);
	alck_record_uint(&w, ALCK_FIELD_ID, 7);
	alck_record_text(&w, ALCK_FIELD_CODE, "T1b");
	alck_record_text(&w, ALCK_FIELD_SLUG, NULL);
	alck_record_bytes(&w, ALCK_FIELD_BUILD_ID, "\0\1\2", 3);
	alck_record_words(&w, ALCK_FIELD_STACK, words, 2);
	len = alck_record_end(&w);
	ck_assert(!w.full);
	ck_assert_int_eq(alck_record_read(buf, len, &r), ALCK_RECORD_OK);
	ck_assert_uint_eq(r.size, len);
	ck_assert_uint_eq(r.type, ALCK_RECORD_FINDING);

	ck_assert_int_eq(alck_field_next(&r, &position, &v), 1);
	ck_assert_uint_eq(v.number, ALCK_FIELD_ID);
	ck_assert_uint_eq(alck_field_uint(&v), 7);
	ck_assert_int_eq(alck_field_next(&r, &position, &v), 1);
	ck_assert_uint_eq(v.type, ALCK_TYPE_TEXT);
	ck_assert_uint_eq(v.len, 3);
	ck_assert_mem_eq(v.value, "T1b", 3);
	/* A NULL text is no field. */
	ck_assert_int_eq(alck_field_next(&r, &position, &v), 1);
	ck_assert_uint_eq(v.type, ALCK_TYPE_BYTES);
	ck_assert_mem_eq(v.value, "\0\1\2", 3);
	ck_assert_int_eq(alck_field_next(&r, &position, &v), 1);
	ck_assert_uint_eq(v.type, ALCK_TYPE_WORDS);
	ck_assert_uint_eq(v.len, 16);
	ck_assert_mem_eq(v.value, "\1\0\0\0\0\0\0\0\x10\x32\x54\x76", 12);
	ck_assert_int_eq(alck_field_next(&r, &position, &v), 0);
}
END_TEST

/* Whatever room there is, the record is well formed, and nothing is written
 * past the buffer. */
START_TEST(every_buffer_size)
{
	static const uint64_t words[4] = {1, 2, 3, 4};
	size_t smallest = ALCK_RECORD_HEAD + ALCK_RECORD_TAIL;

	for (size_t size = smallest; size < 120; size++) {
		unsigned char *exact = malloc(size);
		struct alck_record_writer w;
		struct alck_record r;
		struct alck_field_view v;
		size_t len, position = 0, fields = 0;

		ck_assert_ptr_nonnull(exact);
		alck_record_begin(&w, exact, size, ALCK_RECORD_EVENT);
		alck_record_uint(&w, ALCK_FIELD_TIME, 1);
		alck_record_text(&w, ALCK_FIELD_KIND, "load");
		alck_record_words(&w, ALCK_FIELD_STACK, words, 4);
		len = alck_record_end(&w);
		ck_assert_uint_le(len, size);
		ck_assert_int_eq(alck_record_read(exact, len, &r),
				 ALCK_RECORD_OK);
		while (alck_field_next(&r, &position, &v) > 0)
			fields++;
		ck_assert_int_eq(w.full, fields < 3);
		ck_assert_int_eq(w.full, size < smallest + 12 + 4 + 4 + 4 + 32);
		free(exact);
	}
}
END_TEST

START_TEST(long_values)
{
	static char text[5000];
	struct alck_record_writer w;
	struct alck_record r;
	struct alck_field_view v;
	size_t position = 0, len;

	memset(text, 'x', sizeof(text) - 1);
	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_EVENT);
	alck_record_text(&w, ALCK_FIELD_MESSAGE, text);
	ck_assert(!w.full);
	/* Past 16 bits of length, and past the largest record. */
	alck_record_bytes(&w, ALCK_FIELD_BUILD_ID, buf, 0x10000);
	ck_assert(w.full);
	for (int i = 0; i < 20; i++)
		alck_record_text(&w, ALCK_FIELD_MESSAGE, text);
	len = alck_record_end(&w);
	ck_assert_int_eq(alck_record_read(buf, len, &r), ALCK_RECORD_OK);
	ck_assert_uint_le(r.len, ALCK_RECORD_MAX);
	ck_assert_int_eq(alck_field_next(&r, &position, &v), 1);
	ck_assert_uint_eq(v.len, 4096);
}
END_TEST

static size_t sample(void)
{
	struct alck_record_writer w;

	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_EVENT);
	alck_record_uint(&w, ALCK_FIELD_TIME, 5);
	alck_record_text(&w, ALCK_FIELD_KIND, "fork");
	return alck_record_end(&w);
}

START_TEST(every_truncation)
{
	size_t len = sample();
	struct alck_record r;

	for (size_t cut = 0; cut < len; cut++) {
		unsigned char *part = malloc(cut ? cut : 1);

		ck_assert_ptr_nonnull(part);
		memcpy(part, buf, cut);
		ck_assert_int_eq(alck_record_read(part, cut, &r),
				 ALCK_RECORD_PARTIAL);
		free(part);
	}
}
END_TEST

START_TEST(every_bit_flip)
{
	size_t len = sample();
	struct alck_record r;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		buf[bit / 8] ^= (unsigned char)(1 << bit % 8);
		/* A longer LENGTH looks like a record that is not all there. */
		ck_assert_int_ne(alck_record_read(buf, len, &r),
				 ALCK_RECORD_OK);
		buf[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	ck_assert_int_eq(alck_record_read(buf, len, &r), ALCK_RECORD_OK);
}
END_TEST

START_TEST(malformed_fields)
{
	static const unsigned char beyond[] = {1, 1, 9, 0, 1, 2, 3};
	static const unsigned char stump[] = {1, 1, 1, 0, 5, 1, 1};
	struct alck_record r = {.payload = beyond, .len = sizeof(beyond)};
	struct alck_field_view v;
	size_t position = 0;

	ck_assert_int_eq(alck_field_next(&r, &position, &v), -1);
	r.payload = stump;
	r.len = sizeof(stump);
	position = 0;
	ck_assert_int_eq(alck_field_next(&r, &position, &v), 1);
	ck_assert_uint_eq(alck_field_uint(&v), 5);
	ck_assert_int_eq(alck_field_next(&r, &position, &v), -1);
}
END_TEST

START_TEST(uint_lengths)
{
	static const unsigned char bytes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct alck_field_view v = {.value = bytes};

	v.len = 0;
	ck_assert_uint_eq(alck_field_uint(&v), 0);
	v.len = 1;
	ck_assert_uint_eq(alck_field_uint(&v), 1);
	v.len = 3;
	ck_assert_uint_eq(alck_field_uint(&v), 0x030201);
	v.len = 8;
	ck_assert_uint_eq(alck_field_uint(&v), 0x0807060504030201u);
	v.len = 9;
	ck_assert_uint_eq(alck_field_uint(&v), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *c = tcase_create("record");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, crc_known_answer);
	tcase_add_test(c, header_bytes);
	tcase_add_test(c, record_bytes);
	tcase_add_test(c, round_trip);
	tcase_add_test(c, every_buffer_size);
	tcase_add_test(c, long_values);
	tcase_add_test(c, every_truncation);
	tcase_add_test(c, every_bit_flip);
	tcase_add_test(c, malformed_fields);
	tcase_add_test(c, uint_lengths);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
