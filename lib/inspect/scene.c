/* SPDX-License-Identifier: MIT */
/* Objects, scopes and bindings: see scene.h.  Offline. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/allocator.h"
#include "inspect/memory.h"
#include "inspect/scene.h"

#define OBJECTS_MAX 16384
#define FOLLOW_MAX  4
#define OBSERVER    "liballoccheck.so"

void alck_scene_init(struct alck_scene *scene)
{
	*scene = (struct alck_scene){0};
	scene->interpreter = "";
}

void alck_scene_done(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++)
		alck_image_close(&scene->objects[i]->image);
	free(scene->objects);
	free(scene->problems);
	free(scene->findings);
	alck_memory_close(scene->memory);
	alck_arena_free(&scene->arena);
}

struct alck_object *alck_scene_add(struct alck_scene *scene,
				   enum alck_origin origin)
{
	struct alck_object *object, **more;

	if (scene->nobjects == OBJECTS_MAX)
		return NULL;
	object = alck_arena_alloc(&scene->arena, sizeof(*object));
	more = realloc(scene->objects, (scene->nobjects + 1) * sizeof(*more));
	if (more)
		scene->objects = more;
	if (!object || !more)
		return NULL;
	object->image.fd = -1;
	object->image.path = "";
	object->number = (unsigned int)scene->nobjects;
	object->origin = origin;
	object->root = object;
	object->version = "";
	scene->objects[scene->nobjects++] = object;
	return object;
}

void alck_scene_drop_last(struct alck_scene *scene)
{
	alck_image_close(&scene->objects[--scene->nobjects]->image);
}

void alck_scene_found(struct alck_scene *scene, enum alck_code code,
		      enum alck_severity severity, const struct alck_object *o,
		      const char *text, const char *why, const char *fix)
{
	struct alck_scan_finding f = {.code = code,
				      .severity = severity,
				      .object = o,
				      .text = text ? text : "",
				      .why = why,
				      .fix = fix};

	alck_scene_find(scene, &f);
}

void alck_scene_problem(struct alck_scene *scene, const char *format, ...)
{
	const char **more, *text;
	va_list args;

	va_start(args, format);
	text = alck_arena_vprintf(&scene->arena, format, args);
	va_end(args);
	more = realloc(scene->problems, (scene->nproblems + 1) * sizeof(*more));
	if (!more || !text)
		return;
	scene->problems = more;
	scene->problems[scene->nproblems++] = text;
}

void alck_scene_find(struct alck_scene *scene,
		     const struct alck_scan_finding *finding)
{
	struct alck_scan_finding *more = realloc(
		scene->findings, (scene->nfindings + 1) * sizeof(*more));

	if (!more)
		return;
	scene->findings = more;
	scene->findings[scene->nfindings++] = *finding;
}

struct alck_object *alck_scene_object_at(const struct alck_scene *scene,
					 uint64_t address)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		const struct alck_image *image = &scene->objects[i]->image;

		if (address >= image->bias + image->low &&
		    address < image->bias + image->high)
			return scene->objects[i];
	}
	return NULL;
}

const struct alck_binding *alck_object_binding(const struct alck_object *object,
					       int name)
{
	for (size_t i = 0; i < object->nbindings; i++)
		if (object->bindings[i].name == name)
			return &object->bindings[i];
	return NULL;
}

const char *alck_object_name(const struct alck_object *object)
{
	return alck_image_name(&object->image);
}

const char *alck_object_allocator(struct alck_scene *scene,
				  const struct alck_object *provider)
{
	const char *title = provider->family->title, *rest = "", *text;
	int first = (int)strlen(title);

	if (!*provider->version)
		return title;
	/* "glibc 2.36 ptmalloc": the version is glibc's. */
	if (!strcmp(provider->family->name, "glibc") && strchr(title, ' ')) {
		rest = strchr(title, ' ');
		first = (int)(rest - title);
	}
	text = alck_arena_printf(&scene->arena, "%.*s %s%s", first, title,
				 provider->version, rest);
	return text ? text : title;
}

