/* SPDX-License-Identifier: MIT */
/* Whose memory it is, for programs: see usage-show.h.  Offline. */
#include "inspect/usage-show.h"
#include "report/json.h"

static void maybe(struct alck_json *j, const char *key, int64_t n)
{
	if (n < 0)
		alck_json_null(j, key);
	else
		alck_json_uint(j, key, (uint64_t)n);
}

static void total(struct alck_json *j, const struct alck_usage_total *t)
{
	alck_json_uint(j, "size", t->size);
	maybe(j, "resident", t->resident);
	alck_json_uint(j, "reserved", t->reserved);
}

static void owner(struct alck_json *j, int n)
{
	if (n < 0)
		alck_json_null(j, "allocator");
	else
		alck_json_uint(j, "allocator", (uint64_t)n);
}

static void heap(struct alck_json *j, const struct alck_usage_heap *h)
{
	alck_json_object(j, NULL);
	alck_json_hex(j, "low", h->low);
	alck_json_hex(j, "high", h->high);
	owner(j, h->owner);
	if (h->arena)
		alck_json_hex(j, "arena", h->arena);
	else
		alck_json_null(j, "arena");
	maybe(j, "resident", h->resident);
	if (h->why) {
		alck_json_text(j, "why", h->why);
	} else {
		alck_json_uint(j, "used", h->used);
		alck_json_uint(j, "used_blocks", h->used_blocks);
		alck_json_uint(j, "free", h->free);
		alck_json_uint(j, "top", h->top);
		alck_json_hex(j, "pin", h->pin);
		alck_json_uint(j, "pin_size", h->pin_size);
	}
	alck_json_close(j);
}

static void region(struct alck_json *j, const struct alck_region *r)
{
	alck_json_object(j, NULL);
	alck_json_hex(j, "low", r->low);
	alck_json_hex(j, "high", r->high);
	alck_json_text(j, "use", alck_usage_name(r->use));
	owner(j, r->owner);
	alck_json_text(j, "known_by", r->proof);
	alck_json_text(j, "path", r->mapping->path);
	alck_json_bool(j, "reserved",
		       !r->mapping->readable && !r->mapping->writable);
	maybe(j, "resident", r->resident);
	alck_json_close(j);
}

void alck_usage_json(FILE *out, const struct alck_usage *u, const char *target)
{
	struct alck_json j;

	alck_json_init(&j, out);
	alck_json_object(&j, NULL);
	alck_json_text(&j, "schema", "alloccheck-memory/1");
	alck_json_text(&j, "target", target);
	alck_json_array(&j, "allocators");
	for (size_t i = 0; i < u->nobjects; i++) {
		if (!u->objects[i].family)
			continue;
		alck_json_object(&j, NULL);
		alck_json_uint(&j, "id", i);
		alck_json_text(&j, "family", u->objects[i].family);
		alck_json_text(&j, "title", u->objects[i].title);
		total(&j, &u->by_object[i]);
		alck_json_close(&j);
	}
	alck_json_close(&j);
	alck_json_array(&j, "uses");
	for (int use = 0; use < ALCK_USES; use++) {
		alck_json_object(&j, NULL);
		alck_json_text(&j, "use", alck_usage_name((enum alck_use)use));
		total(&j, &u->by_use[use]);
		alck_json_close(&j);
	}
	alck_json_close(&j);
	alck_json_array(&j, "heaps");
	for (size_t i = 0; i < u->nheaps; i++)
		heap(&j, &u->heaps[i]);
	alck_json_close(&j);
	alck_json_array(&j, "regions");
	for (size_t i = 0; i < u->nregions; i++)
		region(&j, &u->regions[i]);
	alck_json_close(&j);
	alck_json_close(&j);
}
