/* SPDX-License-Identifier: MIT */
/* Files of another machine, whose root lies in a folder of this one.  Offline.
 */
#ifndef ALCK_REPORT_SYSROOT_H
#define ALCK_REPORT_SYSROOT_H

/* Opens the regular file at PATH for reading, below ROOT unless that is NULL:
 * links in it lead to places below it, too.  Returns -1 where there is none. */
int alck_sysroot_open(const char *root, const char *path);

#endif
