/* SPDX-License-Identifier: MIT */
/* Programs that this one starts: see exec.h.  Signal-safe. */
#include "preload/events.h"
#include "preload/exec.h"
#include "preload/executable.h"
#include "preload/finding.h"
#include "preload/modules.h"
#include "preload/recorder.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/thread.h"

/* libc's; the program's own copy of it where it has one. */
extern char **environ __attribute__((weak));

enum { ENVIRON = -1, VARIADIC = -2 };

/* Where each has what: an argument's number. */
static const struct call {
	const char *name;
	int8_t file; /* -1: the shell */
	int8_t envp;
	uint8_t searches : 1, becomes : 1;
} calls[] = {
	{"execve", 0, 2, 0, 1},	       {"execv", 0, ENVIRON, 0, 1},
	{"execvp", 0, ENVIRON, 1, 1},  {"execvpe", 0, 2, 1, 1},
	{"execl", 0, ENVIRON, 0, 1},   {"execlp", 0, ENVIRON, 1, 1},
	{"execle", 0, VARIADIC, 0, 1}, {"posix_spawn", 1, 5, 0, 0},
	{"posix_spawnp", 1, 5, 1, 0},  {"system", -1, ENVIRON, 0, 0},
	{"popen", -1, ENVIRON, 0, 0},
};

static const struct call *call_of(const struct alck_entry *e)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (alck_text_equal(calls[i].name, e->name))
			return &calls[i];
	return NULL;
}

/* Argument N, which past the sixth lies where the caller pushed it. */
static uintptr_t argument(const uintptr_t *args, const struct alck_frame *frame,
			  int n)
{
	return n < 6 ? args[n] : ((const uintptr_t *)frame->sp)[n - 6];
}

static char *const *environment(const struct call *c, const uintptr_t *args,
				const struct alck_frame *frame)
{
	int n = 1;

	if (c->envp >= 0)
		return (char *const *)args[c->envp];
	if (c->envp == ENVIRON)
		return &environ ? environ : NULL;
	/* execle: behind the NULL that ends the arguments. */
	while (argument(args, frame, n))
		n++;
	return (char *const *)argument(args, frame, n + 1);
}

static const char *variable(char *const *envp, const char *name)
{
	size_t n = alck_text_length(name);

	for (; envp && *envp; envp++)
		if (alck_text_begins(*envp, name) && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* The end of the word at P, by the loader's own rule. */
static const char *word_end(const char *p)
{
	while (*p && *p != ':' && *p != ' ')
		p++;
	return p;
}

/* Has LIST, an LD_PRELOAD, the file that FILE (LEN bytes) names, wherever it
 * lies? */
static int lists(const char *list, const char *file, size_t len)
{
	while (list && *list) {
		const char *end = word_end(list), *base = list;
		size_t i = 0;

		for (const char *p = list; p < end; p++)
			if (*p == '/')
				base = p + 1;
		while (i < len && base + i < end && base[i] == file[i])
			i++;
		if (i == len && base + i == end)
			return 1;
		list = *end ? end + 1 : end;
	}
	return 0;
}

static const char *own_name(void)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_module(i)->is_self)
			return alck_text_base(alck_module(i)->path);
	return "";
}

/* What the child's LD_PRELOAD lacks of ours: in words in BUF, "" if nothing. */
static void compare(const char *ours, const char *theirs, char *buf,
		    size_t size)
{
	const char *self = own_name();
	struct alck_text t;

	alck_text_begin(&t, buf, size);
	/* Else we came by /etc/ld.so.preload, and so shall they. */
	if (!lists(ours, self, alck_text_length(self)))
		return;
	if (!lists(theirs, self, alck_text_length(self))) {
		alck_text_add(&t, theirs ? "its LD_PRELOAD does not have "
					 : "its environment has no LD_PRELOAD");
		alck_text_add(&t, theirs ? self : "");
		return;
	}
	for (const char *p = ours; *p;) {
		const char *end = word_end(p), *base = p;

		for (const char *q = p; q < end; q++)
			if (*q == '/')
				base = q + 1;
		if (base < end && !lists(theirs, base, (size_t)(end - base))) {
			alck_text_add(&t, "its LD_PRELOAD does not have ");
			alck_text_add_bytes(&t, base, (size_t)(end - base));
			return;
		}
		p = *end ? end + 1 : end;
	}
}

/* What cannot be read the kernel refuses (EFAULT), and the program goes on. */
static int is_readable(const void *p)
{
	uint64_t word;

	return p && !alck_sys_peek(&word, p, sizeof(word));
}

static void put_end(struct alck_thread *t)
{
	struct alck_record_writer *w;

	if (!alck_recorder_is_open())
		return;
	w = alck_recorder_begin(t, ALCK_RECORD_END);
	if (!w)
		return;
	alck_record_uint(w, ALCK_FIELD_TIME, alck_time());
	alck_record_text(w, ALCK_FIELD_ENDED, "exec");
	alck_recorder_end(t, w);
}

/* A shell would else fill the timeline. */
#define NOTED_MAX 1000

static void note_event(const struct alck_entry *e, const char *file)
{
	static uint32_t noted;
	char line[640];
	struct alck_text t;

	if (__atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED) >= NOTED_MAX)
		return;
	alck_text_begin(&t, line, sizeof(line));
	alck_text_add(&t, e->name);
	alck_text_add(&t, "(");
	alck_text_add(&t, file);
	alck_text_add(&t, ")");
	alck_event_note("exec", line);
}

void alck_exec_note(const struct alck_entry *e, uintptr_t *args,
		    const struct alck_frame *frame)
{
	struct alck_thread *t = &alck_thread;
	const struct call *c = call_of(e);
	const char *file, *why, *path = NULL;
	char program[512], lost[256];
	char *const *envp;

	if (!c)
		return;
	file = c->file < 0 ? "/bin/sh" : (const char *)args[c->file];
	if (!is_readable(file))
		return;
	envp = environment(c, args, frame);
	if (!is_readable(envp))
		envp = NULL;
	note_event(e, file);
	if (c->searches)
		path = variable(&environ ? environ : NULL, "PATH");
	if (c->searches && !path)
		path = "/bin:/usr/bin";
	if (!alck_sys_sandboxed &&
	    !alck_executable_find(file, path, program, sizeof(program))) {
		why = alck_executable_keeps_out(program);
		compare(alck_runtime_variable("LD_PRELOAD"),
			variable(envp, "LD_PRELOAD"), lost, sizeof(lost));
		if (!why && lost[0])
			why = lost;
		if (why)
			alck_finding_lost(e, program, why, frame);
	}
	if (c->becomes && alck_thread_process(t) == alck_sys_getpid())
		put_end(t);
}
