/* SPDX-License-Identifier: MIT */
/* Whose memory it is, for programs: see usage-show.h.  Offline. */
#include "inspect/usage-show.h"
#include "report/json.h"
#include "report/render-json.h"

/* What more places hold is in the sums alone. */
#define PLACES_SHOWN 100

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

/* Members of an open object: what is recorded of the allocation CONTEXT. */
static void call(struct alck_json *j, struct alck_usage_view *v,
		 uint32_t context)
{
	struct alck_state_call c;
	struct alck_frames frames = alck_usage_frames(v, context, &c);

	alck_json_text(j, "api", c.api);
	alck_render_json_stack(j, v->report, &frames);
}

static void live(struct alck_json *j, const struct alck_usage_live *l)
{
	alck_json_uint(j, "bytes", l->bytes);
	alck_json_uint(j, "blocks", l->blocks);
	alck_json_uint(j, "unsized", l->unsized);
	alck_json_uint(j, "held", l->held);
}

/* A member of an open object. */
static void age(struct alck_json *j, const char *key, struct alck_usage_view *v,
		uint64_t addr)
{
	uint64_t ns;

	if (alck_usage_age(v, addr, &ns))
		alck_json_seconds(j, key, ns);
}

static void pins(struct alck_json *j, struct alck_usage_view *v,
		 const struct alck_usage_heap *h)
{
	alck_json_uint(j, "live", h->live);
	alck_json_uint(j, "live_blocks", h->live_blocks);
	alck_json_array(j, "pins");
	for (size_t i = 0; i < h->npins; i++) {
		alck_json_object(j, NULL);
		alck_json_hex(j, "address", h->pins[i].addr);
		alck_json_uint(j, "size", h->pins[i].size);
		alck_json_uint(j, "gives", h->pins[i].gives);
		age(j, "age", v, h->pins[i].addr);
		call(j, v, h->pins[i].context);
		alck_json_close(j);
	}
	alck_json_close(j);
}

static void places(struct alck_json *j, struct alck_usage_view *v)
{
	const struct alck_usage *u = &v->usage;

	alck_json_array(j, "places");
	for (size_t i = 0; i < u->nplaces && i < PLACES_SHOWN; i++) {
		alck_json_object(j, NULL);
		owner(j, u->places[i].owner);
		live(j, &u->places[i].live);
		age(j, "oldest", v, u->places[i].oldest);
		call(j, v, u->places[i].context);
		alck_json_close(j);
	}
	alck_json_close(j);
}

static void heap(struct alck_json *j, struct alck_usage_view *v,
		 const struct alck_usage_heap *h)
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
	if (v->usage.recorded)
		pins(j, v, h);
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

void alck_usage_json(FILE *out, struct alck_usage_view *v)
{
	const struct alck_usage *u = &v->usage;
	struct alck_json j;

	alck_json_init(&j, out);
	alck_json_object(&j, NULL);
	alck_json_text(&j, "schema", "alloccheck-memory/1");
	alck_json_text(&j, "target", v->target);
	alck_json_bool(&j, "recorded", u->recorded);
	alck_json_array(&j, "allocators");
	for (size_t i = 0; i < u->nobjects; i++) {
		if (!u->objects[i].family)
			continue;
		alck_json_object(&j, NULL);
		alck_json_uint(&j, "id", i);
		alck_json_text(&j, "family", u->objects[i].family);
		alck_json_text(&j, "title", u->objects[i].title);
		total(&j, &u->by_object[i]);
		if (u->recorded) {
			alck_json_object(&j, "live");
			live(&j, &u->live[i]);
			alck_json_close(&j);
		}
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
		heap(&j, v, &u->heaps[i]);
	alck_json_close(&j);
	if (u->recorded)
		places(&j, v);
	alck_json_array(&j, "regions");
	for (size_t i = 0; i < u->nregions; i++)
		region(&j, &u->regions[i]);
	alck_json_close(&j);
	alck_json_close(&j);
}
