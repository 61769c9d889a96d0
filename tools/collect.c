/* SPDX-License-Identifier: MIT */
/*
 * Reports of processes that can make no file (after chroot, without rights, at
 * a limit, on a full disk): they are sent to the launcher, by a socket that no
 * path leads to, and it makes the file in their stead; where it cannot either,
 * it tells what is in them.  See launch.h, and contract/channel.h for what is
 * said.  Offline, in the launcher.
 *
 * A report's bytes may be anybody's who has found out the word, and a process
 * may have fewer rights than the launcher: the file's name is made here, of the
 * sender's process ID as the kernel gives it and a tame form of its program's
 * name.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "contract/channel.h"
#include "contract/record.h"
#include "report/reader.h"
#include "report/render-text.h"
#include "tools/launch.h"

#define SENDERS_MAX 200
#define PACKET_MAX  (ALCK_RECORD_MAX + 64)
/* Of one report; a process's journal holds no more. */
#define BYTES_MAX	(64ul << 20)
#define FILES_OF_A_NAME 100

struct sender {
	int fd; /* -1: it has hung up */
	pid_t pid;
	int greeted;
	char program[256];
	unsigned char *bytes;
	size_t len, room;
	size_t saved; /* of these, in a file */
};

struct alck_collector {
	int socket;
	char word[ALCK_CHANNEL_WORD + 1];
	struct sender senders[SENDERS_MAX];
	size_t nsenders;
};

/* LEN characters that nobody guesses. */
static int random_word(char *to, size_t len)
{
	unsigned char bytes[64];

	if (getrandom(bytes, len, 0) != (ssize_t)len)
		return -1;
	for (size_t i = 0; i < len; i++)
		to[i] = "0123456789abcdefghijklmnopqrstuv"[bytes[i] & 31];
	to[len] = 0;
	return 0;
}

static int listen_as(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd, high;

	memcpy(address.sun_path + 1, name, len);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			     len)) ||
	    listen(fd, 64)) {
		close(fd);
		return -1;
	}
	/* Above what the child may be told to find closed. */
	high = fcntl(fd, F_DUPFD_CLOEXEC, 64);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

struct alck_collector *alck_collector_open(void)
{
	struct alck_collector *c = calloc(1, sizeof(*c));
	char name[64], value[160], secret[17];

	if (!c || random_word(c->word, ALCK_CHANNEL_WORD) ||
	    random_word(secret, 16))
		goto fail;
	snprintf(name, sizeof(name), "alloccheck-%ld-%s", (long)getpid(),
		 secret);
	c->socket = listen_as(name);
	if (c->socket < 0)
		goto fail;
	snprintf(value, sizeof(value), "%ld:%s:%s", (long)getpid(), name,
		 c->word);
	if (!setenv(ALCK_CHANNEL_VARIABLE, value, 1))
		return c;
	close(c->socket);
fail:
	free(c);
	return NULL;
}

size_t alck_collector_fds(const struct alck_collector *c, struct pollfd *fds,
			  size_t max)
{
	size_t n = 0;

	if (!c)
		return 0;
	if (c->nsenders < SENDERS_MAX && n < max)
		fds[n++] = (struct pollfd){c->socket, POLLIN, 0};
	for (size_t i = 0; i < c->nsenders; i++)
		if (c->senders[i].fd >= 0 && n < max)
			fds[n++] = (struct pollfd){c->senders[i].fd, POLLIN, 0};
	return n;
}

/* The first packet: the word, a NUL, the program's name. */
static int greets(struct alck_collector *c, struct sender *s,
		  const unsigned char *bytes, size_t len)
{
	size_t at = ALCK_CHANNEL_WORD + 1, n = 0;

	if (len < at || memcmp(bytes, c->word, at))
		return 0;
	for (; at < len && n + 1 < sizeof(s->program); at++)
		s->program[n++] =
			bytes[at] && bytes[at] != '/' ? (char)bytes[at] : '_';
	s->program[n] = 0;
	if (!n || !strcmp(s->program, ".") || !strcmp(s->program, ".."))
		strcpy(s->program, "program");
	return 1;
}

static int keep(struct sender *s, const unsigned char *bytes, size_t len)
{
	unsigned char *grown;

	if (len > BYTES_MAX - s->len)
		return -1;
	if (s->len + len > s->room) {
		s->room = 2 * s->room + len;
		grown = realloc(s->bytes, s->room);
		if (!grown)
			return -1;
		s->bytes = grown;
	}
	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
	return 0;
}

static void hang_up(struct sender *s)
{
	close(s->fd);
	s->fd = -1;
}

/* All that S has sent by now. */
static void hear(struct alck_collector *c, struct sender *s)
{
	static unsigned char packet[PACKET_MAX];
	ssize_t n;

	while (s->fd >= 0) {
		n = recv(s->fd, packet, sizeof(packet), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			hang_up(s);
		} else if (!s->greeted) {
			s->greeted = greets(c, s, packet, (size_t)n);
			if (!s->greeted)
				hang_up(s);
		} else if (keep(s, packet, (size_t)n)) {
			hang_up(s);
		}
	}
}

static void welcome(struct alck_collector *c)
{
	struct ucred who = {0, 0, 0};
	socklen_t len = sizeof(who);
	struct sender *s;
	int fd;

	while (c->nsenders < SENDERS_MAX) {
		fd = accept4(c->socket, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len)) {
			close(fd);
			continue;
		}
		s = &c->senders[c->nsenders++];
		*s = (struct sender){.fd = fd, .pid = who.pid};
	}
}

