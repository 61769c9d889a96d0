/* SPDX-License-Identifier: MIT */
/* The machine: see host.h.  Offline. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect/host.h"

#define FILE_MAX (1u << 20)

/* The text of the file at ROOT/PATH, without its last newline; NULL without. */
static char *read_text(struct alck_arena *arena, const char *root,
		       const char *path)
{
	char name[PATH_MAX], *text = NULL;
	size_t len = 0;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	file = fopen(name, "re");
	if (!file)
		return NULL;
	text = malloc(FILE_MAX);
	if (text)
		len = fread(text, 1, FILE_MAX - 1, file);
	fclose(file);
	while (len && text[len - 1] == '\n')
		len--;
	if (text) {
		char *kept = alck_arena_text(arena, text, len);

		free(text);
		return kept;
	}
	return NULL;
}

/* ------------------------------------------------------------- the processor
 */

/* The value of the first line NAME of /proc/cpuinfo; NULL without. */
static const char *value_of(struct alck_arena *arena, const char *cpuinfo,
			    const char *name)
{
	size_t len = strlen(name);

	for (const char *line = cpuinfo; line && *line;) {
		const char *end = strchrnul(line, '\n');
		const char *colon = memchr(line, ':', (size_t)(end - line));

		if (colon && !strncmp(line, name, len) &&
		    strspn(line + len, "\t ") == (size_t)(colon - line) - len) {
			colon++;
			colon += strspn(colon, " ");
			return alck_arena_text(arena, colon,
					       (size_t)(end - colon));
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}

static int has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; p && (p = strstr(p, word)); p += len)
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return 1;
	return 0;
}

static void set(struct alck_number *n, const char *text)
{
	if (!text)
		return;
	n->set = 1;
	n->value = strtoull(text, NULL, 10);
}

/* The value of NAME=VALUE on the kernel's command line. */
static const char *parameter(struct alck_arena *arena, const char *line,
			     const char *name)
{
	size_t len = strlen(name);

	for (const char *p = line; p && (p = strstr(p, name)); p += len)
		if ((p == line || p[-1] == ' ') && p[len] == '=')
			return alck_arena_text(arena, p + len + 1,
					       strcspn(p + len + 1, " "));
	return NULL;
}

static void read_machine(struct alck_host *h, const char *root)
{
	struct alck_arena *a = &h->arena;
	struct alck_report_host *m = &h->machine;
	const char *cpuinfo = read_text(a, root, "/proc/cpuinfo");
	const char *flags = value_of(a, cpuinfo, "flags");

	m->set = 1;
	m->processor = value_of(a, cpuinfo, "model name");
	m->vendor = value_of(a, cpuinfo, "vendor_id");
	set(&m->cpu_family, value_of(a, cpuinfo, "cpu family"));
	set(&m->cpu_model, value_of(a, cpuinfo, "model"));
	m->kernel = read_text(a, root, "/proc/sys/kernel/osrelease");
	if (flags) {
		m->hypervisor.set = 1;
		m->hypervisor.value = has_word(flags, "hypervisor") != 0;
		m->split_lock_detect.set = m->bus_lock_detect.set = 1;
		m->split_lock_detect.value =
			has_word(flags, "split_lock_detect") != 0;
		m->bus_lock_detect.value =
			has_word(flags, "bus_lock_detect") != 0;
	}
	m->split_lock_mode = parameter(a, read_text(a, root, "/proc/cmdline"),
				       "split_lock_detect");
	set(&m->mitigate,
	    read_text(a, root, "/proc/sys/kernel/split_lock_mitigate"));
	h->cache_line = read_text(a, root,
				  "/sys/devices/system/cpu/cpu0/cache/index0/"
				  "coherency_line_size");
}

/* ------------------------------------------------------------ the processors
 */

unsigned int alck_host_cpus(const char *list)
{
	unsigned int n = 0;

	while (list && *list >= '0' && *list <= '9') {
		char *end;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (to < from || to - from > 1u << 20)
			return 0;
		n += (unsigned int)(to - from) + 1;
		list = *end == ',' ? end + 1 : end;
	}
	return n;
}

