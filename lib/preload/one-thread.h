/* SPDX-License-Identifier: MIT */
/*
 * Does the process have one thread alone?  Then a read-modify-write needs no
 * lock prefix, which is most of what it costs: one instruction is not
 * interrupted by a signal in its middle.
 *
 * libc's own word for it, __libc_single_threaded (2.32), says so: it is cleared
 * before the second thread is made, by the only thread there is, and libc's
 * malloc goes by the same.  Where libc has none, and where there is a second
 * libc in another namespace, which counts for itself, the answer is no.
 */
#ifndef ALCK_PRELOAD_ONE_THREAD_H
#define ALCK_PRELOAD_ONE_THREAD_H

/* For the hot path: into it, and not beside it. */
#define ALCK_INLINE static inline __attribute__((always_inline))

extern const char *alck_one_thread_word __attribute__((visibility("hidden")));

/* WORD is libc's, and holds already. */
void alck_one_thread_by(const char *word);

/* A second libc has come. */
void alck_one_thread_never(void);

ALCK_INLINE int alck_one_thread(void)
{
	return *alck_one_thread_word;
}

#endif
