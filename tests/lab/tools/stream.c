// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream host|guest BYTES NUMBER=FILE...: sends BYTES into each terminal or socket and expects
 * as many from it, both made from its number and from who sends. The guest waits for the first
 * byte: until the backend knows that somebody is there it throws output away. Says what came
 * of it; the host's end stays open after that, with what the backend has not fetched.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define MOST 64
#define PATIENCE_MS 120000

struct stream {
	int number;
	uint32_t out_state, in_state;
	unsigned long sent, received;
};

static struct stream streams[MOST];
static struct pollfd polls[MOST];
static unsigned long bytes;
static int is_host;

static unsigned char next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state >> 24;
}

static void fail(struct stream *s, const char *what)
{
	printf("%d: %s, sent %lu, received %lu of %lu\n", s->number, what, s->sent, s->received, bytes);
	exit(1);
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* A guest's terminal is taken as it is. */
static int open_terminal(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
	struct termios t;

	if (fd >= 0 && is_host && !tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void begin(int n, const char *argument)
{
	const char *path = strchr(argument, '=') + 1;
	struct stream *s = &streams[n];
	struct stat info;

	s->number = atoi(argument);
	s->out_state = 2006 + 2 * s->number + is_host;
	s->in_state = 2006 + 2 * s->number + !is_host;
	polls[n].fd = !stat(path, &info) && S_ISSOCK(info.st_mode) ? open_socket(path) : open_terminal(path);
	polls[n].events = POLLIN | (is_host ? POLLOUT : 0);
	if (polls[n].fd < 0)
		fail(s, strerror(errno));
}

static void receive(struct stream *s, struct pollfd *p)
{
	unsigned char buf[4096];
	ssize_t got = read(p->fd, buf, sizeof(buf)), i;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		fail(s, got ? strerror(errno) : "end of file");
	for (i = 0; i < got; i++, s->received++)
		if (s->received >= bytes || buf[i] != next(&s->in_state))
			fail(s, "wrong byte");
	if (!s->sent)
		p->events |= POLLOUT;
}

static void send_some(struct stream *s, struct pollfd *p)
{
	unsigned char buf[1500];
	uint32_t state = s->out_state;
	size_t len = bytes - s->sent < sizeof(buf) ? bytes - s->sent : sizeof(buf), i;
	ssize_t put;

	for (i = 0; i < len; i++)
		buf[i] = next(&state);
	put = write(p->fd, buf, len);
	if (put < 0 && errno != EAGAIN)
		fail(s, strerror(errno));
	for (; put > 0; put--, s->sent++)
		next(&s->out_state);
	if (s->sent == bytes)
		p->events &= ~POLLOUT;
}

int main(int argc, char **argv)
{
	int n, left, count = argc - 3;

	if (count < 1 || count > MOST)
		return 2;
	is_host = !strcmp(argv[1], "host");
	bytes = strtoul(argv[2], NULL, 10);
	for (n = 0; n < count; n++)
		begin(n, argv[n + 3]);

	do {
		if (poll(polls, count, PATIENCE_MS) <= 0)
			break;
		for (n = left = 0; n < count; n++) {
			if (polls[n].revents & (POLLIN | POLLHUP | POLLERR))
				receive(&streams[n], &polls[n]);
			if (polls[n].revents & POLLOUT)
				send_some(&streams[n], &polls[n]);
			left += streams[n].sent < bytes || streams[n].received < bytes;
		}
	} while (left);
	for (n = 0; n < count; n++)
		if (streams[n].sent < bytes || streams[n].received < bytes)
			fail(&streams[n], "nothing moves");
	printf("%d streams, %lu bytes each way\n", count, bytes);
	fflush(stdout);
	return is_host ? pause() : 0;
}
