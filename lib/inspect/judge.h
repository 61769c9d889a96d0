/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a scene's bindings, before any block has gone astray: the
 * codes of the findings, as far as bindings alone prove or threaten them.
 * Offline.
 *
 * ERROR: whoever uses the calls as they are meant mixes two allocators.
 * LATENT: it does where a block passes from one object to another.
 */
#ifndef ALCK_INSPECT_JUDGE_H
#define ALCK_INSPECT_JUDGE_H

#include "inspect/scene.h"

/* Adds the findings of a scene that has been bound. */
void alck_judge(struct alck_scene *scene);

/* Parts of it: of each object's row; of the allocators in the process. */
void alck_judge_row(struct alck_scene *scene, struct alck_object *object);
void alck_judge_allocators(struct alck_scene *scene);

/* Is OBJECT bound otherwise than the program's global scope has it, as deep
 * binding does? */
int alck_judge_is_deep(const struct alck_scene *scene,
		       const struct alck_object *object);

/* Does the marked row of the matrix have a finding, and which? */
enum alck_code alck_judge_mark(const struct alck_scene *scene,
			       const struct alck_object *object);

#endif