const char *alck_object_title(struct alck_scene *scene,
			      const struct alck_object *provider)
{
	const char *text =
		alck_arena_printf(&scene->arena, "%s (%s)",
				  alck_object_allocator(scene, provider),
				  alck_object_name(provider));

	return text ? text : "";
}

/* ------------------------------------------------------- as ld.so does it */

static struct alck_object *look_in(struct alck_object *const *scope, size_t n,
				   int name, const char *version)
{
	for (size_t i = 0; i < n; i++)
		if (!scope[i]->is_observer &&
		    alck_image_lookup(&scope[i]->image, name, version))
			return scope[i];
	return NULL;
}

static struct alck_object *look_up(const struct alck_scene *scene,
				   struct alck_object *from, int name,
				   const char *version)
{
	const struct alck_object *program = scene->program, *root = from->root;
	struct alck_object *found = NULL;

	if (from->image.symbolic)
		found = look_in(&from, 1, name, version);
	if (!found && root->deep)
		found = look_in(root->scope, root->nscope, name, version);
	if (!found && !from->name_space)
		found = look_in(program->scope, program->nscope, name, version);
	if (!found && root != program)
		found = look_in(root->scope, root->nscope, name, version);
	return found;
}

/* ----------------------------------------------------- what slots hold */

/* What stands at ADDRESS in alloccheck's library, behind endbr64: a thunk (lea
 * of its entry to %r11), or a function that it exports (jmp by the second word
 * of a struct alck_next, whose first leads to its entry).  The entry's address,
 * or 0.
 */
static uint64_t entry_behind(const struct alck_scene *scene, uint64_t address)
{
	static const struct {
		unsigned char code[7], length;
	} lea = {{0xf3, 0x0f, 0x1e, 0xfa, 0x4c, 0x8d, 0x1d}, 7},
	  jmp = {{0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25}, 6};
	unsigned char code[11];
	uint64_t entry;
	int32_t offset;

	if (alck_memory_read(scene->memory, address, code, sizeof(code)))
		return 0;
	if (!memcmp(code, lea.code, lea.length)) {
		memcpy(&offset, code + lea.length, 4);
		return address + lea.length + 4 + (uint64_t)(int64_t)offset;
	}
	if (memcmp(code, jmp.code, jmp.length))
		return 0;
	memcpy(&offset, code + jmp.length, 4);
	address += jmp.length + 4 + (uint64_t)(int64_t)offset;
	return alck_memory_read(scene->memory, address - 8, &entry,
				sizeof(entry))
		       ? 0
		       : entry;
}

/* The allocator's function is the entry's second word. */
uint64_t alck_scene_behind(const struct alck_scene *scene, uint64_t address)
{
	const struct alck_object *o = alck_scene_object_at(scene, address);
	uint64_t entry, real;

	if (!o || !o->is_observer)
		return 0;
	entry = entry_behind(scene, address);
	return !entry || alck_memory_read(scene->memory, entry + 8, &real,
					  sizeof(real))
		       ? 0
		       : real;
}

/* Is VALUE the address of a definition of this object's? */
static int is_definition(const struct alck_object *object, uint64_t value)
{
	const struct alck_image *image = &object->image;

	for (size_t i = 0; i < image->nsymbols; i++)
		if (image->symbols[i].defined &&
		    image->bias + image->symbols[i].value == value)
			return 1;
	return 0;
}

/* A program that takes a function's address without being position-independent
 * has a stub that stands for it everywhere. */
static int is_stub(const struct alck_object *object, int name, uint64_t value)
{
	const struct alck_image_symbol *s =
		alck_image_imports(&object->image, name);

	return s && s->value && object->image.bias + s->value == value;
}

