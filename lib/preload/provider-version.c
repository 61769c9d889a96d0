/* SPDX-License-Identifier: MIT */
/* Which version an allocator is of, and of which kind it is where no name
 * tells: see alck_provider_version and alck_family_by_strings in providers.h.
 */
#include "preload/hiding.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/text.h"

#define SCAN_MAX (64ul << 20) /* of a segment */

static size_t looks_like(const char *at, const char *end, const char *shape)
{
	const char *p = at;

	for (; *shape; shape++) {
		if (p == end)
			return 0;
		if (*shape != '9') {
			if (*p++ != *shape)
				return 0;
			continue;
		}
		if (*p < '0' || *p > '9')
			return 0;
		while (p < end && *p >= '0' && *p <= '9')
			p++;
	}
	return (size_t)(p - at);
}

static const char *number_at(const char *at, const char *end)
{
	char text[32];
	size_t n = 0;

	while (at < end && n < sizeof(text) - 1 &&
	       ((*at >= '0' && *at <= '9') || (*at == '.' && n)))
		text[n++] = *at++;
	while (n && text[n - 1] == '.')
		n--;
	text[n] = 0;
	return n ? alck_keep_text(text) : "";
}

/* [*LOW, *HIGH): segment I of M, if it is read-only data.  Returns 0, or -1.
 * Where the linker has put that beside the code, it is with that. */
static int data_of(const struct alck_module *m, uint32_t i, const char **low,
		   const char **high)
{
	const ElfW(Phdr) *ph = &m->phdr[i];

	*low = (const char *)(m->bias + ph->p_vaddr);
	*high = *low + (ph->p_filesz < SCAN_MAX ? ph->p_filesz : SCAN_MAX);
	return ph->p_type == PT_LOAD && (ph->p_flags & PF_R) &&
			       !(ph->p_flags & PF_W)
		       ? 0
		       : -1;
}

static const char *scan_version(const struct alck_module *m,
				const struct alck_family *f)
{
	size_t len = alck_text_length(f->version_what);
	const char *p, *end;

	for (uint32_t i = 0; i < m->nphdr; i++) {
		if (data_of(m, i, &p, &end))
			continue;
		/* From the second byte: the text before one is looked at. */
		for (p++; p + len < end; p++) {
			if (f->version_how == ALCK_VERSION_SHAPE) {
				if ((*p >= '1' && *p <= '9') && p[-1] == 0 &&
				    looks_like(p, end, f->version_what))
					return number_at(p, end);
			} else if (*p == *f->version_what &&
				   alck_text_begins(p, f->version_what)) {
				return number_at(p + len, end);
			}
		}
	}
	return "";
}

static const struct alck_family *who_says(const char *p, const char *end)
{
	for (unsigned int i = 0; i < alck_nfamilies; i++) {
		const char *says = alck_families[i].says;

		if (says && *p == *says &&
		    (size_t)(end - p) > alck_text_length(says) &&
		    alck_text_begins(p, says))
			return &alck_families[i];
	}
	return NULL;
}

const struct alck_family *alck_family_by_strings(const struct alck_module *m)
{
	unsigned char begins[256] = {0};
	const struct alck_family *f;
	const char *p, *end;

	for (unsigned int i = 0; i < alck_nfamilies; i++)
		if (alck_families[i].says)
			begins[(unsigned char)*alck_families[i].says] = 1;
	for (uint32_t i = 0; !m->retired && i < m->nphdr; i++) {
		if (data_of(m, i, &p, &end))
			continue;
		for (; p < end; p++) {
			f = begins[(unsigned char)*p] ? who_says(p, end) : NULL;
			if (f)
				return f;
		}
	}
	return NULL;
}

static const char *scan_likely(struct alck_provider *p)
{
	/* Of several in one object, nobody knows whose they are. */
	if (alck_provider_of(p->module) != p || alck_provider_beside(p))
		return "";
	p->likely = alck_family_by_strings(p->module);
	return p->likely && (p->likely->version_how == ALCK_VERSION_SCAN ||
			     p->likely->version_how == ALCK_VERSION_SHAPE)
		       ? scan_version(p->module, p->likely)
		       : "";
}

static const char *read_version(struct alck_provider *p)
{
	const struct alck_family *f = p->family;
	const struct alck_module *m = p->module;
	struct alck_text t;
	char text[32];
	uintptr_t call;
	int n, digits;

	if (f->flags & ALCK_UNPROVEN)
		return scan_likely(p);
	switch (f->version_how) {
	case ALCK_VERSION_CALL_STRING:
		call = p->tells_version;
		return call ? alck_keep_once(((const char *(*)(void))call)())
			    : "";
	case ALCK_VERSION_CALL_MMP:
		call = p->tells_version;
		n = call ? ((int (*)(void))call)() : 0;
		if (n < 100)
			return "";
		/* 209 is 2.0.9, and 20401 is 2.4.1. */
		digits = n < 10000 ? 10 : 100;
		alck_text_begin(&t, text, sizeof(text));
		alck_text_add_number(&t, (uint64_t)(n / digits / digits));
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)(n / digits % digits));
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)(n % digits));
		return alck_keep_text(text);
	case ALCK_VERSION_SCAN:
	case ALCK_VERSION_SHAPE:
		return scan_version(m, f);
	default:
		return "";
	}
}

const char *alck_provider_version(struct alck_provider *p)
{
	if (!p->version && !p->retired && !p->module->retired)
		p->version = read_version(p);
	return p->version ? p->version : "";
}

void alck_providers_remember(void)
{
	struct alck_provider *p;

	for (uint32_t i = 1; (p = alck_provider(i)); i++)
		if (p->late)
			alck_provider_version(p);
	alck_hiding_look(1);
}