static void read_processors(struct alck_host *h, const char *root)
{
	h->possible =
		read_text(&h->arena, root, "/sys/devices/system/cpu/possible");
	h->present =
		read_text(&h->arena, root, "/sys/devices/system/cpu/present");
	h->online =
		read_text(&h->arena, root, "/sys/devices/system/cpu/online");
	h->npossible = alck_host_cpus(h->possible);
	h->npresent = alck_host_cpus(h->present);
	h->nonline = alck_host_cpus(h->online);
}

uint64_t alck_host_process_start(const char *root, pid_t pid)
{
	struct alck_arena arena = {0};
	unsigned long long start = 0;
	char path[64];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	p = read_text(&arena, root, path);
	/* The name, in parentheses, may hold anything; of what follows the
	 * twentieth is the start (proc(5)). */
	p = p ? strrchr(p, ')') : NULL;
	for (int i = 0; p && i < 20; i++)
		p = strchr(p + 1, ' ');
	if (p)
		start = strtoull(p, NULL, 10);
	alck_arena_free(&arena);
	return start * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
}

/* -------------------------------------------------------------- kernel's log
 */

static void note_lock(struct alck_host *h, uint64_t ms, const char *text)
{
	h->locks.lines++;
	h->locks.last = alck_arena_text(&h->arena, text, strlen(text));
	h->locks.last_ms = ms;
}

/* "smpboot: Booting Node 0 Processor 2 APIC 0x2", which the kernel says of
 * those that come once it is up (announce_cpu in arch/x86/kernel/smpboot.c). */
static void note_processor(struct alck_host *h, uint64_t ms, const char *text)
{
	const char *p = strstr(text, "Processor ");
	struct alck_host_late_cpu *grown;

	if (!p)
		return;
	grown = realloc(h->late, (h->nlate + 1) * sizeof(*grown));
	if (!grown)
		return;
	h->late = grown;
	h->late[h->nlate].cpu = (unsigned int)strtoul(p + 10, NULL, 10);
	h->late[h->nlate++].ms = ms;
}

/* A record: "PRIORITY,NUMBER,MICROSECONDS,FLAGS;TEXT", then lines that are not
 * looked at (Documentation/ABI/testing/dev-kmsg). */
static void read_record(struct alck_host *h, char *record)
{
	char *text = strchr(record, ';'), *p = record;
	uint64_t ms;

	if (!text)
		return;
	*text++ = 0;
	text[strcspn(text, "\n")] = 0;
	for (int i = 0; i < 2 && p; i++) {
		p = strchr(p, ',');
		p += p != NULL;
	}
	ms = p ? strtoull(p, NULL, 10) / 1000 : 0;
	/* arch/x86/kernel/cpu/bus_lock.c */
	if (strstr(text, "took a bus_lock trap") ||
	    strstr(text, "took a split_lock trap"))
		note_lock(h, ms, text);
	else if (strstr(text, "split lock detection: "))
		h->locks.startup =
			alck_arena_text(&h->arena, text, strlen(text));
	else if (strstr(text, "Booting Node"))
		note_processor(h, ms, text);
}

static void read_log(struct alck_host *h, const char *root)
{
	char name[PATH_MAX], record[8192];
	int fd;

	snprintf(name, sizeof(name), "%s/dev/kmsg", root);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		h->locks.why = strerror(errno);
		return;
	}
	for (int n = 0; n < 1 << 20; n++) {
		ssize_t got = read(fd, record, sizeof(record) - 1);

		if (got < 0 && errno == EPIPE)
			continue; /* it was overwritten meanwhile */
		if (got <= 0) {
			if (got < 0 && errno != EAGAIN)
				h->locks.why = strerror(errno);
			break;
		}
		record[got] = 0;
		/* Of a file that stands for it, all come at once. */
		for (char *line = record, *next; line && *line; line = next) {
			next = strchr(line, '\n');
			next += next != NULL;
			if (next)
				next[-1] = 0;
			read_record(h, line);
		}
	}
	close(fd);
}

int alck_host_read(struct alck_host *h, const char *root)
{
	memset(h, 0, sizeof(*h));
	read_machine(h, root);
	read_processors(h, root);
	read_log(h, root);
	return 0;
}

void alck_host_free(struct alck_host *h)
{
	free(h->late);
	free(h->counts);
	alck_arena_free(&h->arena);
}
