/* SPDX-License-Identifier: MIT */
/* Names and lines in one file, by libdwfl: see images.h.  Offline. */
#include <config.h>

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

#include "report/demangle.h"
#include "report/images-internal.h"

/* Inlining goes this deep only in files made to hurt. */
#define SCOPES_MAX 256

static const char *keep(struct alck_images *s, const char *text)
{
	return text ? alck_arena_text(&s->arena, text, strlen(text)) : NULL;
}

static const char *kept_plain(struct alck_images *s, const char *name)
{
	const char *copy = keep(s, name);

	return copy ? alck_demangle(&s->arena, copy) : NULL;
}

/* The linker's name of a function, so that C++ gets its arguments, else its
 * plain one; both may stand with what an inlined copy refers to. */
static const char *die_name(struct alck_images *s, Dwarf_Die *die)
{
	Dwarf_Attribute mem, *attr;
	const char *name;

	attr = dwarf_attr_integrate(die, DW_AT_linkage_name, &mem);
	if (!attr)
		attr = dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &mem);
	name = attr ? dwarf_formstring(attr) : NULL;
	if (!name)
		name = dwarf_diename(die);
	return kept_plain(s, name);
}

/* Where an inlined function was called from. */
static void call_site(struct alck_images *s, Dwarf_Die *die,
		      struct alck_image_name *frame)
{
	Dwarf_Attribute mem;
	Dwarf_Files *files;
	Dwarf_Word value;
	Dwarf_Die cu;

	frame->file = NULL;
	frame->line = 0;
	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &mem), &value))
		frame->line = (unsigned int)value;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &mem), &value) ||
	    !dwarf_diecu(die, &cu, NULL, NULL) ||
	    dwarf_getsrcfiles(&cu, &files, NULL))
		return;
	frame->file = keep(s, dwarf_filesrc(files, value, NULL, NULL));
}

/* The compile unit that PC is in, and its BIAS; NULL when there is none. */
static Dwarf_Die *unit_of(struct alck_image *image, uint64_t pc,
			  Dwarf_Addr *bias)
{
	Dwarf_Die *cu = dwfl_module_addrdie(image->module, pc, bias);

	if (cu)
		return cu;
	/* That goes by .debug_aranges, which clang and rustc do not write. */
	while ((cu = dwfl_module_nextcu(image->module, cu, bias)))
		if (dwarf_haspc(cu, pc - *bias) > 0)
			break;
	return cu;
}

/* The functions around PC in debug information, innermost first.  SCOPES is to
 * be freed. */
static int scopes_of(Dwarf_Die *cu, Dwarf_Addr pc, Dwarf_Die **scopes)
{
	Dwarf_Die *lexical = NULL, innermost;
	int n = cu ? dwarf_getscopes(cu, pc, &lexical) : 0;

	*scopes = NULL;
	if (n <= 0)
		return 0;
	innermost = lexical[0];
	free(lexical);
	/* By nesting of the code, not of the source. */
	n = dwarf_getscopes_die(&innermost, scopes);
	return n > SCOPES_MAX ? SCOPES_MAX : n;
}

static void find_line(struct alck_images *s, Dwarf_Die *cu, Dwarf_Addr pc,
		      struct alck_image_name *frame)
{
	Dwarf_Line *line = cu ? dwarf_getsrc_die(cu, pc) : NULL;
	int number;

	if (!line)
		return;
	frame->file = keep(s, dwarf_linesrc(line, NULL, NULL));
	if (!dwarf_lineno(line, &number) && number > 0)
		frame->line = (unsigned int)number;
}

/* Is SYMBOL a mangled form of the plain name that FRAME has?  It may be another
 * function's: identical ones are folded. */
static int is_mangled_name_of(const char *symbol,
			      const struct alck_image_name *frame)
{
	return !strncmp(symbol, "_Z", 2) && !strchr(frame->function, '(') &&
	       strstr(symbol, frame->function);
}

