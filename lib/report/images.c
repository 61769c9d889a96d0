/* SPDX-License-Identifier: MIT */
/* Finding the files behind modules: see images.h.  Offline. */
#include <config.h>

#include <elfutils/libdwelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/images-internal.h"
#include "report/sysroot.h"

#define DEBUG_DIR	 "/usr/lib/debug"
#define DEBUG_DIRS_MAX	 64
#define BUILD_ID_LONGEST 64
/* More files than any fleet has. */
#define IMAGES_MAX   16384
#define NAMES_MEMORY (512ul << 20)

/* Has the file in FD this build ID?  Where neither has one it may be the file:
 * alck_images_find compares the times. */
static enum alck_image_state same_file(int fd, const struct alck_bytes *id,
				       uint64_t *changed)
{
	enum alck_image_state state = ALCK_IMAGE_MISSING;
	const void *found;
	struct stat st;
	ssize_t len;
	Elf *elf;

	elf = elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (!elf)
		return ALCK_IMAGE_MISSING;
	if (elf_kind(elf) == ELF_K_ELF) {
		len = dwelf_elf_gnu_build_id(elf, &found);
		state = ALCK_IMAGE_OTHER;
		if (len > 0 && (size_t)len == id->len &&
		    !memcmp(found, id->value, (size_t)len))
			state = ALCK_IMAGE_FOUND;
		else if (len <= 0 && !id->len && !fstat(fd, &st)) {
			*changed = (uint64_t)st.st_mtime;
			state = ALCK_IMAGE_FOUND;
		}
	}
	elf_end(elf);
	return state;
}

/* Opens the file with this build ID from a debug folder: the module itself, or
 * what was stripped from it, which has the symbols too. */
static int open_by_build_id(struct alck_images *s, const struct alck_bytes *id,
			    const char **path)
{
	static const char *const suffix[] = {"", ".debug"};
	char hex[2 * BUILD_ID_LONGEST + 1];
	uint64_t changed;
	int fd;

	if (id->len < 2 || id->len > BUILD_ID_LONGEST)
		return -1;
	for (size_t i = 0; i < id->len; i++)
		sprintf(hex + 2 * i, "%02x", id->value[i]);
	for (const char **dir = s->debug_dirs; *dir; dir++)
		for (size_t i = 0; i < 2; i++) {
			*path = alck_arena_printf(
				&s->arena, "%s/.build-id/%.2s/%s%s", *dir, hex,
				hex + 2, suffix[i]);
			fd = *path ? alck_sysroot_open(NULL, *path) : -1;
			if (fd < 0)
				continue;
			if (same_file(fd, id, &changed) == ALCK_IMAGE_FOUND)
				return fd;
			close(fd);
		}
	return -1;
}

/* Opens the file of IMAGE, or sets its state to why not.  *PATH is where it
 * was found. */
static int open_image(struct alck_images *s, struct alck_image *image,
		      const char **path)
{
	const char *roots[] = {s->sysroot, NULL};
	enum alck_image_state state;
	int fd;

	image->state = ALCK_IMAGE_MISSING;
	/* A relative path is relative to a folder that nobody noted. */
	for (size_t i = s->sysroot ? 0 : 1; i < 2 && *image->path == '/'; i++) {
		fd = alck_sysroot_open(roots[i], image->path);
		if (fd < 0)
			continue;
		state = same_file(fd, &image->build_id, &image->changed);
		if (state == ALCK_IMAGE_FOUND) {
			image->state = state;
			*path = roots[i] ? alck_arena_printf(&s->arena, "%s%s",
							     roots[i],
							     image->path)
					 : image->path;
			if (*path)
				return fd;
		}
		image->state = state;
		close(fd);
	}
	fd = open_by_build_id(s, &image->build_id, path);
	if (fd >= 0)
		image->state = ALCK_IMAGE_FOUND;
	return fd;
}

/* ---------------------------------------------------------------- libdwfl */

/* As libdwfl does it; under a system root once more with the path that the
 * module has there, which is what its debug folders go by. */