static void read_slot(const struct alck_scene *scene,
		      struct alck_object *object,
		      const struct alck_image_slot *slot,
		      struct alck_binding *b)
{
	uint64_t value = 0, real;

	if (alck_image_read(&object->image, slot->address, &value, 8)) {
		b->how = ALCK_BOUND_NOWHERE;
		return;
	}
	real = value ? alck_scene_behind(scene, value) : 0;
	if (real) {
		b->seen_through = 1;
		value = real;
	}
	b->value = value;
	b->target = value ? alck_scene_object_at(scene, value) : NULL;
	b->how = b->target ? ALCK_BOUND_SLOT
		 : value   ? ALCK_BOUND_FOREIGN
			   : ALCK_BOUND_NOWHERE;
	if (b->target == object && !is_definition(object, value)) {
		b->how = ALCK_BOUND_LAZY;
	} else if (b->target == scene->program && object != scene->program &&
		   is_stub(scene->program, b->name, value)) {
		b->how = ALCK_BOUND_LAZY;
	}
	if (b->how == ALCK_BOUND_LAZY)
		b->target =
			look_up(scene, object, b->name, slot->symbol->version);
}

/* ----------------------------------------------------------------- cells */

static struct alck_binding *new_binding(struct alck_object *object, int name)
{
	struct alck_binding *b = &object->bindings[object->nbindings++];

	b->name = name;
	return b;
}

static int is_entry(const struct alck_image_symbol *s)
{
	return (alck_name((unsigned int)s->name)->kinds & ALCK_NAME_ENTRY) != 0;
}

/* Same name, same target: one binding for all its slots.  One that is bound
 * tells more than one that is not. */
static int is_known(const struct alck_object *object,
		    const struct alck_binding *b)
{
	for (size_t i = 0; i < object->nbindings; i++) {
		struct alck_binding *other = &object->bindings[i];

		if (other->name != b->name)
			continue;
		if (b->how == ALCK_BOUND_LAZY)
			return 1;
		if (other->how == ALCK_BOUND_LAZY)
			*other = *b;
		if (other->target == b->target)
			return 1;
	}
	return 0;
}

static void bind_slots(struct alck_scene *scene, struct alck_object *object)
{
	for (size_t i = 0; i < object->image.nslots; i++) {
		const struct alck_image_slot *slot = &object->image.slots[i];
		struct alck_binding b = {.name = slot->symbol->name};

		if (!is_entry(slot->symbol) || slot->type == R_X86_64_COPY)
			continue;
		if (scene->is_live) {
			read_slot(scene, object, slot, &b);
		} else {
			b.target = look_up(scene, object, b.name,
					   slot->symbol->version);
			b.how = b.target ? ALCK_BOUND_SCOPE
					 : ALCK_BOUND_NOWHERE;
		}
		if (!is_known(object, &b))
			*new_binding(object, b.name) = b;
	}
}

/* What it defines and has no slot for, it calls in itself, if at all. */
static void bind_inside(struct alck_object *object)
{
	for (size_t i = 0; i < object->image.nsymbols; i++) {
		const struct alck_image_symbol *s = &object->image.symbols[i];
		struct alck_binding *b;

		if (!is_entry(s) || !s->defined ||
		    alck_object_binding(object, s->name))
			continue;
		b = new_binding(object, s->name);
		b->how = ALCK_BOUND_INSIDE;
		b->target = object;
	}
}

static void bind_object(struct alck_scene *scene, struct alck_object *object)
{
	size_t room = object->image.nslots + object->image.nsymbols + 1;

	object->bindings = alck_arena_alloc(&scene->arena,
					    room * sizeof(*object->bindings));
	if (!object->bindings)
		return;
	bind_slots(scene, object);
	if (object->family)
		bind_inside(object);
}

/* Who serves a call of the name that leads to TARGET: those that hand on are
 * followed to whom they hand it. */
