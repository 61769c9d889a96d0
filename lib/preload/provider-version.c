/* SPDX-License-Identifier: MIT */
/* Which version an allocator is of: see alck_provider_version in providers.h.
 */
#include "preload/elf-lookup.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/text.h"

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

static const char *scan_version(const struct alck_module *m,
				const struct alck_family *f)
{
	size_t len = alck_text_length(f->version_what);

	for (uint32_t i = 0; i < m->nphdr; i++) {
		const ElfW(Phdr) *ph = &m->phdr[i];
		const char *p = (const char *)(m->bias + ph->p_vaddr);
		const char *end = p + ph->p_filesz;

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_R) ||
		    (ph->p_flags & PF_W))
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

static const char *read_version(const struct alck_provider *p)
{
	const struct alck_family *f = p->family;
	const struct alck_module *m = p->module;
	struct alck_text t;
	char text[32];
	uintptr_t call;
	int n;

	switch (f->version_how) {
	case ALCK_VERSION_CALL_STRING:
		call = alck_elf_address(m, f->version_what);
		return call ? alck_keep_once(((const char *(*)(void))call)())
			    : "";
	case ALCK_VERSION_CALL_MMP:
		call = alck_elf_address(m, f->version_what);
		n = call ? ((int (*)(void))call)() : 0;
		if (n < 100)
			return "";
		alck_text_begin(&t, text, sizeof(text));
		alck_text_add_number(&t, (uint64_t)n / 100);
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)n / 10 % 10);
		alck_text_add(&t, ".");
		alck_text_add_number(&t, (uint64_t)n % 10);
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
}
