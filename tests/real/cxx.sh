#!/bin/sh
# SPDX-License-Identifier: MIT
# A C++ program with exceptions and threads.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"

unchanged : "$programs/throws" 300
