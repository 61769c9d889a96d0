/* SPDX-License-Identifier: MIT */
/* The way to the launcher: see channel.h.  Signal-safe. */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "contract/channel.h"
#include "preload/channel.h"
#include "preload/descriptor.h"
#include "preload/modules.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/text.h"

#define ERROR_INTR (-4)

static struct alck_descriptor channel = {.fd = -1};
static int greeted;

int alck_channel_launcher(void)
{
	const char *p = alck_runtime_variable(ALCK_CHANNEL_VARIABLE);
	uint64_t pid = 0;

	for (; p && *p >= '0' && *p <= '9'; p++)
		pid = pid * 10 + (uint64_t)(*p - '0');
	return (int)pid;
}

/* The variable's part N, from 0, of LEN bytes; NULL if it has no such part. */
static const char *part(int n, size_t *len)
{
	const char *p = alck_runtime_variable(ALCK_CHANNEL_VARIABLE), *end;

	while (p && n--) {
		while (*p && *p != ':')
			p++;
		p = *p ? p + 1 : NULL;
	}
	if (!p)
		return NULL;
	for (end = p; *end && *end != ':'; end++)
		continue;
	*len = (size_t)(end - p);
	return p;
}

static int send_all(const void *bytes, size_t len)
{
	long n;

	do
		n = alck_sys_write_file(channel.fd, bytes, len);
	while (n == ERROR_INTR);
	return n == (long)len ? 0 : -1;
}

static int greet(void)
{
	char hello[ALCK_CHANNEL_WORD + 1 + 256];
	struct alck_text t;
	size_t len;
	const char *word = part(2, &len);

	if (!word || len != ALCK_CHANNEL_WORD)
		return -1;
	alck_text_begin(&t, hello, sizeof(hello));
	alck_text_add_bytes(&t, word, len);
	alck_text_add_bytes(&t, "", 1);
	alck_text_add(&t, alck_text_base(alck_module(0)->path));
	return send_all(hello, t.used);
}

int alck_channel_open(void)
{
	/* A launcher that is stopped is not waited for. */
	const struct timeval patience = {2, 0};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *name;
	size_t len;
	long fd;

	if (alck_descriptor_is_ours(&channel))
		return 0;
	channel.fd = -1;
	greeted = 0;
	name = part(1, &len);
	if (!name || len + 1 > sizeof(to.sun_path) || alck_sys_sandboxed)
		return -1;
	for (size_t i = 0; i < len; i++)
		to.sun_path[i + 1] = name[i];
	fd = alck_syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			  0, 0, 0);
	if (fd < 0)
		return -1;
	alck_syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO,
		     (long)&patience, sizeof(patience), 0);
	len += offsetof(struct sockaddr_un, sun_path) + 1;
	if (alck_syscall(SYS_connect, fd, (long)&to, (long)len, 0, 0, 0)) {
		alck_sys_close((int)fd);
		return -1;
	}
	return alck_descriptor_take(&channel, (int)fd);
}

int alck_channel_write(const unsigned char *bytes, size_t len)
{
	if (!alck_descriptor_is_ours(&channel))
		return -1;
	if (!greeted && greet())
		return -1;
	greeted = 1;
	return send_all(bytes, len);
}

void alck_channel_leave(void)
{
	alck_descriptor_close(&channel);
	greeted = 0;
}
