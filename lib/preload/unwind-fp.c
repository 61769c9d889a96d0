/* SPDX-License-Identifier: MIT */
/*
 * Walking by frame pointers: each points to the saved one of the caller, and
 * the return address lies above that.  Good for programs compiled with
 * -fno-omit-frame-pointer alone.  Signal-safe.
 */
#include "preload/unwind.h"
#include "preload/unwind-internal.h"

#define JUMP_MAX (UINT64_C(1) << 20) /* of one frame */

static unsigned walk(uintptr_t *pcs, unsigned max,
		     const struct alck_frame *start)
{
	uintptr_t sp = start->sp, fp = start->fp;
	unsigned n = 0;

	pcs[n++] = start->pc;
	while (n < max) {
		if (fp % 8 || fp < sp || fp - sp > JUMP_MAX ||
		    !alck_unwind_readable(fp) || !alck_unwind_readable(fp + 8))
			break;
		sp = fp + 16;
		pcs[n] = *(const uintptr_t *)(fp + 8);
		fp = *(const uintptr_t *)fp;
		if (!pcs[n])
			break;
		n++;
	}
	return n;
}

const struct alck_unwind_ops alck_unwind_fp = {"fp", walk};
