#!/bin/sh
# SPDX-License-Identifier: MIT
# gcc with its children: cpp, cc1, as, collect2, ld.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/real/real.sh"
need_command gcc g++

cat >"$work/hello.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
int main(int argc, char **argv)
{
	qsort(argv, argc, sizeof(*argv), compare);
	return printf("%s\n", argv[0]) < 0;
}
END
cat >"$work/hello.cc" <<'END'
#include <iostream>
#include <map>
#include <string>
int main()
{
	std::map<std::string, int> m{ { "a", 1 }, { "b", 2 } };
	for (auto &p : m)
		std::cout << p.first << p.second << "\n";
}
END
unchanged : sh -c 'cd "$HOME" && gcc -O2 -Wall -o hello "$0" && ./hello a b &&
	gcc -S -o - "$0" | cksum && gcc "-Dint=(" -c "$0"; exit 4' "$work/hello.c"
unchanged : sh -c 'cd "$HOME" && g++ -O1 -o hello "$0" && ./hello' \
	"$work/hello.cc"
