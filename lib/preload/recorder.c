/* SPDX-License-Identifier: MIT */
/* The report file: see recorder.h.  Signal-safe. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "preload/binding.h"
#include "preload/events.h"
#include "preload/modules.h"
#include "preload/providers.h"
#include "preload/recorder.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define PATH_SIZE 4352
/* The first one to write looks up versions and names, for as long as 50 ms: who
 * waits yields a few times, and then naps, two seconds in all. */
#define YIELDS		100
#define NAPS		20000
#define NAP		50000 /* ns */
#define FILES_OF_A_NAME 100   /* images of one process: exec keeps the pid */
#define ERROR_EXISTS	(-17)

static int lock;      /* process ID of whoever holds it */
static int pid;	      /* that the report below belongs to */
static uint8_t epoch; /* counts reports: marks what each holds */
static int fd = -1;
static uint64_t device, inode;
static int failed;
static char path[PATH_SIZE];
static uint32_t nevents; /* written */
static unsigned char buffer[ALCK_RECORD_HEAD + ALCK_RECORD_TAIL + 32768];
static struct alck_record_writer writer;

/* ----------------------------------------------------------------- the lock */

static int take(struct alck_thread *t)
{
	const struct timespec nap = {0, NAP};
	int self = alck_sys_getpid();

	if (t->busy)
		return -1;
	for (int i = 0; i < YIELDS + NAPS; i++) {
		int holder = 0;

		if (__atomic_compare_exchange_n(&lock, &holder, self, 0,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED)) {
			t->busy = 1;
			return 0;
		}
		/* A thread of the parent held it when we were forked. */
		if (holder != self &&
		    __atomic_compare_exchange_n(&lock, &holder, self, 0,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED)) {
			t->busy = 1;
			return 0;
		}
		if (i < YIELDS)
			alck_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
		else
			alck_syscall(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
	}
	return -1;
}

static void release(struct alck_thread *t)
{
	t->busy = 0;
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

/* ----------------------------------------------------------------- the file */

static void compose_path(int attempt)
{
	const char *wanted = alck_runtime.options.log_path;
	const char *program = alck_text_base(alck_module(0)->path);
	struct alck_text t;
	int is_pattern = 0;

	alck_text_begin(&t, path, sizeof(path));
	if (*wanted != '/' && alck_runtime.cwd) {
		alck_text_add(&t, alck_runtime.cwd);
		alck_text_add(&t, "/");
	}
	for (const char *p = wanted; *p; p++) {
		if (*p != '%') {
			alck_text_add_bytes(&t, p, 1);
			continue;
		}
		p++;
		/* "%%" alone makes no pattern: a folder may have it. */
		if (*p == 'p' || *p == 'n')
			is_pattern = 1;
		if (*p == 'p')
			alck_text_add_number(&t, (uint64_t)pid);
		else if (*p == 'n')
			alck_text_add(&t, program);
		else if (*p)
			alck_text_add_bytes(&t, p, 1);
		else
			break;
	}
	if (!is_pattern) {
		if (t.used && path[t.used - 1] != '/')
			alck_text_add(&t, "/");
		alck_text_add(&t, program);
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)pid);
		alck_text_add(&t, ".alck");
	}
	if (attempt) {
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)attempt);
		alck_text_add(&t, ".alck");
	}
}

/* Makes the folders that PATH is in. */
static void make_folders(void)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		alck_sys_mkdir(path, 0777);
		*p = '/';
	}
}

/* Above what select() reaches for and what programs count on getting next. */
static int move_up(int low)
{
	uint64_t limit[2] = {1024, 1024}; /* struct rlimit64: soft, hard */
	int high;

	alck_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)limit, 0, 0);
	if (limit[0] > 1024)
		limit[0] = 1024;
	if (limit[0] < 64)
		return low;
	high = alck_sys_fcntl(low, F_DUPFD_CLOEXEC, (long)limit[0] - 24);
	if (high < 0)
		return low;
	alck_sys_close(low);
	return high;
}

static int is_ours(void)
{
	struct stat st;

	return fd >= 0 && !alck_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0) &&
	       st.st_dev == device && st.st_ino == inode;
}

static int open_file(int flags)
{
	struct stat st;
	int new = alck_sys_open(path,
				O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
					O_NOCTTY | flags,
				0600);

	if (new < 0)
		return new;
	fd = move_up(new);
	if (alck_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0))
		return -1;
	device = st.st_dev;
	inode = st.st_ino;
	return 0;
}

static int create_file(void)
{
	int r = -1;

	compose_path(0);
	make_folders();
	for (int i = 0; i < FILES_OF_A_NAME; i++) {
		compose_path(i);
		r = open_file(O_CREAT | O_EXCL);
		if (r != ERROR_EXISTS)
			return r;
	}
	return r;
}

