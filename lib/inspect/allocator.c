/* SPDX-License-Identifier: MIT */
/* The allocator in an object: see allocator.h.  Offline. */
#include <stdio.h>
#include <string.h>

#include "inspect/allocator.h"
#include "inspect/names.h"

#define WINDOW	(64u << 10)
#define LONGEST 64 /* a version with what stands before it */

static int number_of(const char *prefix, const char *base)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", prefix, base);
	return alck_name_find(name);
}

static int marks_of(const struct alck_image *image, const struct alck_family *f)
{
	int n = 0;

	for (const char *const *mark = f->marks; *mark && n < 2; mark++)
		for (const char *const *prefix = f->prefixes; *prefix; prefix++)
			if (alck_image_defines(image,
					       number_of(*prefix, *mark))) {
				n++;
				break;
			}
	for (const char *const *i = f->imports; n && n < 2 && i && *i; i++)
		n += alck_image_imports(image, number_of("", *i)) != NULL;
	return n;
}

static int defines(const struct alck_image *image, const char *name)
{
	return alck_image_defines(image, number_of("", name)) != NULL;
}

int alck_allocator_has_entry(const struct alck_family *f, const char *name)
{
	for (const struct alck_row_set *set = f->sets; set->rows; set++)
		for (const char *const *prefix = set->prefixes; *prefix;
		     prefix++) {
			size_t len = strlen(*prefix);

			if (strncmp(name, *prefix, len))
				continue;
			for (const struct alck_row *r = set->rows; r->name; r++)
				if (!strcmp(r->name, name + len))
					return 1;
		}
	return 0;
}

static int has_entries(const struct alck_image *image,
		       const struct alck_family *f)
{
	for (size_t i = 0; i < image->nsymbols; i++)
		if (image->symbols[i].defined &&
		    alck_allocator_has_entry(
			    f, alck_name((unsigned int)image->symbols[i].name)
				       ->text))
			return 1;
	return 0;
}

const struct alck_family *alck_allocator_of(const struct alck_image *image)
{
	if (!image->nsymbols)
		return NULL;
	for (unsigned int i = 0; i < alck_nfamilies; i++) {
		const struct alck_family *f = &alck_families[i];

		if (marks_of(image, f) >= 2 &&
		    !(f->unless && defines(image, f->unless)))
			/* The marks without the entries: ld.so since 2.32. */
			return has_entries(image, f) ? f : NULL;
	}
	if ((defines(image, "malloc") && defines(image, "free")) ||
	    (defines(image, "_Znwm") && defines(image, "_ZdlPv")))
		return &alck_family_other;
	return NULL;
}

/* --------------------------------------------------------------- versions */

/* Where TEXT looks like SHAPE (9 is a number, any other character itself);
 * returns how long the number with dots at its begin is, or 0. */
static size_t shaped(const char *text, const char *shape)
{
	const char *p = text;

	for (; *shape; shape++) {
		if (*shape != '9') {
			if (*p++ != *shape)
				return 0;
			continue;
		}
		if (*p < '0' || *p > '9')
			return 0;
		p += strspn(p, "0123456789");
	}
	return strspn(text, "0123456789.");
}

struct seek {
	const char *what;
	int shape; /* or else it is what stands before the version */
};

static size_t version_at(const struct seek *seek, const char *begin,
			 const char *p, const char **version)
{
	size_t len = strlen(seek->what);

	*version = p;
	if (seek->shape)
		return p > begin && !p[-1] ? shaped(p, seek->what) : 0;
	if (strncmp(p, seek->what, len))
		return 0;
	*version = p + len;
	return strspn(p + len, "0123456789.");
}

/* Looks through the read-only segments, a window at a time; windows overlap by
 * what a version is long at most. */
static const char *seek_version(const struct alck_image *image,
				const struct seek *seek)
{
	static char window[WINDOW + LONGEST + 1];

	for (size_t i = 0; i < image->nphdr; i++) {
		const Elf64_Phdr *ph = &image->phdr[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_R) ||
		    (ph->p_flags & PF_W))
			continue;
		for (uint64_t at = 0; at < ph->p_filesz; at += WINDOW) {
			uint64_t left = ph->p_filesz - at;
			size_t len = left < WINDOW + LONGEST ? (size_t)left
							     : WINDOW + LONGEST;

			if (alck_image_read(image, ph->p_vaddr + at, window,
					    len))
				break;
			window[len] = 0;
			for (const char *p = window; p < window + len; p++) {
				const char *version;
				size_t n;

				if (!seek->shape) {
					p = memchr(p, *seek->what,
						   (size_t)(window + len - p));
					if (!p)
						break;
				} else if (*p < '1' || *p > '9') {
					continue;
				}
				n = version_at(seek, window, p, &version);
				if (n && version[n - 1] == '.')
					n--;
				if (n)
					return alck_arena_text(image->arena,
							       version, n);
			}
		}
	}
	return "";
}

/* "int f(void)" that only returns a number: mov $N,%eax; ret. */
static const char *returned(const struct alck_image *image, const char *name)
{
	const struct alck_image_symbol *s =
		alck_image_defines(image, alck_name_find(name));
	const char *text;
	unsigned char code[10], *p = code;
	uint32_t n, digits;

	if (!s || alck_image_read(image, s->value, code, sizeof(code)))
		return "";
	if (!memcmp(p, "\xf3\x0f\x1e\xfa", 4)) /* endbr64 */
		p += 4;
	if (p[0] != 0xb8 || p[5] != 0xc3)
		return "";
	memcpy(&n, p + 1, 4);
	/* 209 is 2.0.9, and 20401 is 2.4.1. */
	digits = n < 10000 ? 10 : 100;
	text = n < 100 ? NULL
		       : alck_arena_printf(image->arena, "%u.%u.%u",
					   n / digits / digits,
					   n / digits % digits, n % digits);
	return text ? text : "";
}

const char *alck_allocator_version(const struct alck_image *image,
				   const struct alck_family *f)
{
	struct seek seek = {.what = f->version_what};
	const char *version;

	switch (f->version_how) {
	case ALCK_VERSION_CALL_STRING:
		/* gnu_get_libc_version's text is in the banner too. */
		seek.what = "release version ";
		break;
	case ALCK_VERSION_CALL_MMP:
		return returned(image, f->version_what);
	case ALCK_VERSION_SHAPE:
		seek.shape = 1;
		break;
	case ALCK_VERSION_SCAN:
		break;
	default:
		return "";
	}
	version = seek_version(image, &seek);
	return version ? version : "";
}
