/* SPDX-License-Identifier: MIT */
/*
 * Reads a report that was cut off at every byte, and with bits flipped in
 * every way that a fixed row of numbers gives, with and without its checksums
 * set right again; renders each as text and JSON.  Nothing may crash or hang,
 * what is cut off must be said to be, and every record that is whole must be
 * read.  Takes a report's name and the
 * numbers of rounds, of flipped bits and of forged records; speaks TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "contract/record.h"
#include "report/reader.h"
#include "report/render-json.h"
#include "report/render-text.h"

/* KiB.  A report of this size takes some 10 MiB; a sanitizer's own comes on
 * top. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MAX (1L << 20)
#else
#define MEMORY_MAX (64L << 10)
#endif

static FILE *nowhere;
static struct alck_images *images;
static size_t nrecords; /* that the last read has found */

/* The same row on every machine. */
static uint64_t next_random(void)
{
	static uint64_t x = 0x2545f4914f6cdd1du;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Returns the number of problems, or -1 where the report gives none at all. */
static int read_and_show(const unsigned char *bytes, size_t len)
{
	struct alck_text_style style = {.out = nowhere, .verbose = 1};
	/* To the byte, so that a sanitizer sees one too many. */
	unsigned char *exact = malloc(len ? len : 1);
	struct alck_report *report;
	struct alck_view view;
	int problems;

	if (!exact)
		return -1;
	memcpy(exact, bytes, len);
	report = alck_reader_parse("survive.alck", exact, len);
	free(exact);
	if (!report || alck_view_init(&view, report, images))
		return -1;
	alck_render_text(&style, &view);
	alck_render_json(nowhere, &view);
	alck_view_done(&view);
	problems = (int)report->nproblems;
	nrecords = report->nrecords;
	alck_report_free(report);
	return problems;
}

/* How many records end by AT?  BOUNDARY: AT is between two. */
static size_t whole_by(const unsigned char *bytes, size_t len, size_t at,
		       int *boundary)
{
	struct alck_record record;
	size_t position = ALCK_FILE_HEADER, n = 0;

	while (position < at &&
	       alck_record_read(bytes + position, len - position, &record) ==
		       ALCK_RECORD_OK &&
	       position + record.size <= at) {
		position += record.size;
		n++;
	}
	*boundary = position == at;
	return n;
}

static void cut(const unsigned char *bytes, size_t len)
{
	size_t wrong = 0;

	for (size_t at = 0; at < len; at++) {
		int problems = read_and_show(bytes, at), boundary;
		size_t whole = whole_by(bytes, len, at, &boundary);

		/* Between two records nothing shows that more is missing. */
		if (nrecords == whole && problems >= !boundary)
			continue;
		printf("# cut at %zu: %d problems, %zu of %zu records\n", at,
		       problems, nrecords, whole);
		wrong++;
	}
	printf("%s 1 - cut off at each of %zu bytes\n", wrong ? "not ok" : "ok",
	       len);
}

static void flip(unsigned char *bytes, size_t len, unsigned int rounds)
{
	unsigned int wrong = 0;
	size_t at[4], whole;
	int boundary;

	whole = whole_by(bytes, len, len, &boundary);
	for (unsigned int round = 0; round < rounds; round++) {
		unsigned char bit = (unsigned char)(1 << (round & 7));
		size_t n = 1 + round % 4;

		for (size_t i = 0; i < n; i++) {
			at[i] = next_random() % len;
			bytes[at[i]] ^= bit;
		}
		/* One bit harms one record. */
		if (read_and_show(bytes, len) < 0 || nrecords + n < whole) {
			printf("# round %u: %zu of %zu records\n", round,
			       nrecords, whole);
			wrong++;
		}
		for (size_t i = n; i-- > 0;)
			bytes[at[i]] ^= bit;
	}
	printf("%s 2 - %u rounds of flipped bits\n", wrong ? "not ok" : "ok",
	       rounds);
}

/* A writer that means harm: the checksum is right, the payload is not. */
static void forge(unsigned char *bytes, size_t len, unsigned int rounds)
{
	unsigned char *copy = malloc(len), *p;
	unsigned int wrong = !copy;
	struct alck_record record;
	uint32_t crc;

	for (unsigned int round = 0; copy && round < rounds; round++) {
		memcpy(copy, bytes, len);
		for (p = copy + ALCK_FILE_HEADER; p < copy + len;
		     p += record.size) {
			if (alck_record_read(p, (size_t)(copy + len - p),
					     &record) != ALCK_RECORD_OK)
				break;
			if (!record.len || next_random() % 4)
				continue;
			for (int n = 0; n < 3; n++)
				p[ALCK_RECORD_HEAD +
				  next_random() % record.len] =
					(unsigned char)next_random();
			crc = alck_crc32(0, p, ALCK_RECORD_HEAD + record.len);
			for (int i = 0; i < 4; i++)
				p[ALCK_RECORD_HEAD + record.len + (size_t)i] =
					(unsigned char)(crc >> 8 * i);
		}
		if (read_and_show(copy, len) < 0)
			wrong++;
	}
	free(copy);
	printf("%s 3 - %u rounds of forged records\n", wrong ? "not ok" : "ok",
	       rounds);
}

int main(int argc, char **argv)
{
	static unsigned char bytes[1 << 20];
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 500;
	unsigned int forged = argc > 3 ? (unsigned int)atoi(argv[3]) : rounds;
	FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
	struct rusage usage;
	size_t len;

	nowhere = fopen("/dev/null", "w");
	images = alck_images_new(NULL);
	if (!in || !nowhere || !images) {
		fprintf(stderr, "usage: survive REPORT [FLIPPED [FORGED]]\n");
		return EXIT_FAILURE;
	}
	len = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	puts("1..5");
	cut(bytes, len);
	flip(bytes, len, rounds);
	forge(bytes, len, forged);
	/* And after all that it is still read whole. */
	printf("%s 4 - unharmed it is read whole\n",
	       read_and_show(bytes, len) ? "not ok" : "ok");
	getrusage(RUSAGE_SELF, &usage);
	printf("%s 5 - at most %ld KiB of memory\n",
	       usage.ru_maxrss < MEMORY_MAX ? "ok" : "not ok", usage.ru_maxrss);
	fclose(nowhere);
	alck_images_free(images);
	return EXIT_SUCCESS;
}
