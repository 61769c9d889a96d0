/* SPDX-License-Identifier: MIT */
/*
 * What ld.so would load for a program, without running it.  Offline.
 */
#ifndef ALCK_INSPECT_PLAN_H
#define ALCK_INSPECT_PLAN_H

#include "inspect/scene.h"

struct alck_plan_plugin {
	const char *file;
	int deep;
};

struct alck_plan {
	const char *program;	  /* its file */
	const char *preload;	  /* LD_PRELOAD; NULL without */
	const char *library_path; /* LD_LIBRARY_PATH; NULL without */
	const struct alck_plan_plugin *plugins;
	size_t nplugins;
};

/* Fills SCENE, which is to be bound.  Returns NULL, or a sentence on why the
 * program cannot be read; libraries that cannot be found are problems of the
 * scene. */
const char *alck_plan_program(struct alck_scene *scene,
			      const struct alck_plan *plan);

#endif
