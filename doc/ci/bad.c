/* SPDX-License-Identifier: MIT */
/* A test that passes by itself, if the allocator happens to be kind: it frees
 * a block twice. */
#include <stdlib.h>

int main(void)
{
	void *volatile block = malloc(100);
	void *volatile other;

	free(block);
	other = malloc(5000);
	free(block);
	free(other);
	return 0;
}