/* libc calls itself by names of its own, such as __GI___strdup: the one without
 * what stands before, when the file has that too for the function at START. */
static const char *public_name(struct alck_images *s, struct alck_image *image,
			       const char *name, uint64_t start)
{
	const char *plain = name;
	const char *other;
	GElf_Addr value;
	GElf_Sym sym;
	int n;

	if (!strncmp(plain, "__GI_", 5))
		plain += 5;
	plain += strspn(plain, "_");
	if (plain < name + 2)
		return name;
	n = dwfl_module_getsymtab(image->module);
	for (int i = 1; i < n; i++) {
		other = dwfl_module_getsym_info(image->module, i, &sym, &value,
						NULL, NULL, NULL);
		if (other && value == start && !strcmp(other, plain))
			return keep(s, other);
	}
	return name;
}

/* The functions at PC, into OUT; at least one. */
static size_t look_up(struct alck_images *s, struct alck_image *image,
		      uint64_t pc, struct alck_image_name *out)
{
	struct alck_image_name frame = {NULL, NULL, 0, 0};
	Dwarf_Die *scopes;
	Dwarf_Die *cu;
	Dwarf_Addr bias = 0;
	GElf_Off offset;
	GElf_Sym sym;
	const char *symbol;
	size_t count = 0;
	int n;

	symbol = dwfl_module_addrinfo(image->module, pc, &offset, &sym, NULL,
				      NULL, NULL);
	/* Of a stripped file only the nearest exported symbol is known. */
	if (symbol && sym.st_size && offset >= sym.st_size)
		symbol = NULL;

	cu = unit_of(image, pc, &bias);
	find_line(s, cu, pc - bias, &frame);
	n = scopes_of(cu, pc - bias, &scopes);
	for (int i = 0; i < n; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_inlined_subroutine) {
			out[count] = frame;
			out[count].function = die_name(s, &scopes[i]);
			out[count++].inlined = 1;
			call_site(s, &scopes[i], &frame);
		} else if (tag == DW_TAG_subprogram) {
			frame.function = die_name(s, &scopes[i]);
			break;
		}
	}
	free(scopes);
	/* A static C++ function has its arguments only there. */
	if (symbol && (!frame.function || is_mangled_name_of(symbol, &frame)))
		frame.function = kept_plain(s, symbol);
	if (symbol && frame.function && !strncmp(frame.function, "__", 2))
		frame.function =
			public_name(s, image, frame.function, pc - offset);
	out[count++] = frame;
	return count;
}

static struct alck_named *named_slot(const struct alck_image *image,
				     uint64_t address)
{
	uint64_t hash = address * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(hash >> 32) & (image->size - 1);

	while (image->named[i].count && image->named[i].address != address)
		i = (i + 1) & (image->size - 1);
	return &image->named[i];
}

static int make_room(struct alck_image *image)
{
	struct alck_image grown = *image;

	if (2 * (image->used + 1) <= image->size)
		return 1;
	grown.size = image->size ? 2 * image->size : 64;
	grown.named = calloc(grown.size, sizeof(*grown.named));
	if (!grown.named)
		return 0;
	for (size_t i = 0; i < image->size; i++)
		if (image->named[i].count)
			*named_slot(&grown, image->named[i].address) =
				image->named[i];
	free(image->named);
	*image = grown;
	return 1;
}

size_t alck_image_names(struct alck_images *images, struct alck_image *image,
			uint64_t address, const struct alck_image_name **names)
{
	struct alck_image_name found[SCOPES_MAX + 1], *kept;
	struct alck_named *slot;
	size_t count;

	if (!make_room(image))
		return 0;
	slot = named_slot(image, address);
	if (!slot->count) {
		count = look_up(images, image, address, found);
		kept = alck_arena_alloc(&images->arena, count * sizeof(*kept));
		if (!kept)
			return 0;
		memcpy(kept, found, count * sizeof(*kept));
		*slot = (struct alck_named){address, kept, count};
		image->used++;
	}
	*names = slot->names;
	return slot->count;
}
