#!/bin/sh
# SPDX-License-Identifier: MIT
# The blocks of scudo to every freeing entry there is.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/matrix.sh"
