/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over the files that are named, without a fuzzer. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

int main(int argc, char **argv)
{
	static unsigned char bytes[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *in = fopen(argv[i], "rb");
		size_t len;

		if (!in) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		len = fread(bytes, 1, sizeof(bytes), in);
		fclose(in);
		LLVMFuzzerTestOneInput(bytes, len);
	}
	printf("%d\n", argc - 1);
	return EXIT_SUCCESS;
}
