// SPDX-License-Identifier: GPL-2.0-only
/*
 * lines FILE BITS PAUSE: writes numbered lines, each in one write, until SIGTERM, and then
 * prints how many. BITS are set in each byte; PAUSE is in microseconds.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t enough;

static void stop(int signal)
{
	(void)signal;
	enough = 1;
}

/* Each line that counts is written whole. */
static int put(int file, const char *line, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(file, line, len);
		if (n < 0)
			return -1;
		line += n;
		len -= n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	unsigned long n;
	char line[80];
	int file, bits, len, i;

	if (argc != 4)
		return 2;
	file = open(argv[1], O_WRONLY);
	if (file < 0)
		return 1;
	bits = strtol(argv[2], NULL, 0);
	sigaction(SIGTERM, &action, NULL);

	for (n = 0; !enough; n++) {
		len = snprintf(line, sizeof(line), "line %06lu from one end of the world to the other\n", n);
		for (i = 0; i < len; i++)
			line[i] |= bits;
		if (put(file, line, len)) {
			perror(argv[1]);
			return 1;
		}
		usleep(atoi(argv[3]));
	}
	printf("%lu\n", n);
	return 0;
}