static struct alck_object *owner_of(struct alck_object *target, int name)
{
	for (int i = 0; target && target->family && i < FOLLOW_MAX; i++) {
		const struct alck_name *n = alck_name((unsigned int)name);
		const struct alck_binding *b;
		const char *next;

		if (!(target->family->flags & ALCK_FORWARDER) &&
		    alck_allocator_has_entry(target->family, n->text))
			return target;
		next = n->row->shape == ALCK_REALLOC ? "realloc"
		       : alck_name_frees(n)	     ? "free"
						     : "malloc";
		name = alck_name_find(next);
		b = alck_object_binding(target, name);
		if (!b || b->target == target)
			return target;
		target = b->target;
	}
	return target && target->family ? target : NULL;
}

static void follow(struct alck_object *object)
{
	for (size_t i = 0; i < object->nbindings; i++)
		object->bindings[i].owner = owner_of(object->bindings[i].target,
						     object->bindings[i].name);
}

/* An object of the program's libc exports it by more than malloc. */
static void find_libc(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects && !scene->libc; i++) {
		struct alck_object *o = scene->objects[i];

		if (!o->name_space && o->family &&
		    !strcmp(o->family->name, "glibc"))
			scene->libc = o;
	}
}

static void bind_global(struct alck_scene *scene)
{
	unsigned int n = alck_names_count();
	const struct alck_object *program = scene->program;

	scene->global =
		alck_arena_alloc(&scene->arena, n * sizeof(*scene->global));
	for (unsigned int i = 0; scene->global && i < n; i++) {
		struct alck_binding *b = &scene->global[i];

		b->name = (int)i;
		b->how = ALCK_BOUND_NOWHERE;
		if (!(alck_name(i)->kinds & ALCK_NAME_ENTRY))
			continue;
		for (size_t k = 0; k < program->nscope && !b->target; k++) {
			const struct alck_image_symbol *s = alck_image_defines(
				&program->scope[k]->image, (int)i);

			/* An old version of libc's (cfree) is not for
			 * newcomers. */
			if (s && !program->scope[k]->is_observer &&
			    !(s->hidden && program->scope[k] == scene->libc))
				b->target = program->scope[k];
		}
		if (b->target)
			b->how = ALCK_BOUND_SCOPE;
		b->owner = owner_of(b->target, (int)i);
	}
}

/* Of files: a libc that reads __free_hook finds the first definition there
 * is, and jemalloc's is set. */
static void find_rescuer(struct alck_scene *scene)
{
	int hook = alck_name_find("__free_hook");
	int read = 0;

	for (size_t i = 0; scene->libc && i < scene->libc->image.nslots; i++)
		read |= scene->libc->image.slots[i].symbol->name == hook;
	for (size_t i = 0; read && i < scene->program->nscope; i++) {
		struct alck_object *o = scene->program->scope[i];

		if (!alck_image_defines(&o->image, hook))
			continue;
		if (o != scene->libc && o->family)
			scene->rescuer = o;
		return;
	}
}

static void give_letters(struct alck_scene *scene)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t n = 0;

	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];

		if (o->family && n + 1 < sizeof(letters))
			o->letter = letters[n++];
	}
}

void alck_scene_bind(struct alck_scene *scene)
{
	for (size_t i = 0; i < scene->nobjects; i++) {
		struct alck_object *o = scene->objects[i];

		o->is_observer =
			o->image.soname && !strcmp(o->image.soname, OBSERVER);
		if (o->is_observer)
			continue;
		o->family = alck_allocator_of(&o->image);
		if (o->family)
			o->version =
				alck_allocator_version(&o->image, o->family);
	}
	give_letters(scene);
	find_libc(scene);
	for (size_t i = 0; i < scene->nobjects; i++)
		bind_object(scene, scene->objects[i]);
	for (size_t i = 0; i < scene->nobjects; i++)
		follow(scene->objects[i]);
	bind_global(scene);
	if (!scene->is_live)
		find_rescuer(scene);
}
