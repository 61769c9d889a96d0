/* SPDX-License-Identifier: MIT */
/*
 * One scan: of a program's file, a process or a core.  Offline.
 */
#ifndef ALCK_INSPECT_SCAN_H
#define ALCK_INSPECT_SCAN_H

#include "inspect/live.h"
#include "inspect/memory.h"
#include "inspect/plan.h"
#include "inspect/scan-text.h"

enum alck_scan_kind { ALCK_SCAN_PROGRAM, ALCK_SCAN_PROCESS, ALCK_SCAN_CORE };

struct alck_scan {
	enum alck_scan_kind kind;
	const char *target; /* as it was named */
	struct alck_scene scene;
	struct alck_live live;
	uint64_t took_ns;
};

/* How a process or core is to be looked at. */
struct alck_scan_how {
	const char *proc;		/* "/proc" */
	const char *root;		/* of /sys: "" */
	struct alck_core_places places; /* of a core's files */
	int stacks;	/* the stacks of threads that wait for odd locks */
	int all_stacks; /* of all threads */
};

/* Each fills SCAN, which is to be given to alck_scan_done in any case; TARGET
 * must stay.  Returns 0, or -1 with a sentence in WHY (SIZE bytes). */
int alck_scan_program(struct alck_scan *scan, const struct alck_plan *plan,
		      const struct alck_scan_how *how, char *why, size_t size);
int alck_scan_process(struct alck_scan *scan, pid_t pid,
		      const struct alck_scan_how *how, char *why, size_t size);
int alck_scan_core(struct alck_scan *scan, const char *path,
		   const struct alck_scan_how *how, char *why, size_t size);
void alck_scan_done(struct alck_scan *scan);

/* The worst of its findings; ALCK_SEVERITY_INFO without any. */
enum alck_severity alck_scan_worst(const struct alck_scan *scan);

void alck_scan_print_text(const struct alck_scan_style *style,
			  struct alck_scan *scan);
void alck_scan_print_json(FILE *out, const struct alck_scan *scan);

#endif
