/* SPDX-License-Identifier: MIT */
/* A test that has nothing to hide. */
#include <stdlib.h>

int main(void)
{
	void *volatile block = malloc(100);

	free(block);
	return 0;
}
