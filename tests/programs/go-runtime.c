/* SPDX-License-Identifier: MIT */
/* To whoever looks at it, a library of Go's: with the note that its linker
 * leaves. */
__asm__(".pushsection .note.go.buildid, \"a\", @note\n"
	"	.p2align 2\n"
	"	.long 4, 4, 4\n"
	"	.asciz \"Go\\0\"\n"
	"	.ascii \"none\"\n"
	".popsection\n");
