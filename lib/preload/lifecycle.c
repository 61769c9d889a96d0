/* SPDX-License-Identifier: MIT */
/*
 * The preload library's life: how it starts, and what it does at the end.
 *
 * It starts in an IFUNC resolver, which ld.so calls while it relocates this
 * library: after libc, before the program and before every constructor, so
 * that not one allocation is missed.  There only raw system calls may be made:
 * the program that interposes mmap is not relocated, nor is a sanitizer
 * initialised.  Where no resolver is called the constructor does it.
 *
 * Nothing is stopped at the end: programs free after our destructor has run.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "preload/age-table.h"
#include "preload/binding.h"
#include "preload/capture.h"
#include "preload/clock.h"
#include "preload/crash.h"
#include "preload/cpus.h"
#include "preload/elf-lookup.h"
#include "preload/entries-hot.h"
#include "preload/events.h"
#include "preload/finding.h"
#include "preload/hiding.h"
#include "preload/hook-watch.h"
#include "preload/judge.h"
#include "preload/left-behind.h"
#include "preload/loader-watch.h"
#include "preload/loader.h"
#include "preload/one-thread.h"
#include "preload/page-table.h"
#include "preload/rebind.h"
#include "preload/recorder.h"
#include "preload/root.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/suppress.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/unwind.h"

extern int on_exit(void (*function)(int status, void *arg), void *arg)
	__attribute__((weak));

static int started;
static const char *watch_refused;

/* -------------------------------------------------------------------- start */

#define ARGS_MAX 1024 /* more than a report has room for */

/* The list of arguments is copied: where ld.so is called by its own name, it
 * writes into it later (_dl_start_user, up to glibc 2.35). */
static void read_kernel_stack(void)
{
	static char *argv[ARGS_MAX];
	unsigned long *p = alck_loader_stack_end;
	long argc = (long)p[0];

	for (int i = 0; i < argc && i < ARGS_MAX; i++)
		argv[i] = (char *)p[1 + i];
	alck_runtime.argc = argc < ARGS_MAX ? (int)argc : ARGS_MAX;
	alck_runtime.argv = argv;
	alck_runtime.envp = (char *const *)(p + argc + 2);
	for (p = (unsigned long *)alck_runtime.envp; *p; p++)
		continue;
	alck_runtime.auxv = p + 1;
}

/* unsetenv() moves what comes behind in the very list: ours is a copy. */
static void keep_environment(void)
{
	size_t n = 0;
	char **copy;

	while (alck_runtime.envp[n])
		n++;
	copy = alck_keep((n + 1) * sizeof(*copy));
	if (!copy)
		return;
	for (size_t i = 0; i <= n; i++)
		copy[i] = alck_runtime.envp[i];
	alck_runtime.envp = copy;
}

static void read_options(void)
{
	const char *text = alck_runtime_variable("ALLOCCHECK_OPTIONS");

	alck_options_default(&alck_runtime.options);
	alck_runtime.options_text = text;
	if (text)
		alck_options_parse(&alck_runtime.options, text, NULL);
}

static void read_cwd(void)
{
	static char cwd[4096];
	long n = alck_syscall(SYS_getcwd, (long)cwd, sizeof(cwd), 0, 0, 0, 0);

	if (n > 0 && cwd[0] == '/')
		alck_runtime.cwd = cwd;
}

/* Its own libraries are preloaded into what it runs. */
static int is_valgrind(void)
{
	const char *preload = alck_runtime_variable("LD_PRELOAD");

	for (; preload && *preload; preload++)
		if (alck_text_begins(preload, "/vgpreload_"))
			return 1;
	return 0;
}

/* CALLER: an address in ld.so, which calls the resolver and the
 * constructor. */
