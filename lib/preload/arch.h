/* SPDX-License-Identifier: MIT */
/* What differs between processors: each has its own arch-*.h. */
#ifndef ALCK_PRELOAD_ARCH_H
#define ALCK_PRELOAD_ARCH_H

#if defined(__x86_64__)
#include "preload/arch-x86-64.h"
#else
#error "no lib/preload/arch-*.h for this processor"
#endif

#endif
