// SPDX-License-Identifier: GPL-2.0-only
/*
 * screen: an interactive program on its standard input and output, a terminal. It says
 * when it is ready, and echoes a key; at 's' it draws a screen of 120 lines, which ends in
 * '~'; at 'q' it ends.
 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINES	120
#define WIDTH	78
#define READY	"screen is ready\r\n"

static int put(const char *text, size_t len)
{
	ssize_t n;

	for (; len; len -= n, text += n) {
		n = write(STDOUT_FILENO, text, len);
		if (n < 0)
			return -1;
	}
	return 0;
}

/* In one write, as such programs do. */
static int draw(void)
{
	static char screen[LINES * (WIDTH + 16)];
	int len = 0;

	for (int line = 1; line <= LINES; line++)
		len += sprintf(screen + len, "\033[%d;1H%0*d", line, WIDTH, line);
	screen[len++] = '~';
	return put(screen, len);
}

int main(void)
{
	struct termios mode;
	char key;

	if (tcgetattr(STDIN_FILENO, &mode))
		return 1;
	cfmakeraw(&mode);
	tcsetattr(STDIN_FILENO, TCSANOW, &mode);
	if (put(READY, strlen(READY)))
		return 1;
	while (read(STDIN_FILENO, &key, 1) == 1 && key != 'q') {
		if (key == 's' ? draw() : put(&key, 1))
			return 1;
	}
	return 0;
}