static void start(uintptr_t caller)
{
	if (started)
		return;
	if (alck_loader_find(caller))
		return;
	started = 1;
	read_kernel_stack();
	alck_runtime.started = alck_sys_now(CLOCK_MONOTONIC);
	alck_runtime.started_real = alck_sys_now(CLOCK_REALTIME);
	alck_runtime.pid = alck_sys_getpid();
	alck_runtime.ppid = alck_sys_getppid();
	keep_environment();
	alck_sys_valgrind = is_valgrind();
	read_options();
	read_cwd();
	alck_suppress_start();
	alck_runtime_root(&alck_runtime.root_device, &alck_runtime.root_inode);
	alck_unwind_select((enum alck_unwind_way)alck_runtime.options.unwinder);
	alck_capture_select();
	alck_hot_select();
	alck_by_page = alck_runtime.options.level == ALCK_LEVEL_GUARD;
	alck_age_kept = alck_runtime.options.age && !alck_by_page;
	if (alck_age_kept)
		alck_clock_find();
	alck_rebind_update(0);
	watch_refused = alck_loader_watch_install();
}

/* The resolver's function is never called; the relocation of the pointer to it
 * is what runs the resolver. */
static void never_called(void)
{
}

/* clang does not count the attribute below as a use. */
__attribute__((used)) static void (*resolve_start(void))(void)
{
	start((uintptr_t)__builtin_return_address(0));
	return never_called;
}

void alck_start_early(void)
	__attribute__((ifunc("resolve_start"), visibility("hidden")));
extern void (*const alck_start_pointer)(void);
void (*const alck_start_pointer)(void)
	__attribute__((used, visibility("hidden"),
		       section(".data.rel.ro"))) = alck_start_early;

/* ---------------------------------------------------------- print_options,
 * help */

static void say_options(void)
{
	char line[1400];
	struct alck_text t;

	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		char value[ALCK_OPTION_TEXT_MAX];

		alck_text_begin(&t, line, sizeof(line));
		alck_text_add(&t, "alloccheck: ");
		alck_text_add(&t, row->name);
		alck_text_add(&t, "=");
		alck_option_format(&alck_runtime.options, row, value,
				   sizeof(value));
		alck_text_add(&t, value);
		if (alck_runtime.options.help) {
			alck_text_add(&t, "\n        ");
			alck_text_add(&t, row->help);
			if (row->words) {
				alck_text_add(&t, " (");
				alck_text_add(&t, row->words);
				alck_text_add(&t, ")");
			}
		}
		alck_text_add(&t, "\n");
		alck_say(line);
	}
}

static void say_bad_options(void)
{
	static struct alck_options scratch;
	struct alck_option_error error;
	char line[512];
	struct alck_text t;

	if (!alck_runtime.options_text ||
	    !alck_options_parse(&scratch, alck_runtime.options_text, &error))
		return;
	alck_text_begin(&t, line, sizeof(line));
	alck_text_add(&t, "alloccheck: ALLOCCHECK_OPTIONS: ");
	alck_text_add_bytes(&t, error.name, error.name_len);
	if (error.status == ALCK_OPTION_UNKNOWN) {
		alck_text_add(&t, ": there is no such option");
	} else if (error.status == ALCK_OPTION_NO_VALUE) {
		alck_text_add(&t, ": a value is missing");
	} else {
		alck_text_add(&t, ": it does not take '");
		alck_text_add_bytes(&t, error.value, error.value_len);
		alck_text_add(&t, "'");
	}
	alck_text_add(&t, "; it is passed over (help=1 lists the options)\n");
	alck_say(line);
}

/* ------------------------------------------------------------------------ end
 */

static struct alck_record_writer *counting;

static void put_count(uint32_t id, uint64_t count)
{
	alck_record_uint(counting, ALCK_FIELD_ID, id);
	alck_record_uint(counting, ALCK_FIELD_COUNT, count);
	alck_recorder_next(counting, ALCK_RECORD_COUNT);
}

static void put_counters(struct alck_record_writer *w)
{
	struct alck_table_counters table;
	struct alck_depot_counters depot;

	alck_table_counters(&table);
	alck_depot_counters(&depot);
	alck_record_uint(w, ALCK_FIELD_UNTRACKED, table.untracked);
	alck_record_uint(w, ALCK_FIELD_UNKNOWN_FREES, alck_unknown_frees());
	alck_record_uint(w, ALCK_FIELD_UNRECORDED, alck_findings_unrecorded());
	alck_record_uint(w, ALCK_FIELD_SHORT_STACKS,
			 alck_unwind_short_stacks());
	alck_record_uint(w, ALCK_FIELD_LOST_STACKS, depot.refused);
	if (alck_age_kept)
		alck_record_uint(w, ALCK_FIELD_LOST_AGES, alck_age_lost());
}

