/* SPDX-License-Identifier: MIT */
/* One record into the model: which field goes where.  Offline. */
#ifndef ALCK_REPORT_DECODE_H
#define ALCK_REPORT_DECODE_H

#include "contract/record.h"
#include "report/model.h"

/* Adds what RECORD says to REPORT.  A type that is not known is passed over,
 * and so is a field; one that is known, but has another type or a length that
 * makes no sense, is left out.  Returns 1 when there was such a one, else
 * 0. */
int alck_decode(struct alck_report *report, const struct alck_record *record);

#endif
