/* SPDX-License-Identifier: MIT */
/*
 * What a process tells beyond its bindings: malloc hooks, whether ptmalloc
 * has run, threads and what they wait for, environment, limits.  Offline;
 * nothing is stopped.
 */
#ifndef ALCK_INSPECT_LIVE_H
#define ALCK_INSPECT_LIVE_H

#include <sys/types.h>
#include <sys/user.h>

#include "inspect/scene.h"

/* A hook variable that a libc reads, and what it holds now. */
struct alck_live_hook {
	int name;			   /* __free_hook, ... */
	const struct alck_object *reader;  /* the libc */
	uint64_t variable;		   /* its address */
	const struct alck_object *defined; /* where that is; or NULL */
	uint64_t value;			   /* 0: no hook */
	const struct alck_object *target;  /* where VALUE leads; or NULL */
	int entry; /* whose entry point it is, by name; -1 */
};

enum alck_live_arena {
	ALCK_ARENA_UNKNOWN,
	ALCK_ARENA_ASLEEP, /* nothing has ever called this libc's allocator */
	ALCK_ARENA_AWAKE,
};

enum alck_thread_call {
	ALCK_THREAD_UNKNOWN, /* may not be read */
	ALCK_THREAD_RUNNING,
	ALCK_THREAD_BLOCKED, /* in the kernel, in no system call */
	ALCK_THREAD_CALL,
};

/* What is wrong with the word that a thread waits for, if anything. */
enum alck_lock_state {
	ALCK_LOCK_NONE, /* it waits for no lock */
	ALCK_LOCK_FINE,
	ALCK_LOCK_UNMAPPED,
	ALCK_LOCK_MISALIGNED,
	ALCK_LOCK_SPLIT, /* crosses a cache line */
};

struct alck_live_thread {
	pid_t tid;
	char name[16];
	char state; /* R, S, D, ... */
	enum alck_thread_call call;
	long number; /* of the system call */
	uint64_t arguments[6], sp, pc;
	enum alck_lock_state lock;	     /* of ARGUMENTS[0] */
	const struct user_regs_struct *regs; /* of a core; else NULL */
	const char **frames;		     /* where --stacks was asked for */
	size_t nframes;
	unsigned int tries; /* how often it was looked at until it was seen */
};

struct alck_live {
	struct alck_live_hook *hooks;
	size_t nhooks;
	enum alck_live_arena arena;
	uint64_t arena_at; /* main_arena's bins, where AWAKE */
	struct alck_live_thread *threads;
	size_t nthreads;
	const char **environment; /* what concerns allocators and the loader */
	size_t nenvironment;
	int unsampled; /* errno, where running threads could not be sampled */
	size_t missed; /* how many of them were not */
	uint64_t stopped_ns; /* the longest time that a thread was stopped */
	const char **limits; /* "name value", of those that are set */
	size_t nlimits;
};

/* Each fills its part of LIVE from a scene that has been bound. */
void alck_live_hooks(struct alck_scene *scene, struct alck_live *live);
void alck_live_arena(const struct alck_scene *scene, struct alck_live *live);

/* The threads of process PID, whose /proc is at PROC. */
void alck_live_threads(struct alck_scene *scene, struct alck_live *live,
		       const char *proc, pid_t pid);
/* What those do that run: only locks that are odd are noted. */
void alck_live_sample(const struct alck_scene *scene, struct alck_live *live);
void alck_live_surroundings(struct alck_scene *scene, struct alck_live *live,
			    const char *proc, pid_t pid);

/* Adds the findings of hooks and threads. */
void alck_live_judge(struct alck_scene *scene, const struct alck_live *live);

/* Sets the lock of a thread whose call and arguments are known. */
void alck_live_judge_call(const struct alck_scene *scene,
			  struct alck_live_thread *thread);

/* What a lock of four bytes at ADDRESS is. */
enum alck_lock_state alck_live_lock(struct alck_memory *memory,
				    uint64_t address);

/* Text, and the members "hooks", "arena", "threads", ... of an open object. */
struct alck_scan_style;
struct alck_json;
void alck_live_text(const struct alck_scan_style *style,
		    struct alck_scene *scene, const struct alck_live *live);
void alck_live_json(struct alck_json *json, const struct alck_scene *scene,
		    const struct alck_live *live);

#endif