/* By exit(3) alone: who ends otherwise has its findings in the file all the
 * same, with the counts of the last power of two. */
static void at_exit(int status, void *arg)
{
	struct alck_thread *t = &alck_thread;
	struct alck_record_writer *w;

	(void)arg;
	alck_left_behind_report();
	if (!alck_recorder_is_open() && !alck_runtime.options.log_empty)
		return;
	alck_binding_look_all(0);
	alck_hiding_look(0);
	w = alck_recorder_begin(t, ALCK_RECORD_COUNTERS);
	if (!w)
		return;
	put_counters(w);
	alck_recorder_next(w, ALCK_RECORD_COUNT);
	counting = w;
	alck_findings_each(put_count);
	/* The record begun last becomes the end. */
	alck_record_begin(w, w->buf, w->size + ALCK_RECORD_TAIL,
			  ALCK_RECORD_END);
	alck_record_uint(w, ALCK_FIELD_TIME, alck_time());
	alck_record_text(w, ALCK_FIELD_ENDED, "exit");
	alck_record_uint(w, ALCK_FIELD_STATUS, (uint64_t)(status & 0xff));
	alck_recorder_end(t, w);
}

/* ------------------------------------------------------------ the constructor
 */

/* For the launcher's last line: a byte in the file that it named. */
static void leave_count(void)
{
	const char *path = alck_runtime_variable("ALLOCCHECK_COUNT");
	int fd;

	if (!path || path[0] != '/')
		return;
	fd = alck_sys_open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			   0);
	if (fd < 0)
		return;
	alck_sys_write_file(fd, ".", 1);
	alck_sys_close(fd);
}

static void say_start(void)
{
	const struct alck_options *o = &alck_runtime.options;

	say_bad_options();
	if (alck_sys_valgrind)
		alck_say("alloccheck: this runs under valgrind, so every block "
			 "is valgrind's own and no wrong free does what it "
			 "would do otherwise\n");
	alck_suppress_say();
	if (o->print_options || o->help)
		say_options();
}

/* The first object that has libc's word has the one that everybody goes by: the
 * program, where it has a copy, or libc. */
static void find_one_thread(void)
{
	for (uint32_t i = 0; i < alck_modules_count(); i++) {
		const struct alck_module *m = alck_module(i);
		uintptr_t word;

		if (m->is_self || !m->at_start || m->name_space || m->retired)
			continue;
		word = alck_elf_address(m, "__libc_single_threaded");
		if (!word)
			continue;
		alck_one_thread_by((const char *)word);
		return;
	}
}

__attribute__((constructor(101))) static void construct(void)
{
	start((uintptr_t)__builtin_return_address(0));
	if (!started)
		return;
	alck_rebind_settle();
	alck_cpus_start();
	find_one_thread();
	alck_root_fill();
	alck_hook_watch_start();
	alck_crash_start();
	if (alck_runtime.options.unwinder == ALCK_UNWINDER_LIBUNWIND) {
		alck_thread.busy = 1;
		alck_unwind_libunwind_open();
		alck_thread.busy = 0;
		alck_unwind_select(ALCK_UNWIND_LIBUNWIND);
		alck_capture_select();
		alck_hot_select();
	}
	if (watch_refused)
		alck_event_note("coverage", watch_refused);
	if (alck_by_page)
		alck_event_note("coverage",
				"level=guard: no sizes, no allocation stacks, "
				"no double frees; pages that two allocators "
				"have blocks in accuse nobody");
	say_start();
	leave_count();
	if (alck_runtime.options.log_empty)
		alck_recorder_open(&alck_thread);
	if (on_exit)
		on_exit(at_exit, NULL);
}
