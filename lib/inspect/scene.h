/* SPDX-License-Identifier: MIT */
/*
 * What a scan is about: the objects of a program as it would be, or of a
 * process as it is, the scopes in which their names are looked up, and what
 * each call of an allocator's entry point is bound to.  Offline.
 *
 * It is made by alck_plan_program (plan.h) from files, or by alck_process_scan
 * (process.h) from memory; then alck_scene_bind finds the bindings and
 * alck_judge (judge.h) what is wrong with them.
 */
#ifndef ALCK_INSPECT_SCENE_H
#define ALCK_INSPECT_SCENE_H

#include "contract/findings.h"
#include "inspect/image.h"
#include "inspect/names.h"
#include "inspect/search.h"

enum alck_origin {
	ALCK_ORIGIN_PROGRAM,
	ALCK_ORIGIN_PRELOAD,
	ALCK_ORIGIN_NEEDED, /* by DT_NEEDED, from the start */
	ALCK_ORIGIN_LOADED, /* came, or is to come, by dlopen; or for such */
};

enum alck_bound {
	ALCK_BOUND_SCOPE,   /* as ld.so would look it up */
	ALCK_BOUND_SLOT,    /* read in the slot */
	ALCK_BOUND_LAZY,    /* the slot is not bound yet: as SCOPE */
	ALCK_BOUND_INSIDE,  /* to its own, when it was linked */
	ALCK_BOUND_NOWHERE, /* nothing defines it */
	ALCK_BOUND_FOREIGN, /* the slot leads to no object */
};

struct alck_object;

/* What the calls of one name from one object lead to. */
struct alck_binding {
	int name; /* its number in names.h */
	enum alck_bound how;
	uint64_t value;		    /* in the slot; 0 without */
	struct alck_object *target; /* whose function it is; or NULL */
	/* Who serves the call in the end: libstdc++'s operator new is whose
	 * malloc it calls.  NULL where that is not known. */
	struct alck_object *owner;
	int seen_through; /* the slot held a thunk of alloccheck's */
};

struct alck_object {
	struct alck_image image;
	unsigned int number; /* its place in the scene */
	enum alck_origin origin;
	unsigned int name_space;
	int deep;	    /* loaded with RTLD_DEEPBIND */
	const char *wanted; /* the name that it was asked for by */
	const char *how;    /* what it was found by; NULL if not known */
	/* Another file that ld.so.cache has for that name; NULL without. */
	const char *elsewhere;
	struct alck_object *parent; /* who asked for it first, or NULL */
	struct alck_asker asker;
	/* What was loaded together has the scope of its first; of that, this
	 * is the scope: it and all that it needs, breadth first. */
	struct alck_object *root;
	struct alck_object **scope;
	size_t nscope;

	/* alloccheck's own library, which no call ends in. */
	int is_observer;
	const struct alck_family *family; /* NULL: no allocator */
	/* One that its symbol table alone tells of; NULL without. */
	const struct alck_family *inside;
	const char *version; /* of the allocator; "" if unknown */
	char letter;	     /* in the matrix; 0 without */
	struct alck_binding *bindings;
	size_t nbindings;
};

/* Something found. */
struct alck_scan_finding {
	enum alck_code code; /* ALCK_NO_FINDING for a note */
	enum alck_severity severity;
	const struct alck_object *object; /* whom it is about; or NULL */
	const char *text;		  /* one sentence */
	const char *why, *fix;		  /* or NULL */
	const char *const *frames;	  /* where a thread is */
	size_t nframes;
};

struct alck_scene {
	struct alck_arena arena;
	struct alck_object **objects;
	size_t nobjects;
	struct alck_object *program; /* the first of them */
	struct alck_object *libc;    /* of the program's namespace; or NULL */
	/* Who gets, by libc's malloc hook, the blocks that reach libc's free;
	 * or NULL. */
	const struct alck_object *rescuer;
	const char *interpreter;
	int is_static;		    /* no ld.so loads the program */
	int is_live;		    /* read from memory: slots tell */
	struct alck_memory *memory; /* then; else NULL */
	/* By name: the program's global scope's answer. */
	struct alck_binding *global;
	const char **problems; /* what could not be read, in sentences */
	size_t nproblems;
	struct alck_scan_finding *findings;
	size_t nfindings;
};

void alck_scene_init(struct alck_scene *scene);
void alck_scene_done(struct alck_scene *scene);

/* A new object at the end, whose image the caller reads; NULL without memory.
 */
struct alck_object *alck_scene_add(struct alck_scene *scene,
				   enum alck_origin origin);
/* Takes the last object away again. */
void alck_scene_drop_last(struct alck_scene *scene);

void alck_scene_find(struct alck_scene *scene,
		     const struct alck_scan_finding *finding);
/* The same from its parts; TEXT NULL is "", WHY and FIX may be NULL. */
void alck_scene_found(struct alck_scene *scene, enum alck_code code,
		      enum alck_severity severity,
		      const struct alck_object *object, const char *text,
		      const char *why, const char *fix);
void alck_scene_problem(struct alck_scene *scene, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Finds each object's allocator, and what each is bound to. */
void alck_scene_bind(struct alck_scene *scene);

/* The object that ADDRESS is in, or NULL. */
struct alck_object *alck_scene_object_at(const struct alck_scene *scene,
					 uint64_t address);

/* The allocator's function behind ADDRESS, where that is alloccheck's own
 * library; else 0. */
uint64_t alck_scene_behind(const struct alck_scene *scene, uint64_t address);

/* What OBJECT's calls of the name lead to; NULL where it has none. */
const struct alck_binding *alck_object_binding(const struct alck_object *object,
					       int name);
const char *alck_object_name(const struct alck_object *object);

/* "glibc 2.36 ptmalloc", and with the object's name, as in reports: "jemalloc
 * 5.3.0 (libjemalloc.so.2)".  They belong to the arena. */
const char *alck_object_allocator(struct alck_scene *scene,
				  const struct alck_object *provider);
const char *alck_object_title(struct alck_scene *scene,
			      const struct alck_object *provider);

#endif
