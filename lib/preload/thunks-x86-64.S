/* SPDX-License-Identifier: MIT */
/*
 * The code that callers are bound to, for x86-64.
 *
 * A thunk loads the address of its entry (struct alck_entry, 64 bytes) into
 * %r11, which no call passes anything in, and jumps to the entry's handler (its
 * first member).  The handlers in C are given it as a sixth argument, which no
 * allocator's entry point has: so a handler sees the program's own arguments,
 * return address and frame, and unwinds like any C function.
 *
 * Both, and what the exported functions begin with, are known to
 * lib/inspect/scene.c.
 *
 * The exported functions know how many arguments they have, and what they lead
 * to stands in one place: they go to the handlers of the hot path without a step
 * between.
 */
	.text

/* ---- thunks, one an entry: 16 bytes each (ALCK_THUNK_SIZE) */
	.p2align 4
	.globl	alck_thunks
	.hidden	alck_thunks
	.type	alck_thunks, @function
alck_thunks:
	.cfi_startproc
	.set	i, 0
	.rept	2048			/* ALCK_ENTRIES_MAX */
	.p2align 4
	endbr64
	lea	alck_entries + i * 64(%rip), %r11
	jmp	*(%r11)
	.set	i, i + 1
	.endr
	.cfi_endproc
	.size	alck_thunks, . - alck_thunks

/* ---- from a thunk to the handlers in C, one for each kind of shape */
	.macro	handler name, entry=r9
	.p2align 4
	.globl	alck_enter_\name
	.hidden	alck_enter_\name
	.type	alck_enter_\name, @function
alck_enter_\name:
	.cfi_startproc
	endbr64
	mov	%r11, %\entry
	jmp	alck_on_\name
	.cfi_endproc
	.size	alck_enter_\name, . - alck_enter_\name
	.endm

	handler alloc
	handler alloc_out
	handler realloc
	handler free
	handler query
	handler plain_query
	handler guarded_query
	handler passing
	/* Those of the hot path have it after the arguments. */
	handler malloc, rsi
	handler hooked_malloc, rsi
	handler throwing_malloc, rsi
	handler calloc, rdx
	handler hooked_calloc, rdx
	handler plain_realloc, rdx
	handler hooked_realloc, rdx
	handler plain_free, rsi
	handler hooked_free, rsi
	handler sized_free, rdx
	handler forward_new, rsi
	handler forward_delete, rdx
	handler last_malloc, rsi
	handler last_calloc, rdx
	handler last_free, rsi
	handler last_called_free, rsi
	handler guarded_malloc, rsi
	handler guarded_calloc, rdx
	handler guarded_realloc, rdx
	handler guarded_free, rsi

/* ---- for entries that nothing is to be noted of */
	.p2align 4
	.globl	alck_enter_through
	.hidden	alck_enter_through
	.type	alck_enter_through, @function
alck_enter_through:
	.cfi_startproc
	endbr64
	jmp	*8(%r11)
	.cfi_endproc
	.size	alck_enter_through, . - alck_enter_through

/* ---- the exported family: what the global scope resolved the name to, by
 * struct alck_next.  A name jumps to what is best for it: a handler that knows
 * its place, or alck_next_\name, which leads to any other, with the entry in
 * \entry, where the handlers of the hot path have it, and in %r11, where all
 * others have. */
	.macro	interpose name, place, entry=r11
	.p2align 4
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	endbr64
	jmp	*(alck_next + \place * 40 + 8)(%rip)
	.cfi_endproc
	.size	\name, . - \name

	.p2align 4
	.globl	alck_next_\name
	.hidden	alck_next_\name
	.type	alck_next_\name, @function
alck_next_\name:
	.cfi_startproc
	endbr64
	mov	alck_next + \place * 40(%rip), %r11
	.ifnc	\entry, r11
	mov	%r11, %\entry
	.endif
	jmp	*(alck_next + \place * 40 + 16)(%rip)
	.cfi_endproc
	.size	alck_next_\name, . - alck_next_\name
	.endm

/* The places are those in alck_rows_c. */
	interpose malloc, 0, rsi
	interpose free, 1, rsi
	interpose calloc, 2, rdx
	interpose realloc, 3, rdx
	interpose memalign, 4
	interpose aligned_alloc, 5
	interpose posix_memalign, 6
	interpose valloc, 7
	interpose pvalloc, 8
	interpose malloc_usable_size, 13, r9