static int find_debuginfo(Dwfl_Module *mod, void **userdata,
			  const char *modname, Dwarf_Addr base,
			  const char *file_name, const char *debuglink_file,
			  GElf_Word debuglink_crc, char **debuginfo_file_name)
{
	/* The session was begun with these callbacks as its argument. */
	const struct alck_images *s = *userdata;
	size_t len = s && s->sysroot ? strlen(s->sysroot) : 0;
	int fd;

	fd = dwfl_standard_find_debuginfo(mod, userdata, modname, base,
					  file_name, debuglink_file,
					  debuglink_crc, debuginfo_file_name);
	if (fd < 0 && len && file_name && !strncmp(file_name, s->sysroot, len))
		fd = dwfl_standard_find_debuginfo(
			mod, userdata, modname, base, file_name + len,
			debuglink_file, debuglink_crc, debuginfo_file_name);
	return fd;
}

/* The file from a debuginfod server, by its build ID alone. */
static void ask_server(struct alck_images *s, struct alck_image *image,
		       const struct alck_report_module *module)
{
	Dwarf_Addr bias;

	image->dwfl = dwfl_begin(&s->callbacks);
	if (!image->dwfl)
		return;
	dwfl_report_begin(image->dwfl);
	image->module =
		dwfl_report_module(image->dwfl, "module", 0,
				   module->high.value - module->low.value);
	if (image->module &&
	    dwfl_module_report_build_id(image->module, image->build_id.value,
					image->build_id.len, 0))
		image->module = NULL;
	dwfl_report_end(image->dwfl, NULL, NULL);
	if (image->module && dwfl_module_getelf(image->module, &bias)) {
		image->state = ALCK_IMAGE_FOUND;
		return;
	}
	dwfl_end(image->dwfl);
	image->dwfl = NULL;
}

static void load(struct alck_images *s, struct alck_image *image,
		 const struct alck_report_module *module)
{
	const char *path;
	void **userdata;
	int fd = open_image(s, image, &path);

	if (fd < 0) {
		if (s->debuginfod && image->build_id.len)
			ask_server(s, image, module);
		return;
	}
	image->state = ALCK_IMAGE_MISSING;
	image->dwfl = dwfl_begin(&s->callbacks);
	if (!image->dwfl) {
		close(fd);
		return;
	}
	dwfl_report_begin(image->dwfl);
	/* With success the descriptor is libdwfl's. */
	image->module =
		dwfl_report_elf(image->dwfl, "module", path, fd, 0, true);
	dwfl_report_end(image->dwfl, NULL, NULL);
	if (!image->module) {
		close(fd);
		dwfl_end(image->dwfl);
		image->dwfl = NULL;
		return;
	}
	dwfl_module_info(image->module, &userdata, NULL, NULL, NULL, NULL, NULL,
			 NULL);
	*userdata = s;
	image->state = ALCK_IMAGE_FOUND;
}

/* ------------------------------------------------------------- all of them */