static int write_all(const unsigned char *bytes, size_t len)
{
	if (!is_ours() && open_file(0))
		return -1;
	while (len) {
		long n = alck_sys_write_file(fd, bytes, len);

		if (n == -4 /* EINTR */)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int put(struct alck_record_writer *w)
{
	return write_all(w->buf, alck_record_end(w));
}

/* -------------------------------------------------- what every report holds */

static void put_process(void)
{
	struct alck_record_writer *w = &writer;
	struct alck_provider *libc = NULL;
	char text[64];
	struct alck_text t;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_PROCESS);
	alck_record_uint(w, ALCK_FIELD_PID, (uint64_t)pid);
	alck_record_uint(w, ALCK_FIELD_PPID, (uint64_t)alck_sys_getppid());
	alck_record_text(w, ALCK_FIELD_EXE, alck_module(0)->path);
	for (int i = 0; i < alck_runtime.argc && w->used < 16384; i++)
		alck_record_text(w, ALCK_FIELD_ARG, alck_runtime.argv[i]);
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX && !libc; i++) {
		struct alck_provider *p = alck_provider(i);

		if (p && p->module->is_libc && !p->module->name_space)
			libc = p;
	}
	if (libc) {
		alck_text_begin(&t, text, sizeof(text));
		alck_text_add(&t, "glibc ");
		alck_text_add(&t, alck_provider_version(libc));
		alck_record_text(w, ALCK_FIELD_LIBC, text);
	}
	alck_record_uint(w, ALCK_FIELD_STARTED, alck_runtime.started_real);
	alck_record_text(w, ALCK_FIELD_TOOL, "alloccheck " PACKAGE_VERSION);
	alck_record_text(w, ALCK_FIELD_OPTIONS, alck_runtime.options_text);
	put(w);
}

/* NAME as the reader finds it from elsewhere: a program may load "./x.so".
 * What has no slash is no file (linux-vdso.so.1). */
static const char *findable(const char *name)
{
	static char absolute[PATH_SIZE];
	struct alck_text t;
	const char *p = name;

	while (*p && *p != '/')
		p++;
	if (p == name || !*p || !alck_runtime.cwd)
		return name;
	if (name[0] == '.' && name[1] == '/')
		name += 2;
	alck_text_begin(&t, absolute, sizeof(absolute));
	alck_text_add(&t, alck_runtime.cwd);
	alck_text_add(&t, "/");
	alck_text_add(&t, name);
	return absolute;
}

/* What its calls of malloc and the like are bound to by now. */
static void add_bindings(struct alck_module *m)
{
	if (m->at_start && !m->retired)
		alck_binding_note(m);
	if (!m->bound_noted)
		return;
	alck_binding_look(m, 0);
	for (unsigned int i = 0; i < ALCK_BOUND_CALLS; i++)
		if (m->bound_slot[i])
			alck_record_uint(&writer, ALCK_FIELD_BINDS_MALLOC + i,
					 m->bound[i] ? m->bound[i]
						     : ALCK_UNBOUND);
}

static void put_module(struct alck_module *m)
{
	struct alck_record_writer *w = &writer;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_MODULE);
	alck_record_uint(w, ALCK_FIELD_ID, m->id);
	alck_record_text(w, ALCK_FIELD_PATH, findable(m->path));
	alck_record_bytes(w, ALCK_FIELD_BUILD_ID, m->build_id, m->build_id_len);
	alck_record_uint(w, ALCK_FIELD_BIAS, m->bias);
	alck_record_uint(w, ALCK_FIELD_LOW, m->low);
	alck_record_uint(w, ALCK_FIELD_HIGH, m->high);
	alck_record_uint(w, ALCK_FIELD_NAMESPACE, m->name_space);
	alck_record_uint(w, ALCK_FIELD_TIME, m->loaded_at);
	alck_record_uint(w, ALCK_FIELD_DEEP_BOUND, m->deep_bound);
	if (m->retired)
		alck_record_uint(w, ALCK_FIELD_UNLOADED, m->unloaded_at);
	add_bindings(m);
	if (!put(w))
		m->recorded = epoch;
}

static void put_search(struct alck_record_writer *w,
		       const struct alck_search *s)
{
	alck_record_text(w, ALCK_FIELD_FOUND_BY, alck_found_by_names[s->by]);
	alck_record_text(w, ALCK_FIELD_ASKED, s->asked);
	if (s->asker)
		alck_record_uint(w, ALCK_FIELD_ASKER, s->asker->id);
	alck_record_text(w, ALCK_FIELD_FOLDER, s->folder);
}

