/* SPDX-License-Identifier: MIT */
#include "contract/options.h"
