// SPDX-License-Identifier: GPL-2.0-only
/*
 * keys TERMINAL KEY COUNT PAUSE: types a key so often, each time when its answer is
 * complete and nothing else came for PAUSE milliseconds. An answer ends in the key
 * itself, that of 's' in '~'. Prints how long each answer took, in microseconds.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS	20000
#define QUIET_MS	500

static char buf[4096];

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* The bytes that came, 0 if none came in time. */
static ssize_t get(int file, int ms)
{
	struct pollfd fd = { .fd = file, .events = POLLIN };

	return poll(&fd, 1, ms) == 1 ? read(file, buf, sizeof(buf)) : 0;
}

static int answer(int file, char key)
{
	ssize_t n;

	if (write(file, &key, 1) != 1)
		return -1;
	do {
		n = get(file, PATIENCE_MS);
		if (n <= 0)
			return -1;
	} while (!memchr(buf, key == 's' ? '~' : key, n));
	return 0;
}

int main(int argc, char **argv)
{
	int file = argc == 5 ? open(argv[1], O_RDWR | O_NOCTTY) : -1;
	struct termios mode;
	long long start;

	if (file < 0 || tcgetattr(file, &mode))
		return 2;
	cfmakeraw(&mode);
	tcsetattr(file, TCSANOW, &mode);
	while (get(file, QUIET_MS) > 0)	/* what nobody read so far */
		;
	for (int n = atoi(argv[3]); n > 0; n--) {
		start = now();
		if (answer(file, argv[2][0])) {
			fprintf(stderr, "no answer to %s\n", argv[2]);
			return 1;
		}
		printf("%lld\n", now() - start);
		if (get(file, atoi(argv[4]))) {
			fprintf(stderr, "more than one answer to %s\n", argv[2]);
			return 1;
		}
	}
	return 0;
}
