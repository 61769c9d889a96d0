/* SPDX-License-Identifier: MIT */
/* Does the process have one thread alone?  See one-thread.h. */
#include "preload/one-thread.h"

static const char no;

const char *alck_one_thread_word = &no;

static int never;

void alck_one_thread_by(const char *word)
{
	if (!never)
		alck_one_thread_word = word;
}

void alck_one_thread_never(void)
{
	never = 1;
	alck_one_thread_word = &no;
}