static void put_provider(struct alck_provider *p)
{
	struct alck_record_writer *w = &writer;
	const struct alck_entry *m = alck_global[ALCK_STANDARD_MALLOC];

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_PROVIDER);
	alck_record_uint(w, ALCK_FIELD_ID, p->id);
	alck_record_text(w, ALCK_FIELD_FAMILY, p->family->name);
	alck_record_text(w, ALCK_FIELD_TITLE, p->family->title);
	alck_record_text(w, ALCK_FIELD_VERSION, alck_provider_version(p));
	alck_record_text(w, ALCK_FIELD_HOW,
			 p->free && (p->free->reach & ALCK_PRIVATE) ? "hidden"
			 : p->module->is_program		    ? "static"
								    : "shared");
	alck_record_uint(w, ALCK_FIELD_MODULE, p->module->id);
	alck_record_text(w, ALCK_FIELD_PATH, p->module->path);
	alck_record_bytes(w, ALCK_FIELD_BUILD_ID, p->module->build_id,
			  p->module->build_id_len);
	alck_record_uint(w, ALCK_FIELD_NAMESPACE, p->module->name_space);
	alck_record_uint(w, ALCK_FIELD_GLOBAL, m && m->provider == p);
	put_search(w, &p->found);
	if (!put(w))
		p->recorded = epoch;
}

static void put_coverage(const struct alck_provider *p)
{
	struct alck_record_writer *w = &writer;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_COVERAGE);
	alck_record_text(w, ALCK_FIELD_PATH, p->module->path);
	if (!alck_runtime.options.rebind) {
		alck_record_text(w, ALCK_FIELD_SEEN, "part");
		alck_record_text(w, ALCK_FIELD_WHY,
				 "rebind=0: only calls by the global scope");
	} else {
		alck_record_text(w, ALCK_FIELD_SEEN,
				 p->is_part ? "part" : "all");
		alck_record_text(w, ALCK_FIELD_WHY, p->coverage);
	}
	put(w);
}

static void put_event(const struct alck_event *e)
{
	struct alck_record_writer *w = &writer;

	alck_record_begin(w, buffer, sizeof(buffer), ALCK_RECORD_EVENT);
	alck_record_uint(w, ALCK_FIELD_TIME, e->time);
	alck_record_uint(w, ALCK_FIELD_THREAD, e->thread);
	alck_record_text(w, ALCK_FIELD_KIND, e->kind);
	alck_record_text(w, ALCK_FIELD_MESSAGE, e->text);
	put(w);
}

/* What has come since the last record. */
static void catch_up(void)
{
	const struct alck_event *e;

	for (uint32_t i = 0; i < alck_modules_count(); i++)
		if (alck_module(i)->recorded != epoch)
			put_module(alck_module(i));
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX; i++) {
		struct alck_provider *p = alck_provider(i);

		if (p && p->recorded != epoch) {
			put_provider(p);
			put_coverage(p);
		}
	}
	while ((e = alck_event_get(nevents))) {
		put_event(e);
		nevents++;
	}
}

static void begin_report(void)
{
	pid = alck_sys_getpid();
	epoch++;
	if (!epoch)
		epoch = 1;
	nevents = 0;
	failed = 1;
	if (create_file())
		return;
	alck_record_file_header(buffer);
	if (write_all(buffer, ALCK_FILE_HEADER))
		return;
	failed = 0;
	put_process();
}

/* ----------------------------------------------------------------- for others
 */

int alck_recorder_is_open(void)
{
	return pid && pid == alck_sys_getpid() && !failed;
}

const char *alck_recorder_path(void)
{
	return path;
}

/* Takes the recorder, with a report of this very process open. */
static int take_open(struct alck_thread *t)
{
	if (take(t))
		return -1;
	if (pid != alck_sys_getpid()) {
		if (is_ours()) /* the parent's */
			alck_sys_close(fd);
		fd = -1;
		begin_report();
	}
	if (failed) {
		release(t);
		return -1;
	}
	catch_up();
	return 0;
}

void alck_recorder_open(struct alck_thread *t)
{
	if (!take_open(t))
		release(t);
}

struct alck_record_writer *alck_recorder_begin(struct alck_thread *t,
					       enum alck_record_type type)
{
	if (take_open(t))
		return NULL;
	alck_record_begin(&writer, buffer, sizeof(buffer), type);
	return &writer;
}

void alck_recorder_flush(struct alck_thread *t)
{
	if (!alck_recorder_is_open() || take(t))
		return;
	catch_up();
	release(t);
}

void alck_recorder_next(struct alck_record_writer *w,
			enum alck_record_type type)
{
	put(w);
	alck_record_begin(w, buffer, sizeof(buffer), type);
}

int alck_recorder_end(struct alck_thread *t, struct alck_record_writer *w)
{
	int r = put(w);

	release(t);
	return r;
}
