/* SPDX-License-Identifier: MIT */
/*
 * Loads plugins and stays, to be looked at:
 *
 *	stay [crash|hook:empty|hook:libc] [PLUGIN[:deep|:lazy|:new]]...
 *
 * new: into a link namespace of its own.  Nothing passes between the program
 * and a plugin.  hook: what a fork does to it in old libcs: __free_hook is
 * emptied, or leads into libc.  Says "ready" and waits for a signal.  With the
 *argument `crash` it dumps core instead.
 */
#include <dlfcn.h>
#include <unistd.h>

#include "common.h"

static void load(char *text)
{
	char *how = strrchr(text, ':');
	int flags = RTLD_NOW;
	void *plugin;

	if (how)
		*how++ = 0;
	if (how && !strcmp(how, "deep"))
		flags |= RTLD_DEEPBIND;
	if (how && !strcmp(how, "lazy"))
		flags = RTLD_LAZY;
	plugin = how && !strcmp(how, "new")
			 ? dlmopen(LM_ID_NEWLM, text, RTLD_NOW)
			 : dlopen(text, flags);
	if (!plugin)
		die("%s", dlerror());
}

static void set_hook(int empty)
{
	void **hook = dlsym(RTLD_DEFAULT, "__free_hook");

	must(hook);
	*hook = empty ? NULL : dlsym(RTLD_DEFAULT, "__libc_free");
}

int main(int argc, char **argv)
{
	int crash = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "crash"))
			crash = 1;
		else if (!strncmp(argv[i], "hook:", 5))
			set_hook(argv[i][5] == 'e');
		else
			load(argv[i]);
	}
	free(opaque(malloc(10)));
	printf("ready\n");
	fflush(stdout);
	if (crash)
		abort();
	for (;;)
		pause();
}