void alck_collector_serve(struct alck_collector *c)
{
	size_t kept = 0;

	if (!c)
		return;
	welcome(c);
	for (size_t i = 0; i < c->nsenders; i++) {
		struct sender *s = &c->senders[i];

		hear(c, s);
		/* One with nothing to say makes room. */
		if (s->fd >= 0 || s->len)
			c->senders[kept++] = *s;
		else
			free(s->bytes);
	}
	c->nsenders = kept;
}

/* The file that S has begun itself, and could not go on with: it holds the
 * beginning of what was sent, and nothing else.  Returns a descriptor that
 * appends to it, or -1. */
static int own_file(struct sender *s, const char *path)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
				    O_NONBLOCK | O_NOCTTY);
	unsigned char piece[4096];
	size_t done = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > s->len)
		goto other;
	while (done < (size_t)st.st_size) {
		n = pread(fd, piece, sizeof(piece), (off_t)done);
		if (n <= 0 || done + (size_t)n > s->len ||
		    memcmp(piece, s->bytes + done, (size_t)n))
			goto other;
		done += (size_t)n;
	}
	s->saved = done;
	return fd;
other:
	close(fd);
	return -1;
}

/* A file for S in the place that LOG_PATH means, for its first bytes or those
 * that are missing.  Returns -1 where there can be none. */
static int open_file(struct sender *s, const char *log_path, char *path,
		     size_t size)
{
	int fd;

	for (int i = 0; i < FILES_OF_A_NAME; i++) {
		if (alck_log_path_name(log_path, s->pid, s->program, i, path,
				       size))
			return -1;
		fd = open(path,
			  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			  0600);
		if (fd < 0 && errno == EEXIST)
			fd = own_file(s, path);
		else if (fd < 0)
			return -1;
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* Returns 0 when all that S has sent is in a file, at PATH; else its first
 * s->saved bytes are, whole records. */
static int save(struct sender *s, const char *log_path, char *path, size_t size)
{
	int fd = open_file(s, log_path, path, size);
	size_t done = s->saved;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (done < s->len && n >= 0) {
		n = write(fd, s->bytes + done, s->len - done);
		if (n > 0)
			done += (size_t)n;
	}
	if (done < s->len && s->saved && ftruncate(fd, (off_t)s->saved))
		s->saved = 0; /* rather told twice */
	else if (done < s->len && !s->saved)
		unlink(path);
	return close(fd) || done < s->len ? -1 : 0;
}

static int is_affected(const struct alck_report *report)
{
	for (size_t i = 0; i < report->nfindings; i++)
		if (alck_view_severity(&report->findings[i]) !=
		    ALCK_SEVERITY_INFO)
			return 1;
	return 0;
}

/* Takes out of TOLD the findings that the file at PATH has; one that has none
 * is of no use. */
static void leave_out(struct alck_told *told, const struct sender *s,
		      const char *path)
{
	struct alck_report *report = told->report;
	struct alck_report *file =
		alck_reader_parse(s->program, s->bytes, s->saved);
	size_t kept = 0;

	for (size_t i = 0; file && i < report->nfindings; i++) {
		const struct alck_report_finding *f = &report->findings[i];
		size_t k = 0;

		while (k < file->nfindings &&
		       file->findings[k].id.value != f->id.value)
			k++;
		if (k == file->nfindings)
			report->findings[kept++] = *f;
	}
	if (file) {
		report->nfindings = kept;
		told->is_rest = file->nfindings != 0;
		told->affected = is_affected(file);
	}
	if (file && !file->nfindings)
		unlink(path);
	alck_report_free(file);
}

/* Neither here nor there is room for a file: in words, then.  Returns what is
 * said, or NULL without memory. */
static struct alck_told *tell(const struct sender *s, const char *path)
{
	struct alck_text_style style = {.out = stderr};
	struct alck_told *told = calloc(1, sizeof(*told));
	struct alck_view view;

	if (told)
		told->report = alck_reader_parse(s->program, s->bytes, s->len);
	if (!told || !told->report) {
		free(told);
		return NULL;
	}
	if (s->saved)
		leave_out(told, s, path);
	fprintf(stderr,
		"alloccheck: no file could be made for %s of process %ld; this "
		"is what it says\n",
		s->saved ? "the rest of the report" : "the report",
		(long)s->pid);
	if (!alck_view_init(&view, told->report, NULL)) {
		alck_render_text(&style, &view);
		alck_view_done(&view);
	}
	return told;
}

struct alck_told *alck_collector_end(struct alck_collector *c,
				     const char *log_path)
{
	struct alck_told *told = NULL, **last = &told;
	char path[PATH_MAX];

	if (!c)
		return NULL;
	alck_collector_serve(c);
	for (size_t i = 0; i < c->nsenders; i++) {
		struct sender *s = &c->senders[i];

		if (s->len && save(s, log_path, path, sizeof(path))) {
			*last = tell(s, path);
			if (*last)
				last = &(*last)->next;
		}
		if (s->fd >= 0)
			close(s->fd);
		free(s->bytes);
	}
	close(c->socket);
	free(c);
	return told;
}

void alck_told_free(struct alck_told *told)
{
	while (told) {
		struct alck_told *next = told->next;

		alck_report_free(told->report);
		free(told);
		told = next;
	}
}
