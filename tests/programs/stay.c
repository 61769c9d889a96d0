/* SPDX-License-Identifier: MIT */
/*
 * Loads plugins and stays, to be looked at:
 *
 *	stay [crash] [PLUGIN[:deep|:lazy|:new]]...
 *
 * new: into a link namespace of its own.  Nothing passes between the program
 * and a plugin.  Says "ready" and waits for a signal.  With the argument
 * `crash` it dumps core instead.
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

int main(int argc, char **argv)
{
	int crash = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "crash"))
			crash = 1;
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