static uint64_t hashed(uint64_t hash, const void *bytes, size_t n)
{
	for (const unsigned char *p = bytes; n--; p++)
		hash = (hash ^ *p) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

/* Files that were found are known by build ID wherever they lie.  What was not
 * found, or has no build ID, is known by its path as well. */
static struct alck_image **
bucket_of(struct alck_images *s, const struct alck_bytes *id, const char *path)
{
	uint64_t hash = hashed(0xcbf29ce484222325u, id->value, id->len);

	if (path)
		hash = hashed(hash, path, strlen(path));
	return &s->buckets[hash % (sizeof(s->buckets) / sizeof(s->buckets[0]))];
}

static struct alck_image *known(struct alck_images *s,
				const struct alck_bytes *id, const char *path)
{
	struct alck_image *image = *bucket_of(s, id, path);

	for (; image; image = image->next)
		if (image->build_id.len == id->len &&
		    (!id->len ||
		     !memcmp(image->build_id.value, id->value, id->len)) &&
		    (path ? !strcmp(image->path, path)
			  : image->state == ALCK_IMAGE_FOUND))
			break;
	return image;
}

static struct alck_image *add(struct alck_images *s,
			      const struct alck_report_module *module,
			      const char *path)
{
	struct alck_image *image, **bucket;
	const struct alck_bytes *id = &module->build_id;

	if (s->count == IMAGES_MAX)
		return NULL;
	image = alck_arena_alloc(&s->arena, sizeof(*image));
	if (!image)
		return NULL;
	image->path = alck_arena_text(&s->arena, path, strlen(path));
	image->build_id.value =
		(unsigned char *)alck_arena_text(&s->arena, id->value, id->len);
	image->build_id.len = id->len;
	if (!image->path || !image->build_id.value)
		return NULL;
	load(s, image, module);
	bucket = bucket_of(s, id,
			   id->len && image->state == ALCK_IMAGE_FOUND ? NULL
								       : path);
	image->next = *bucket;
	*bucket = image;
	s->count++;
	return image;
}

struct alck_image *alck_images_find(struct alck_images *s,
				    const struct alck_report *report,
				    const struct alck_report_module *module,
				    enum alck_image_state *state)
{
	const struct alck_bytes *id = &module->build_id;
	const char *path = alck_report_module_path(report, module);
	struct alck_image *image = id->len ? known(s, id, NULL) : NULL;

	if (!image)
		image = known(s, id, path);
	if (!image)
		image = add(s, module, path);
	*state = image ? image->state : ALCK_IMAGE_MISSING;
	if (*state != ALCK_IMAGE_FOUND)
		return NULL;
	/* Without build IDs the file counts when it is no younger than the
	 * process. */
	if (!id->len &&
	    (!report->process.started.set ||
	     image->changed >= report->process.started.value / 1000000000)) {
		*state = ALCK_IMAGE_OTHER;
		return NULL;
	}
	return image;
}

/* The debug folders: those of PATHS, under the system root too. */
static int set_debug_dirs(struct alck_images *s, const char *paths)
{
	size_t n = 0, len;
	const char **dirs;

	dirs = alck_arena_alloc(&s->arena,
				(2 * DEBUG_DIRS_MAX + 1) * sizeof(*dirs));
	if (!dirs)
		return -1;
	for (; *paths && n + 2 < 2 * DEBUG_DIRS_MAX; paths += len) {
		paths += *paths == ':';
		len = strcspn(paths, ":");
		if (!len)
			continue;
		if (s->sysroot && *paths == '/')
			dirs[n++] =
				alck_arena_printf(&s->arena, "%s%.*s",
						  s->sysroot, (int)len, paths);
		dirs[n++] = alck_arena_text(&s->arena, paths, len);
		if (!dirs[n - 1])
			return -1;
	}
	s->debug_dirs = dirs;
	return 0;
}

/* For libdwfl: beside the file too, as gdb does. */
static int set_debug_path(struct alck_images *s)
{
	size_t len;
	FILE *path = open_memstream(&s->debug_path, &len);

	if (!path)
		return -1;
	fputs(":.debug", path);
	for (const char **dir = s->debug_dirs; *dir; dir++)
		fprintf(path, ":%s", *dir);
	return fclose(path) ? -1 : 0;
}

struct alck_images *alck_images_new(const struct alck_debug_places *places)
{
	static const struct alck_debug_places here = {NULL, NULL, 0};
	struct alck_images *s = calloc(1, sizeof(*s));
	const char *debug_path;
	size_t len;

	if (!places)
		places = &here;
	debug_path = places->debug_path ? places->debug_path
					: getenv("ALLOCCHECK_DEBUG_PATH");
	/* A report must not send this machine to the network. */
	if (!places->debuginfod)
		unsetenv("DEBUGINFOD_URLS");
	/* libelf refuses every file until it has been asked. */
	elf_version(EV_CURRENT);
	if (!s)
		return NULL;
	s->arena.limit = NAMES_MEMORY;
	s->debuginfod = places->debuginfod;
	if (places->sysroot && *places->sysroot) {
		s->sysroot = strdup(places->sysroot);
		if (!s->sysroot)
			goto fail;
		len = strlen(s->sysroot);
		while (len && s->sysroot[len - 1] == '/')
			s->sysroot[--len] = 0;
	}
	if (set_debug_dirs(s, debug_path ? debug_path : DEBUG_DIR) ||
	    set_debug_path(s))
		goto fail;
	s->callbacks.find_elf = dwfl_build_id_find_elf;
	s->callbacks.find_debuginfo = find_debuginfo;
	s->callbacks.debuginfo_path = &s->debug_path;
	return s;
fail:
	alck_images_free(s);
	return NULL;
}

void alck_images_free(struct alck_images *s)
{
	size_t n = s ? sizeof(s->buckets) / sizeof(s->buckets[0]) : 0;

	for (size_t i = 0; i < n; i++)
		for (struct alck_image *image = s->buckets[i]; image;
		     image = image->next) {
			if (image->dwfl)
				dwfl_end(image->dwfl);
			free(image->named);
		}
	if (!s)
		return;
	free(s->sysroot);
	free(s->debug_path);
	alck_arena_free(&s->arena);
	free(s);
}
