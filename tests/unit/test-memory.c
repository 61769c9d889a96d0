/* SPDX-License-Identifier: MIT */
/*
 * Reading memory from outside: that of a child which waits, and what is refused
 * as a core.  Real cores are read in tests/cases.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect/memory.h"

#define PAGE 4096

static char *pages; /* two, then one that is not there */
static pid_t child;

static void begin(void)
{
	pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(pages != MAP_FAILED);
	munmap(pages + 2 * PAGE, PAGE);
	memset(pages, 'x', 2 * PAGE);
	strcpy(pages + 100, "a text");
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ck_assert_int_gt(child, 0);
}

static void end(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(pages, 2 * PAGE);
}

START_TEST(test_process)
{
	const struct alck_mapping *maps, *m;
	uint64_t at = (uint64_t)(uintptr_t)pages;
	char why[200] = "", buf[3 * PAGE];
	struct alck_memory *memory;
	size_t n;

	memory = alck_memory_of_process(child, why, sizeof(why));
	ck_assert_msg(memory != NULL, "%s", why);
	ck_assert_int_eq(alck_memory_pid(memory), child);
	ck_assert_int_eq(alck_memory_signal(memory), 0);
	ck_assert(strstr(alck_memory_exe(memory), "test-memory") != NULL);

	ck_assert_int_eq(alck_memory_read(memory, at, buf, 2 * PAGE), 0);
	ck_assert(!memcmp(buf, pages, 2 * PAGE));
	ck_assert_int_eq(alck_memory_text(memory, at + 100, buf, 80), 6);
	ck_assert_str_eq(buf, "a text");
	/* Across the end: some, or nothing. */
	ck_assert_uint_eq(
		alck_memory_read_some(memory, at + PAGE, buf, 2 * PAGE), PAGE);
	ck_assert_int_eq(alck_memory_read(memory, at + PAGE, buf, 2 * PAGE),
			 -1);
	ck_assert_int_eq(buf[0], 0);
	ck_assert_int_eq(alck_memory_text(memory, at + 2 * PAGE - 2, buf, 80),
			 2);
	ck_assert_str_eq(buf, "xx");
	ck_assert_int_eq(alck_memory_read(memory, 8, buf, 8), -1);
	ck_assert_int_eq(alck_memory_read(memory, UINT64_MAX - 3, buf, 8), -1);
	ck_assert_int_eq(alck_memory_text(memory, 8, buf, 8), -1);

	n = alck_memory_mappings(memory, &maps);
	ck_assert_uint_gt(n, 3);
	for (size_t i = 1; i < n; i++)
		ck_assert_uint_ge(maps[i].low, maps[i - 1].high);
	m = alck_memory_mapping_at(memory, at + PAGE);
	ck_assert(m && m->readable && m->writable && !m->executable);
	m = alck_memory_mapping_at(memory,
				   (uint64_t)(uintptr_t)alck_memory_close);
	ck_assert(m && m->executable && strstr(m->path, "test-memory"));
	ck_assert(!alck_memory_mapping_at(memory, 8));
	ck_assert_uint_eq(alck_memory_auxv(memory, AT_PHDR),
			  getauxval(AT_PHDR));
	ck_assert_uint_eq(alck_memory_auxv(memory, 12345), 0);
	alck_memory_close(memory);
}
END_TEST

START_TEST(test_no_process)
{
	char why[200] = "";

	ck_assert(!alck_memory_of_process(0x3fffffff, why, sizeof(why)));
	ck_assert(strstr(why, "there is none") != NULL);
}
END_TEST

/* A child that waits for a signal, and begins cat then, which waits too. */
static pid_t next;
static int pipes[2];

static void begin_cat(int signal)
{
	(void)signal;
	dup2(pipes[0], 0);
	execl("/bin/cat", "cat", (char *)NULL);
	_exit(1);
}

START_TEST(test_changed)
{
	char why[200] = "", name[64], path[64] = "";
	struct alck_memory *memory;
	int status;

	ck_assert(!pipe(pipes));
	signal(SIGUSR1, begin_cat);
	next = fork();
	if (!next) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	signal(SIGUSR1, SIG_DFL);
	memory = alck_memory_of_process(next, why, sizeof(why));
	ck_assert_msg(memory != NULL, "%s", why);
	ck_assert(!alck_memory_changed(memory));
	kill(next, SIGUSR1);
	snprintf(name, sizeof(name), "/proc/%ld/exe", (long)next);
	for (int i = 0; i < 500 && !strstr(path, "cat"); i++) {
		usleep(10000);
		memset(path, 0, sizeof(path));
		/* In between it has none. */
		if (readlink(name, path, sizeof(path) - 1) < 0)
			*path = 0;
	}
	ck_assert_str_eq(alck_memory_changed(memory),
			 "has begun another program");
	kill(next, SIGKILL);
	waitpid(next, &status, 0);
	ck_assert_str_eq(alck_memory_changed(memory), "has ended");
	alck_memory_close(memory);
	close(pipes[0]);
	close(pipes[1]);
}
END_TEST

/* BYTES as a file are refused as a core with WORDS. */
static void refused(const void *bytes, size_t len, const char *words)
{
	char path[] = "/tmp/test-memory.XXXXXX", why[300] = "";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (int)len);
	close(fd);
	ck_assert(!alck_memory_of_core(path, NULL, why, sizeof(why)));
	unlink(path);
	ck_assert_msg(strstr(why, words) != NULL, "%s: not: %s", words, why);
}

START_TEST(test_no_core)
{
	unsigned char eh[64] = "\177ELF\2\1\1", many[120] = {0};
	char why[300] = "";

	refused("", 0, "");
	refused("no core", 7, "not a core");
	refused(eh, 20, "");
	eh[16] = 3; /* ET_DYN */
	eh[18] = 62;
	refused(eh, 64, "not a core");
	eh[16] = 4; /* ET_CORE */
	refused(eh, 64, "without memory");
	memcpy(many, eh, 64);
	many[32] = 64; /* e_phoff */
	many[54] = 56; /* e_phentsize */
	many[56] = 1;
	many[64] = 1; /* PT_LOAD, past the end of the file */
	many[64 + 8 + 3] = 9;
	many[64 + 32] = 100;
	many[64 + 40] = 100;
	refused(many, sizeof(many), "without memory");
	ck_assert(!alck_memory_of_core("/nowhere", NULL, why, sizeof(why)));
	ck_assert(strstr(why, "/nowhere: No such") != NULL);
	ck_assert(!alck_memory_of_core("/tmp", NULL, why, sizeof(why)));
	ck_assert(strstr(why, "not a regular file") != NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("memory");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, test_process);
	tcase_add_test(tc, test_no_process);
	tcase_add_test(tc, test_changed);
	tcase_add_test(tc, test_no_core);
	suite_add_tcase(suite, tc);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
