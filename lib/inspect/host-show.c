/* SPDX-License-Identifier: MIT */
/* The machine, for people and for programs: see host.h.  Offline. */
#include "config.h"

#include <inttypes.h>

#include "inspect/host.h"
#include "report/json.h"
#include "report/split-lock.h"
#include "report/utf8.h"

#define SHOWN_MAX 20 /* processes with bus locks */

static void line(FILE *out, const char *name, const char *text)
{
	fprintf(out, "  %-12s ", name);
	alck_utf8_print(out, text ? text : "not known");
	fputc('\n', out);
}

static void locks(FILE *out, const struct alck_host *h)
{
	const struct alck_host_locks *l = &h->locks;

	if (l->startup)
		line(out, "at start", l->startup);
	if (l->why)
		fprintf(out, "  %-12s the kernel's log cannot be read: %s\n",
			"logged", l->why);
	else if (!l->lines)
		line(out, "logged", "no split lock so far");
	else
		fprintf(out,
			"  %-12s %u so far; the last %" PRIu64
			".%03u s after the start:\n",
			"logged", l->lines, l->last_ms / 1000,
			(unsigned int)(l->last_ms % 1000));
	if (l->last)
		line(out, "", l->last);
}

static void counts(FILE *out, const struct alck_host *h)
{
	if (h->why_not_counted) {
		fprintf(out, "  %-12s not: %s\n", "counted",
			h->why_not_counted);
		return;
	}
	if (!(h->counted_seconds > 0))
		return;
	fprintf(out, "  %-12s in %.1f seconds: %s\n", "counted",
		h->counted_seconds, h->ncounts ? "" : "no bus lock");
	for (size_t i = 0; i < h->ncounts && i < SHOWN_MAX; i++) {
		fprintf(out, "  %-12s %12.0f a second by process %ld (", "",
			(double)h->counts[i].locks / h->counted_seconds,
			(long)h->counts[i].pid);
		alck_utf8_print(out, h->counts[i].name);
		fputs(")\n", out);
	}
}

static void processors(FILE *out, const struct alck_host *h)
{
	fprintf(out,
		"  %-12s %u online (%s), %u present (%s), %u possible (%s)\n",
		"processors", h->nonline, h->online ? h->online : "?",
		h->npresent, h->present ? h->present : "?", h->npossible,
		h->possible ? h->possible : "?");
	for (size_t i = 0; i < h->nlate; i++)
		fprintf(out,
			"  %-12s processor %u came %" PRIu64
			".%03u s after the start\n",
			"", h->late[i].cpu, h->late[i].ms / 1000,
			(unsigned int)(h->late[i].ms % 1000));
	if (h->npossible > h->nonline)
		line(out, "",
		     "more may be added while programs run: an allocator with "
		     "a cache for each processor that counted them at its "
		     "start "
		     "may have none for those");
}

void alck_host_text(FILE *out, struct alck_host *h)
{
	fputs("This machine\n", out);
	line(out, "machine", alck_explain_host(&h->arena, &h->machine));
	line(out, "split locks",
	     alck_explain_split_lock(&h->arena, &h->machine));
	locks(out, h);
	counts(out, h);
	processors(out, h);
}

static void number(struct alck_json *j, const char *key, struct alck_number n)
{
	if (n.set)
		alck_json_uint(j, key, n.value);
	else
		alck_json_null(j, key);
}

static void list(struct alck_json *j, const char *key, const char *text,
		 unsigned int n)
{
	alck_json_object(j, key);
	alck_json_text(j, "list", text);
	alck_json_uint(j, "count", n);
	alck_json_close(j);
}

void alck_host_json(FILE *out, struct alck_host *h)
{
	const struct alck_report_host *m = &h->machine;
	const struct alck_bus_lock_event *event = alck_bus_lock_event(m);
	struct alck_json j;

	alck_json_init(&j, out);
	alck_json_object(&j, NULL);
	alck_json_text(&j, "schema", "alloccheck-host/1");
	alck_json_text(&j, "processor", m->processor);
	alck_json_text(&j, "vendor", m->vendor);
	number(&j, "family", m->cpu_family);
	number(&j, "model", m->cpu_model);
	alck_json_text(&j, "kernel", m->kernel);
	number(&j, "hypervisor", m->hypervisor);
	number(&j, "split_lock_detect", m->split_lock_detect);
	number(&j, "bus_lock_detect", m->bus_lock_detect);
	alck_json_text(&j, "split_lock_mode", m->split_lock_mode);
	number(&j, "split_lock_mitigate", m->mitigate);
	alck_json_text(&j, "bus_lock_event", event ? event->name : NULL);
	alck_json_text(&j, "split_locks",
		       alck_explain_split_lock(&h->arena, m));
	alck_json_text(&j, "log_unread", h->locks.why);
	alck_json_uint(&j, "logged", h->locks.lines);
	alck_json_text(&j, "last_logged", h->locks.last);
	list(&j, "possible", h->possible, h->npossible);
	list(&j, "present", h->present, h->npresent);
	list(&j, "online", h->online, h->nonline);
	alck_json_array(&j, "late_processors");
	for (size_t i = 0; i < h->nlate; i++) {
		alck_json_object(&j, NULL);
		alck_json_uint(&j, "cpu", h->late[i].cpu);
		alck_json_seconds(&j, "since_start", h->late[i].ms * 1000000);
		alck_json_close(&j);
	}
	alck_json_close(&j);
	alck_json_text(&j, "not_counted", h->why_not_counted);
	alck_json_array(&j, "counts");
	for (size_t i = 0; i < h->ncounts; i++) {
		alck_json_object(&j, NULL);
		alck_json_uint(&j, "pid", (uint64_t)h->counts[i].pid);
		alck_json_text(&j, "name", h->counts[i].name);
		alck_json_uint(&j, "locks", h->counts[i].locks);
		alck_json_close(&j);
	}
	alck_json_close(&j);
	alck_json_close(&j);
}
