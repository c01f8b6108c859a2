// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix PATH: joins stdin and stdout to a socket that somebody listens on, until the other end
 * has closed it and all that came through is written.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int copy(int from, int to)
{
	char buf[65536];
	ssize_t len = read(from, buf, sizeof(buf)), done = 0, n;

	for (; done < len; done += n) {
		n = write(to, buf + done, len - done);
		if (n < 0)
			return 0;
	}
	return len > 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct pollfd polls[2] = { { .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc != 2)
		return 2;
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(argv[1]);
		return 1;
	}
	polls[0].fd = fd;
	while (poll(polls, 2, -1) > 0) {
		if (polls[0].revents && !copy(fd, 1))
			break;
		/* What is typed may end before what is read does. */
		if (polls[1].revents && !copy(0, fd))
			polls[1].fd = -1;
	}
	return 0;
}
