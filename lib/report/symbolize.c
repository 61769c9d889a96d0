/* SPDX-License-Identifier: MIT */
/* Names and lines by libdwfl: see symbolize.h.  Offline. */
#include <config.h>
#include "report/symbolize.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/demangle.h"

#define DEBUG_DIR "/usr/lib/debug"
#define NOTES_MAX 64
/* Inlining goes this deep only in files made to hurt. */
#define SCOPES_MAX 256
/* So do these: the writer keeps 128 frames of a stack. */
#define STACK_MAX  1024
#define FRAMES_MAX 1000000

/* Each module has a session of its own: modules that were loaded one after the
 * other may overlap, which one session would not take. */
struct image {
	Dwfl *dwfl; /* NULL: nothing to be had */
	Dwfl_Module *module;
	int tried;
};

struct alck_symbolizer {
	const struct alck_report *report;
	struct alck_arena arena;
	struct image *images; /* one a module */
	char *debug_dir, *debug_path;
	Dwfl_Callbacks callbacks;
	const char *notes[NOTES_MAX];
	size_t nnotes;
	size_t nframes; /* looked up so far */
};

static void note(struct alck_symbolizer *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct alck_symbolizer *s, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = alck_arena_vprintf(&s->arena, format, args);
	va_end(args);
	if (text && s->nnotes < NOTES_MAX)
		s->notes[s->nnotes++] = text;
}

struct alck_symbolizer *alck_symbolizer_new(const struct alck_report *report,
					    const char *debug_dir)
{
	struct alck_symbolizer *s = calloc(1, sizeof(*s));

	/* A report must not send this machine to the network. */
	unsetenv("DEBUGINFOD_URLS");
	/* libelf refuses every file until it has been asked. */
	elf_version(EV_CURRENT);
	if (!s)
		return NULL;
	s->report = report;
	s->images = calloc(report->nmodules + 1, sizeof(*s->images));
	s->debug_dir = strdup(debug_dir ? debug_dir : DEBUG_DIR);
	/* Beside the file too, as gdb does. */
	if (!s->debug_dir ||
	    asprintf(&s->debug_path, ":.debug:%s", s->debug_dir) < 0)
		s->debug_path = NULL;
	if (!s->images || !s->debug_path) {
		alck_symbolizer_free(s);
		return NULL;
	}
	s->callbacks.find_elf = dwfl_build_id_find_elf;
	s->callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
	s->callbacks.debuginfo_path = &s->debug_path;
	return s;
}

void alck_symbolizer_free(struct alck_symbolizer *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->images && i < s->report->nmodules; i++)
		if (s->images[i].dwfl)
			dwfl_end(s->images[i].dwfl);
	free(s->images);
	free(s->debug_dir);
	free(s->debug_path);
	alck_arena_free(&s->arena);
	free(s);
}

enum match { NO_FILE, OTHER_FILE, SAME_FILE };

/* Does the file in FD have this module's build ID?  Where neither has one, the
 * file counts when it is no younger than the process. */
static enum match same_file(const struct alck_symbolizer *s,
			    const struct alck_report_module *module, int fd)
{
	enum match match = NO_FILE;
	const void *id;
	struct stat st;
	ssize_t len;
	Elf *elf;

	elf = elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	if (!elf)
		return NO_FILE;
	if (elf_kind(elf) == ELF_K_ELF) {
		len = dwelf_elf_gnu_build_id(elf, &id);
		match = OTHER_FILE;
		if (len > 0 && (size_t)len == module->build_id.len &&
		    !memcmp(id, module->build_id.value, (size_t)len))
			match = SAME_FILE;
		else if (len <= 0 && !module->build_id.len && !fstat(fd, &st) &&
			 s->report->process.started.set &&
			 (uint64_t)st.st_mtime <
				 s->report->process.started.value / 1000000000)
			match = SAME_FILE;
	}
	elf_end(elf);
	return match;
}

static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Opens the file with this module's build ID from the debug folder: the module
 * itself, or what was stripped from it, which has the symbols too. */
static int open_by_build_id(struct alck_symbolizer *s,
			    const struct alck_report_module *module,
			    const char **path)
{
	static const char *const suffix[] = {"", ".debug"};
	char hex[2 * 64 + 1];
	int fd;

	if (module->build_id.len < 2 || module->build_id.len > 64)
		return -1;
	for (size_t i = 0; i < module->build_id.len; i++)
		sprintf(hex + 2 * i, "%02x", module->build_id.value[i]);
	for (size_t i = 0; i < 2; i++) {
		*path = alck_arena_printf(&s->arena, "%s/.build-id/%.2s/%s%s",
					  s->debug_dir, hex, hex + 2,
					  suffix[i]);
		fd = *path ? open_regular(*path) : -1;
		if (fd < 0)
			continue;
		if (same_file(s, module, fd) == SAME_FILE)
			return fd;
		close(fd);
	}
	return -1;
}

