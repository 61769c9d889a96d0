/* SPDX-License-Identifier: MIT */
/* A scan for programs, as doc/SCAN describes it: see scan-text.h.  Offline. */
#include <stdio.h>

#include "inspect/judge.h"
#include "inspect/scan-text.h"

static void put_build_id(struct alck_json *json, const struct alck_image *image)
{
	char hex[2 * 64 + 1] = "";

	for (size_t i = 0; i < image->build_id_len && i < 64; i++)
		sprintf(hex + 2 * i, "%02x", image->build_id[i]);
	alck_json_text(json, "build_id", image->build_id_len ? hex : NULL);
}

static void put_object_id(struct alck_json *json, const char *key,
			  const struct alck_object *o)
{
	if (o)
		alck_json_uint(json, key, o->number);
	else
		alck_json_null(json, key);
}

static void put_binding(struct alck_json *json, const struct alck_binding *b)
{
	static const char *const hows[] = {[ALCK_BOUND_SCOPE] = "scope",
					   [ALCK_BOUND_SLOT] = "slot",
					   [ALCK_BOUND_LAZY] = "lazy",
					   [ALCK_BOUND_INSIDE] = "inside",
					   [ALCK_BOUND_NOWHERE] = "nowhere",
					   [ALCK_BOUND_FOREIGN] = "foreign"};

	alck_json_object(json, NULL);
	alck_json_text(json, "name", alck_name((unsigned int)b->name)->text);
	alck_json_text(json, "how", hows[b->how]);
	put_object_id(json, "target", b->target);
	put_object_id(json, "owner", b->owner);
	if (b->value)
		alck_json_hex(json, "value", b->value);
	if (b->seen_through)
		alck_json_bool(json, "through_alloccheck", 1);
	alck_json_close(json);
}

static void put_object(struct alck_json *json, const struct alck_scene *scene,
		       const struct alck_object *o)
{
	static const char *const origins[] = {"program", "preload", "needed",
					      "dlopen"};
	enum alck_code mark = alck_judge_mark(scene, o);

	alck_json_object(json, NULL);
	alck_json_uint(json, "id", o->number);
	alck_json_text(json, "path", o->image.path);
	alck_json_text(json, "soname", o->image.soname);
	put_build_id(json, &o->image);
	alck_json_text(json, "origin", origins[o->origin]);
	alck_json_text(json, "wanted", o->wanted);
	alck_json_text(json, "found_by", o->how);
	put_object_id(json, "needed_by", o->parent);
	alck_json_uint(json, "namespace", o->name_space);
	alck_json_bool(json, "deep", alck_judge_is_deep(scene, o));
	if (scene->is_live)
		alck_json_hex(json, "bias", o->image.bias);
	alck_json_text(json, "family", o->family ? o->family->name : NULL);
	alck_json_text(json, "version", o->family ? o->version : NULL);
	alck_json_text(json, "mark",
		       mark == ALCK_NO_FINDING ? NULL
					       : alck_finding_rows[mark].code);
	alck_json_array(json, "bindings");
	for (size_t i = 0; i < o->nbindings; i++)
		put_binding(json, &o->bindings[i]);
	alck_json_close(json);
	alck_json_close(json);
}

void alck_scan_json(struct alck_json *json, const struct alck_scene *scene)
{
	put_object_id(json, "in_force",
		      scene->global ? scene->global[ALCK_COLUMN_MALLOC].owner
				    : NULL);
	alck_json_array(json, "objects");
	for (size_t i = 0; i < scene->nobjects; i++)
		put_object(json, scene, scene->objects[i]);
	alck_json_close(json);
	alck_json_array(json, "findings");
	for (size_t i = 0; i < scene->nfindings; i++) {
		const struct alck_scan_finding *f = &scene->findings[i];
		int coded = f->code != ALCK_NO_FINDING;

		alck_json_object(json, NULL);
		alck_json_text(json, "code",
			       coded ? alck_finding_rows[f->code].code : NULL);
		alck_json_text(json, "slug",
			       coded ? alck_finding_rows[f->code].slug : NULL);
		alck_json_text(json, "severity",
			       alck_severity_names[f->severity]);
		put_object_id(json, "object", f->object);
		alck_json_text(json, "text", f->text);
		alck_json_text(json, "why", f->why);
		alck_json_text(json, "fix", f->fix);
		alck_json_close(json);
	}
	alck_json_close(json);
	alck_json_array(json, "problems");
	for (size_t i = 0; i < scene->nproblems; i++)
		alck_json_text(json, NULL, scene->problems[i]);
	alck_json_close(json);
}
