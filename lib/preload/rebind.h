/* SPDX-License-Identifier: MIT */
/*
 * Rebinding: every binding to a provider's own function is changed to that
 * provider's thunk, so that deep-bound objects are seen and yet stay bound to
 * the provider that they were bound to.
 *
 * Two halves, and both are needed.  The values in each provider's dynamic
 * symbol table are changed, in memory, so that all later bindings (constructors
 * of dlopened objects, dlsym on a handle, lazy calls) come by.  Slots that are
 * bound already are found by what they hold, in every object, and set to the
 * thunk of that.
 *
 * Under the loader's lock, or before main.  Raw system calls only.
 */
#ifndef ALCK_PRELOAD_REBIND_H
#define ALCK_PRELOAD_REBIND_H

/* Takes in the modules that have come and lets go of those that have left;
 * UNLOADING as for alck_modules_update. */
void alck_rebind_update(int unloading);

/* The same where the loader has not said so: what has come may be running in
 * other threads. */
void alck_rebind_catch_up(void);

/* Once the loader has relocated all that is there at start: looks at every
 * slot again, and puts the protection of relocated pages back. */
void alck_rebind_settle(void);

/* Tables and slots that could not be changed: what is called through them comes
 * by unseen. */
unsigned int alck_rebind_refused(void);

/* Is nothing left out, by the kernel or by rebind=0? */
int alck_rebind_is_whole(void);

#endif