static int open_image(struct alck_symbolizer *s,
		      const struct alck_report_module *module,
		      const char **path)
{
	enum match match = NO_FILE;
	int fd = -1;

	*path = alck_report_module_path(s->report, module);
	/* A relative path is relative to a folder that nobody noted. */
	if (**path == '/')
		fd = open_regular(*path);
	if (fd >= 0) {
		match = same_file(s, module, fd);
		if (match == SAME_FILE)
			return fd;
		close(fd);
	}
	fd = open_by_build_id(s, module, path);
	if (fd < 0) {
		*path = alck_report_module_path(s->report, module);
		if (match == OTHER_FILE)
			note(s,
			     "%s is not the file that ran (its build ID is "
			     "another): its functions are shown as offsets",
			     *path);
		else if (**path == '/')
			note(s,
			     "%s is not here any more, nor debug information "
			     "for it: its functions are shown as offsets",
			     *path);
	}
	return fd;
}

static struct image *image_of(struct alck_symbolizer *s,
			      const struct alck_report_module *module)
{
	struct image *image = &s->images[module - s->report->modules];
	const char *path;
	int fd;

	if (image->tried)
		return image->dwfl ? image : NULL;
	image->tried = 1;
	fd = open_image(s, module, &path);
	if (fd < 0)
		return NULL;
	image->dwfl = dwfl_begin(&s->callbacks);
	if (!image->dwfl) {
		close(fd);
		return NULL;
	}
	dwfl_report_begin(image->dwfl);
	/* With success the descriptor is libdwfl's. */
	image->module = dwfl_report_elf(image->dwfl, "module", path, fd,
					module->bias.value, true);
	dwfl_report_end(image->dwfl, NULL, NULL);
	if (!image->module) {
		close(fd);
		dwfl_end(image->dwfl);
		image->dwfl = NULL;
		return NULL;
	}
	return image;
}

static const char *keep(struct alck_symbolizer *s, const char *text)
{
	return text ? alck_arena_text(&s->arena, text, strlen(text)) : NULL;
}

static const char *kept_plain(struct alck_symbolizer *s, const char *name)
{
	const char *copy = keep(s, name);

	return copy ? alck_demangle(&s->arena, copy) : NULL;
}

/* The linker's name of a function, so that C++ gets its arguments, else its
 * plain one; both may stand with what an inlined copy refers to. */
static const char *die_name(struct alck_symbolizer *s, Dwarf_Die *die)
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
static void call_site(struct alck_symbolizer *s, Dwarf_Die *die,
		      struct alck_frame *frame)
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
static Dwarf_Die *unit_of(struct image *image, uint64_t pc, Dwarf_Addr *bias)
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

static void find_line(struct alck_symbolizer *s, Dwarf_Die *cu, Dwarf_Addr pc,
		      struct alck_frame *frame)
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
			      const struct alck_frame *frame)
{
	return !strncmp(symbol, "_Z", 2) && !strchr(frame->function, '(') &&
	       strstr(symbol, frame->function);
}

/* libc calls itself by names of its own, such as __GI___strdup: the one without
 * what stands before, when the file has that too for the function at START. */
static const char *public_name(struct alck_symbolizer *s, struct image *image,
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

/* Adds the frames of FRAME's address to OUT, at least one. */
static size_t expand(struct alck_symbolizer *s, struct alck_frame frame,
		     struct alck_frame *out)
{
	struct image *image = frame.module ? image_of(s, frame.module) : NULL;
	/* A call may be the last thing in a function: its return address is
	 * already in the next one. */
	uint64_t pc = frame.pc - 1;
	Dwarf_Die *scopes;
	Dwarf_Die *cu;
	Dwarf_Addr bias = 0;
	GElf_Off offset;
	GElf_Sym sym;
	const char *symbol;
	size_t count = 0;
	int n;

	if (!image) {
		out[0] = frame;
		return 1;
	}
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

struct alck_frames alck_symbolizer_stack(struct alck_symbolizer *s,
					 const struct alck_words *stack,
					 uint64_t time)
{
	struct alck_frame expanded[SCOPES_MAX + 1], *frames = NULL, *grown;
	struct alck_frames result = {NULL, 0};
	size_t count = 0, n;

	for (size_t i = 0; i < stack->count && i < STACK_MAX; i++) {
		struct alck_frame frame = {.pc = stack->value[i]};

		frame.module =
			alck_report_module_at(s->report, frame.pc - 1, time);
		if (frame.module)
			frame.offset = frame.pc - frame.module->bias.value;
		if (s->nframes++ == FRAMES_MAX)
			note(s, "more frames than any run has: the rest is not "
				"shown");
		if (s->nframes > FRAMES_MAX)
			break;
		n = expand(s, frame, expanded);
		grown = reallocarray(frames, count + n, sizeof(*frames));
		if (!grown)
			break;
		frames = grown;
		memcpy(frames + count, expanded, n * sizeof(*frames));
		count += n;
	}
	if (count) {
		grown = alck_arena_alloc(&s->arena, count * sizeof(*frames));
		if (grown) {
			memcpy(grown, frames, count * sizeof(*frames));
			result.frame = grown;
			result.count = count;
		}
	}
	free(frames);
	return result;
}

size_t alck_symbolizer_notes(const struct alck_symbolizer *s,
			     const char *const **notes)
{
	*notes = s->notes;
	return s->nnotes;
}
