/* SPDX-License-Identifier: MIT */
/* The wrong copy of the right allocator: see wrong-copy.h. */
#include <fcntl.h>

#include "preload/finding.h"
#include "preload/object-file.h"
#include "preload/search-path.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/wrong-copy.h"

#define PATH_SIZE 4096

struct case_of {
	const struct alck_provider *provider;
	const struct alck_module *object; /* that asks for it */
	enum alck_found_by list;	  /* that is looked at */
	int is_named; /* the other file has the name that was asked for */
	char path[2 * PATH_SIZE];
	struct alck_object_file file;
};

/* -------------------------------------------------------------- another? */

/* Proven to be another build than the one that is loaded? */
static int is_other(const struct alck_object_file *f,
		    const struct alck_module *m)
{
	struct alck_object_file loaded;

	if (f->build_id_len && m->build_id_len) {
		if (f->build_id_len != m->build_id_len)
			return 1;
		for (uint32_t i = 0; i < f->build_id_len; i++)
			if (f->build_id[i] != m->build_id[i])
				return 1;
		return 0;
	}
	return !alck_object_file_stat(m->path, &loaded) &&
	       (loaded.device != f->device || loaded.inode != f->inode) &&
	       loaded.size != f->size;
}

/* Is NAME in FOLDER a library? */
static int is_there(struct case_of *c, const char *folder, const char *name)
{
	struct alck_text t;

	alck_text_begin(&t, c->path, sizeof(c->path));
	alck_text_add(&t, folder);
	alck_text_add(&t, name);
	return !alck_object_file_read(c->path, &c->file);
}

/* Asked for "libfoo.so.4": "libfoo.so", "libfoo.so.4.5.3". */
static int is_called_like(const char *name, const char *asked)
{
	while (*asked && !alck_text_begins(asked, ".so"))
		if (*name++ != *asked++)
			return 0;
	if (!*asked || !alck_text_begins(name, ".so"))
		return 0;
	for (name += 3; *name; name++)
		if (*name != '.' && (*name < '0' || *name > '9'))
			return 0;
	return 1;
}

struct directory_entry { /* struct linux_dirent64 */
	uint64_t inode;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* Is there a file in FOLDER that calls itself what was asked for, and has
 * another name? */
static int has_misnamed(struct case_of *c, const char *folder)
{
	static const int flags = O_RDONLY | O_CLOEXEC | O_DIRECTORY;
	const char *asked = c->provider->found.asked;
	/* Static: whoever calls dlopen may have a small stack. */
	static char buf[4096] __attribute__((aligned(8)));
	int fd = alck_sys_open(folder, flags, 0), found = 0;
	long n = 1;

	while (fd >= 0 && !found && n > 0) {
		n = alck_syscall(SYS_getdents64, fd, (long)buf, sizeof(buf), 0,
				 0, 0);
		for (long at = 0; at < n && !found;) {
			const struct directory_entry *e =
				(const void *)(buf + at);

			found = is_called_like(e->name, asked) &&
				is_there(c, folder, e->name) &&
				alck_text_equal(c->file.soname, asked) &&
				is_other(&c->file, c->provider->module);
			at += e->len;
		}
	}
	if (fd >= 0)
		alck_sys_close(fd);
	return found;
}

/* -------------------------------------------------------------- searching */

static void put_other(struct alck_record_writer *w, const void *data)
{
	const struct case_of *c = data;

	alck_record_text(w, ALCK_FIELD_ASKED, c->provider->found.asked);
	alck_record_text(w, ALCK_FIELD_OTHER_FILE, c->path);
	alck_record_bytes(w, ALCK_FIELD_OTHER_BUILD_ID, c->file.build_id,
			  c->file.build_id_len);
	alck_record_text(w, ALCK_FIELD_OTHER_FROM,
			 alck_found_by_names[c->list]);
	alck_record_uint(w, ALCK_FIELD_OTHER_NAMED, (uint64_t)c->is_named);
}

/* The first folder that has the library, or another that calls itself so, is
 * the last that is looked at. */
static int look_in(const char *folder, void *data)
{
	struct case_of *c = data;
	struct alck_notice notice = {.code = ALCK_T8b,
				     .kind = ALCK_VERDICT_WRONG_COPY,
				     .provider = c->provider,
				     .object = c->object,
				     .put = put_other,
				     .data = c};
	const char *from = c->provider->found.folder;

	/* What lies behind the folder that ld.so took it from, it never saw. */
	if (from && c->list == c->provider->found.by &&
	    alck_text_equal(folder, from))
		return 1;
	c->is_named = is_there(c, folder, c->provider->found.asked);
	if (c->is_named ? is_other(&c->file, c->provider->module)
			: has_misnamed(c, folder))
		alck_finding_notice(&notice);
	else
		return c->is_named;
	return 1;
}

static int look_for(struct case_of *c, enum alck_found_by list)
{
	c->list = list;
	return alck_search_folders(c->object, list, look_in, c);
}

/* OBJECT asks for what P is. */
static void look_at(const struct alck_module *object,
		    const struct alck_provider *p)
{
	static struct case_of c;

	c.object = object;
	c.provider = p;
	if (!look_for(&c, ALCK_FOUND_RPATH) &&
	    !look_for(&c, ALCK_FOUND_RUNPATH) && object == p->found.asker &&
	    p->found.by > ALCK_FOUND_LIBRARY_PATH)
		look_for(&c, ALCK_FOUND_LIBRARY_PATH);
}

static int is_asked(const char *name, void *data)
{
	return alck_text_equal(name, data);
}

static int can_be_wrong(const struct alck_provider *p)
{
	/* Where somebody has said which file it shall be, it is that one. */
	return p && !p->retired && alck_provider_of(p->module) == p &&
	       p->found.by >= ALCK_FOUND_RPATH && !p->module->is_libc &&
	       !(p->family->flags & (ALCK_FORWARDER | ALCK_LOADER));
}

void alck_wrong_copy_check(const struct alck_module *m)
{
	if (m->is_self || m->retired)
		return;
	for (uint32_t i = 1; i < ALCK_PROVIDERS_MAX; i++) {
		const struct alck_provider *p = alck_provider(i);

		if (!can_be_wrong(p) || p->module->name_space != m->name_space)
			continue;
		if (alck_search_needed(m, is_asked,
				       (void *)(uintptr_t)p->found.asked))
			look_at(m, p);
		if (p->module == m && m->opened_as && p->found.asker)
			look_at(p->found.asker, p);
	}
}