/*
 * ---- calling a function that may throw: alck_call_throwing(FN, A0 .. A4)
 *
 * The personality routine puts the thread's state right when an exception
 * passes.  A cleanup attribute would do the same in C, at the price of
 * libgcc_s as a dependency of ours in every program.
 */
	.p2align 4
	.globl	alck_call_throwing
	.hidden	alck_call_throwing
	.type	alck_call_throwing, @function
alck_call_throwing:
	.cfi_startproc
	.cfi_personality 0x1b, alck_personality	/* pc-relative, 4 bytes */
	endbr64
	sub	$8, %rsp
	.cfi_adjust_cfa_offset 8
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %rcx
	mov	%r9, %r8
	call	*%rax
	add	$8, %rsp
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_endproc
	.size	alck_call_throwing, . - alck_call_throwing

/*
 * ---- functions that are noted (dlopen, fork, malloc_trim) and then
 * entered by a jump: so the loader sees the program as the caller and searches
 * its RUNPATH, and vfork returns where it was called.
 * The argument registers are loaded anew from where they were saved, so that
 * alck_note may change them.
 * alck_note(ENTRY, ARGUMENTS, RETURN_ADDRESS, SP, FP)
 */
	.p2align 4
	.globl	alck_on_noted
	.hidden	alck_on_noted
	.type	alck_on_noted, @function
alck_on_noted:
	.cfi_startproc
	endbr64
	push	%r11
	.cfi_adjust_cfa_offset 8
	push	%rax			/* vector registers, if variadic */
	.cfi_adjust_cfa_offset 8
	push	%r9
	.cfi_adjust_cfa_offset 8
	push	%r8
	.cfi_adjust_cfa_offset 8
	push	%rcx
	.cfi_adjust_cfa_offset 8
	push	%rdx
	.cfi_adjust_cfa_offset 8
	push	%rsi
	.cfi_adjust_cfa_offset 8
	push	%rdi
	.cfi_adjust_cfa_offset 8
	mov	%rsp, %rsi		/* six words, the first argument first */
	lea	72(%rsp), %rcx		/* the caller's stack pointer */
	mov	64(%rsp), %rdx		/* return address */
	mov	%rbp, %r8
	mov	%r11, %rdi
	sub	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	alck_note
	add	$8, %rsp
	.cfi_adjust_cfa_offset -8
	pop	%rdi
	.cfi_adjust_cfa_offset -8
	pop	%rsi
	.cfi_adjust_cfa_offset -8
	pop	%rdx
	.cfi_adjust_cfa_offset -8
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	pop	%r8
	.cfi_adjust_cfa_offset -8
	pop	%r9
	.cfi_adjust_cfa_offset -8
	pop	%rax
	.cfi_adjust_cfa_offset -8
	pop	%r11
	.cfi_adjust_cfa_offset -8
	jmp	*8(%r11)
	.cfi_endproc
	.size	alck_on_noted, . - alck_on_noted

/*
 * ---- functions whose return is noted too (fork, popen, clone): called, with
 * six arguments in registers and, for clone, a seventh on the stack.  Copying
 * that where there is none does no harm.
 * alck_note_call(CALL), alck_note_return(CALL, RESULT)
 */
#define CALL	 16			/* struct alck_watched_call, 96 bytes */
#define CALL_PC	 (CALL + 16)
#define CALL_ARG (CALL + 48)
	.p2align 4
	.globl	alck_on_returning
	.hidden	alck_on_returning
	.type	alck_on_returning, @function
alck_on_returning:
	.cfi_startproc
	endbr64
	sub	$120, %rsp
	.cfi_adjust_cfa_offset 120
	mov	%rdi, CALL_ARG(%rsp)
	mov	%rsi, CALL_ARG + 8(%rsp)
	mov	%rdx, CALL_ARG + 16(%rsp)
	mov	%rcx, CALL_ARG + 24(%rsp)
	mov	%r8, CALL_ARG + 32(%rsp)
	mov	%r9, CALL_ARG + 40(%rsp)
	mov	120(%rsp), %rax		/* return address */
	lea	128(%rsp), %rdx		/* the caller's stack pointer */
	mov	(%rdx), %rcx		/* the seventh argument */
	mov	%rcx, (%rsp)
	mov	%r11, CALL(%rsp)	/* entry */
	mov	%rax, CALL_PC(%rsp)	/* frame: pc, sp, fp */
	mov	%rdx, CALL_PC + 8(%rsp)
	mov	%rbp, CALL_PC + 16(%rsp)
	movq	$0, CALL_PC + 24(%rsp)	/* pid, skip, quiet */
	lea	CALL(%rsp), %rdi
	call	alck_note_call
	mov	CALL_ARG(%rsp), %rdi
	mov	CALL_ARG + 8(%rsp), %rsi
	mov	CALL_ARG + 16(%rsp), %rdx
	mov	CALL_ARG + 24(%rsp), %rcx
	mov	CALL_ARG + 32(%rsp), %r8
	mov	CALL_ARG + 40(%rsp), %r9
	mov	CALL(%rsp), %r11
	xor	%eax, %eax		/* no vector registers, if variadic */
	call	*8(%r11)
	mov	%rax, (%rsp)
	lea	CALL(%rsp), %rdi
	mov	%rax, %rsi
	call	alck_note_return
	mov	(%rsp), %rax
	add	$120, %rsp
	.cfi_adjust_cfa_offset -120
	ret
	.cfi_endproc
	.size	alck_on_returning, . - alck_on_returning

