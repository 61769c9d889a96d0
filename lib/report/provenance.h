/* SPDX-License-Identifier: MIT */
/*
 * How an allocator's object came into the process, in words: who asked for
 * it, where it was found, and which other copy was meant.  Offline.
 */
#ifndef ALCK_REPORT_PROVENANCE_H
#define ALCK_REPORT_PROVENANCE_H

#include "report/model.h"

/* "asked for by prog as libfoo.so.4, found by RUNPATH in /opt/lib/", or NULL
 * where nothing is known.  For the program itself NULL as well. */
const char *
alck_explain_provenance(struct alck_arena *arena,
			const struct alck_report *report,
			const struct alck_report_provider *provider);

/* Why a wrong copy was loaded, and what to do about it: the second half of a
 * sentence. */
const char *alck_explain_copy_why(struct alck_arena *arena,
				  const struct alck_report *report,
				  const struct alck_report_finding *finding);
const char *alck_explain_copy_advice(struct alck_arena *arena,
				     const struct alck_report *report,
				     const struct alck_report_finding *finding);

#endif
