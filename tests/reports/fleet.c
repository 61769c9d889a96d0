/* SPDX-License-Identifier: MIT */
/*
 * Leaves many reports in a folder, as a fleet of machines or a test suite
 * would: fleet FOLDER REPORTS FINDINGS DISTINCT [SHIFT].
 *
 * Each report has 40 modules at addresses of its own and FINDINGS findings,
 * with stacks of 12 frames, out of DISTINCT ones, which are spread evenly.
 * SHIFT moves all offsets in the program, as a new build of it does, and gives
 * it another build ID.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"

#define MODULES 40
#define FRAMES	12
#define SPAN	0x200000u
#define STARTED 1700000000000000000u

static unsigned char buf[65536];
static struct alck_record_writer w;
static unsigned long shift;

static void begin(enum alck_record_type type)
{
	alck_record_begin(&w, buf, sizeof(buf), type);
}

static void end(FILE *f)
{
	size_t len = alck_record_end(&w);

	if (fwrite(buf, 1, len, f) != len) {
		perror("fleet");
		exit(EXIT_FAILURE);
	}
}

static uint64_t bias_of(unsigned long report, unsigned int module)
{
	return 0x7f0000000000u + report % 977 * 0x100000000u +
	       module * (uint64_t)SPAN;
}

static void put_modules(FILE *f, unsigned long report)
{
	char path[64];
	unsigned char id[20];

	for (unsigned int i = 0; i < MODULES; i++) {
		memset(id, (int)i + 1, sizeof(id));
		if (!i)
			id[0] = (unsigned char)(1 + shift);
		snprintf(path, sizeof(path), "/opt/fleet/lib/module-%u.so", i);
		begin(ALCK_RECORD_MODULE);
		alck_record_uint(&w, ALCK_FIELD_ID, i);
		alck_record_uint(&w, ALCK_FIELD_TIME, 0);
		alck_record_text(&w, ALCK_FIELD_PATH, path);
		alck_record_bytes(&w, ALCK_FIELD_BUILD_ID, id, sizeof(id));
		alck_record_uint(&w, ALCK_FIELD_BIAS, bias_of(report, i));
		alck_record_uint(&w, ALCK_FIELD_LOW, bias_of(report, i));
		alck_record_uint(&w, ALCK_FIELD_HIGH,
				 bias_of(report, i) + SPAN);
		end(f);
	}
}

static void put_provider(FILE *f, unsigned int id, const char *family,
			 unsigned int module)
{
	begin(ALCK_RECORD_PROVIDER);
	alck_record_uint(&w, ALCK_FIELD_ID, id);
	alck_record_text(&w, ALCK_FIELD_FAMILY, family);
	alck_record_text(&w, ALCK_FIELD_TITLE, family);
	alck_record_text(&w, ALCK_FIELD_HOW, "shared");
	alck_record_uint(&w, ALCK_FIELD_MODULE, module);
	end(f);
}

static void put_stack(enum alck_field field, unsigned long report,
		      unsigned long which)
{
	uint64_t words[FRAMES];

	for (unsigned int i = 0; i < FRAMES; i++) {
		unsigned int module =
			i % 5 ? 3 + (i + (unsigned int)which) % 30 : 0;

		words[i] = bias_of(report, module) + 0x1000 +
			   (which * 16 + i * 64) % 0x100000 +
			   (module ? 0 : shift * 0x40);
	}
	alck_record_words(&w, field, words, FRAMES);
}

static void put_finding(FILE *f, unsigned long report, unsigned long number,
			unsigned long which)
{
	begin(ALCK_RECORD_FINDING);
	alck_record_uint(&w, ALCK_FIELD_ID, number + 1);
	alck_record_uint(&w, ALCK_FIELD_TIME, number * 1000000);
	alck_record_uint(&w, ALCK_FIELD_THREAD, 1);
	alck_record_text(&w, ALCK_FIELD_CODE, "T7");
	alck_record_text(&w, ALCK_FIELD_SLUG, "two-providers");
	alck_record_text(&w, ALCK_FIELD_SEVERITY, "error");
	alck_record_text(&w, ALCK_FIELD_VERDICT, "cross-allocator");
	alck_record_text(&w, ALCK_FIELD_ACTION, "owner");
	alck_record_text(&w, ALCK_FIELD_API, "free");
	alck_record_text(&w, ALCK_FIELD_ALLOC_API, "malloc");
	alck_record_uint(&w, ALCK_FIELD_POINTER, 0x10000 + report * 64);
	alck_record_uint(&w, ALCK_FIELD_OWNER, 1);
	alck_record_uint(&w, ALCK_FIELD_FREER, 2);
	put_stack(ALCK_FIELD_STACK, report, which);
	put_stack(ALCK_FIELD_ALLOC_STACK, report, which + 7);
	end(f);
}

int main(int argc, char **argv)
{
	unsigned long reports, findings, distinct;
	char path[4096];

	if (argc < 5) {
		fputs("usage: fleet FOLDER REPORTS FINDINGS DISTINCT [SHIFT]\n",
		      stderr);
		return EXIT_FAILURE;
	}
	reports = strtoul(argv[2], NULL, 10);
	findings = strtoul(argv[3], NULL, 10);
	distinct = strtoul(argv[4], NULL, 10);
	shift = argc > 5 ? strtoul(argv[5], NULL, 10) : 0;
	for (unsigned long r = 0; r < reports; r++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/prog.%lu.alck", argv[1],
			 r + 1);
		f = fopen(path, "wb");
		if (!f) {
			perror(path);
			return EXIT_FAILURE;
		}
		alck_record_file_header(buf);
		fwrite(buf, 1, ALCK_FILE_HEADER, f);
		begin(ALCK_RECORD_PROCESS);
		alck_record_uint(&w, ALCK_FIELD_PID, r + 1);
		alck_record_text(&w, ALCK_FIELD_EXE, "/opt/fleet/bin/prog");
		alck_record_uint(&w, ALCK_FIELD_STARTED,
				 STARTED + r * 1000000000u);
		end(f);
		put_modules(f, r);
		put_provider(f, 1, "jemalloc", 1);
		put_provider(f, 2, "glibc", 2);
		for (unsigned long i = 0; i < findings; i++)
			put_finding(f, r, i, (r * findings + i) % distinct);
		if (fclose(f)) {
			perror(path);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