/*
 * ---- vfork, which returns twice on one stack: the child first, and whatever
 * it calls then overwrites what lies below.  So the caller's return address is
 * kept in thread-local memory, which the two share.  The child leaves by a
 * jump, as libc's own vfork does: on a shadow stack, which they share too, the
 * parent's return address stays as it is.
 */
	.p2align 4
	.globl	alck_on_vfork
	.hidden	alck_on_vfork
	.type	alck_on_vfork, @function
alck_on_vfork:
	.cfi_startproc
	endbr64
	mov	(%rsp), %rsi		/* return address */
	lea	8(%rsp), %rdx		/* the caller's stack pointer */
	mov	%rbp, %rcx
	mov	%r11, %rdi
	sub	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	alck_vfork_begin	/* returns libc's vfork */
	add	$16, %rsp
	.cfi_adjust_cfa_offset -16
	.cfi_undefined rip
	call	*%rax
	mov	alck_vfork@gottpoff(%rip), %rcx
	push	%fs:(%rcx)		/* alck_vfork.pc */
	.cfi_adjust_cfa_offset 8
	.cfi_restore rip
	test	%eax, %eax
	jz	1f
	push	%rax
	.cfi_adjust_cfa_offset 8
	mov	%rax, %rdi
	call	alck_vfork_end
	pop	%rax
	.cfi_adjust_cfa_offset -8
	ret
1:	pop	%rcx
	.cfi_adjust_cfa_offset -8
	jmp	*%rcx
	.cfi_endproc
	.size	alck_on_vfork, . - alck_on_vfork

/*
 * ---- the handler of fatal signals: goes over to a stack of its own, which one
 * thread has at a time, and back.  What the kernel saved is restored by the
 * sigreturn, so that any register may be used.
 */
	.p2align 4
	.globl	alck_on_crash
	.hidden	alck_on_crash
	.type	alck_on_crash, @function
alck_on_crash:
	.cfi_startproc
	endbr64
	mov	(%rsp), %rcx		/* who called: the kernel, or somebody */
	mov	$1, %eax
	xchg	%eax, alck_crash_taken(%rip)
	test	%eax, %eax
	jnz	alck_crash_wait
	mov	%rsp, %rbx
	lea	alck_crash_stack+65536(%rip), %rsp
	call	alck_crash_caught
	mov	%rbx, %rsp
	ret
	.cfi_endproc
	.size	alck_on_crash, . - alck_on_crash

/* The words by which debuggers and unwinders know a signal's frame. */
	.p2align 4
	nop
	.globl	alck_crash_return
	.hidden	alck_crash_return
	.type	alck_crash_return, @function
alck_crash_return:
	mov	$15, %rax		/* rt_sigreturn */
	syscall
	.size	alck_crash_return, . - alck_crash_return

/* ---- in place of _dl_debug_state: every register as it was */
	.p2align 4
	.globl	alck_loader_stub
	.hidden	alck_loader_stub
	.type	alck_loader_stub, @function
alck_loader_stub:
	.cfi_startproc
	endbr64
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register 6
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	and	$-16, %rsp
	call	alck_loader_changed
	lea	-72(%rbp), %rsp
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	pop	%rbp
	.cfi_def_cfa 7, 8
	ret
	.cfi_endproc
	.size	alck_loader_stub, . - alck_loader_stub

	.section .note.GNU-stack, "", @progbits
	.section .note.gnu.property, "a"
	.p2align 3
	.long	4, 16, 5		/* "GNU", NT_GNU_PROPERTY_TYPE_0 */
	.asciz	"GNU"
	.long	0xc0000002, 4, 3, 0	/* x86 features: IBT and SHSTK */
