// SPDX-License-Identifier: GPL-2.0-only
/*
 * ttytest COMMAND DEVICE [ARGUMENT]: what a shell cannot ask a tty. Prints one
 * line of NAME=VALUE; exits with 1 and the error if the command itself failed.
 *
 *   get              what the ioctls tell that all lines know
 *   serial N         TIOCSSERIAL with closing_wait N, in hundredths of a second, and
 *                    what TIOCGSERIAL tells then
 *   break            the four ways to send a break
 *   fill             write until there is no more room, without waiting
 *   write TEXT       one write(2)
 *   room             may poll(2) promise room?
 *   drain            tcdrain
 *   setdrain         tcsetattr(TCSADRAIN)
 *   flush            tcflush(TCOFLUSH)
 *   hangup           fill, then hang up while a write sleeps
 *   readers N        N times: hang up while another process sleeps in read(2)
 *   outq FILE        the extremes of TIOCOUTQ, asked for until FILE exists
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef TCSBRKP
#define TCSBRKP	0x5425
#endif

static int fd;

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int must(int result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

static void get(const char *unused)
{
	struct serial_icounter_struct icount;
	int modem;

	must(ioctl(fd, TIOCGICOUNT, &icount), "TIOCGICOUNT");
	must(ioctl(fd, TIOCMGET, &modem), "TIOCMGET");
	printf("tx=%d rx=%d modem=%#x\n", icount.tx, icount.rx, modem);
}

static void serial(const char *closing_wait)
{
	struct serial_struct ss;

	must(ioctl(fd, TIOCGSERIAL, &ss), "TIOCGSERIAL");
	ss.closing_wait = atoi(closing_wait);
	must(ioctl(fd, TIOCSSERIAL, &ss), "TIOCSSERIAL");
	must(ioctl(fd, TIOCGSERIAL, &ss), "TIOCGSERIAL");
	printf("line=%d fifo=%d closing_wait=%d\n", ss.line,
	       ss.xmit_fifo_size, ss.closing_wait);
}

static void send_break(const char *unused)
{
	must(tcsendbreak(fd, 0), "tcsendbreak");
	must(ioctl(fd, TCSBRKP, 5), "TCSBRKP");
	must(ioctl(fd, TIOCSBRK), "TIOCSBRK");
	must(ioctl(fd, TIOCCBRK), "TIOCCBRK");
}

/* Letters, so that they can be told from everything else in a log. */
static int fill_up(void)
{
	char text[1000];
	int flags = fcntl(fd, F_GETFL), n, done = 0;

	memset(text, 'f', sizeof(text));
	must(fcntl(fd, F_SETFL, flags | O_NONBLOCK), "F_SETFL");
	while ((n = write(fd, text, sizeof(text))) > 0)
		done += n;
	if (errno != EAGAIN)
		fail("write");
	must(fcntl(fd, F_SETFL, flags), "F_SETFL");
	return done;
}

static void fill(const char *unused)
{
	printf("filled=%d\n", fill_up());
}

static void write_text(const char *text)
{
	printf("written=%zd\n", write(fd, text, strlen(text)));
}

static void room(const char *unused)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	printf("room=%d\n", must(poll(&poll_fd, 1, 0), "poll"));
}

static void drain(const char *unused)
{
	must(tcdrain(fd), "tcdrain");
}

static void setdrain(const char *unused)
{
	struct termios termios;

	must(tcgetattr(fd, &termios), "tcgetattr");
	must(tcsetattr(fd, TCSADRAIN, &termios), "tcsetattr");
}

static void flush(const char *unused)
{
	must(tcflush(fd, TCOFLUSH), "tcflush");
}

/* Wait until a process sleeps; it does nothing else that does. */
static void wait_asleep(pid_t pid)
{
	char path[32], state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	do {
		file = fopen(path, "r");
		if (!file || fscanf(file, "%*d %*s %c", &state) != 1)
			fail(path);
		fclose(file);
	} while (state != 'S');
}

/*
 * The leader of the tty's session writes; SIGHUP is blocked, so that only the
 * hangup itself can end the write.
 */
static int session(const char *device)
{
	sigset_t set;
	int result, error;

	must(setsid(), "setsid");
	fd = must(open(device, O_RDWR), device);
	must(ioctl(fd, TIOCSCTTY, 1), "TIOCSCTTY");
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fill_up();
	if (!must(fork(), "fork")) {
		wait_asleep(getppid());
		must(vhangup(), "vhangup");
		return 0;
	}
	result = write(fd, "sleeps", 6);
	error = errno;
	wait(NULL);
	sigpending(&set);
	printf("write=%d errno=%d sighup=%d read=%d\n", result, error,
	       sigismember(&set, SIGHUP), (int)read(fd, &error, 1));
	return 0;
}

static void hangup(const char *device)
{
	int status;

	fflush(stdout);
	if (!must(fork(), "fork"))
		exit(session(device));
	wait(&status);
	if (status)
		exit(1);
}

/* Until its session is over; 0 for the end of the file, or the error. */
static int reader(int ready)
{
	char c;
	int n;

	must(write(ready, "r", 1), "pipe");
	n = read(fd, &c, 1);
	return n < 0 ? errno : n ? 255 : 0;
}

/* Returns what the reader saw. An alarm ends the wait for one that sleeps on. */
static int hang_up_reader(const char *device)
{
	int ends[2], status;
	pid_t pid;
	char c;

	fd = must(open(device, O_RDWR | O_NOCTTY), device);
	must(pipe(ends), "pipe");
	pid = must(fork(), "fork");
	if (!pid)
		_exit(reader(ends[1]));
	must(read(ends[0], &c, 1), "pipe");
	wait_asleep(pid);
	must(ioctl(fd, TIOCVHANGUP), "TIOCVHANGUP");
	alarm(60);
	must(waitpid(pid, &status, 0), "the reader sleeps on");
	alarm(0);
	close(fd);
	close(ends[0]);
	close(ends[1]);
	return WEXITSTATUS(status);
}

static void on_alarm(int unused)
{
}

static const char *opened;

static void readers(const char *times)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int end = 0, error = 0, other = 0;

	sigaction(SIGALRM, &action, NULL);
	close(fd);
	for (int i = atoi(times); i > 0; i--) {
		int saw = hang_up_reader(opened);

		end += saw == 0;
		error += saw == EIO;
		other += saw != 0 && saw != EIO;
	}
	printf("end=%d error=%d other=%d\n", end, error, other);
}

static void outq(const char *file)
{
	int queued, low = INT_MAX, high = INT_MIN, asked = 0;

	do {
		must(ioctl(fd, TIOCOUTQ, &queued), "TIOCOUTQ");
		low = queued < low ? queued : low;
		high = queued > high ? queued : high;
		asked++;
	} while (access(file, F_OK));
	printf("low=%d high=%d asked=%d\n", low, high, asked);
}

static const struct {
	const char *name;
	void (*run)(const char *argument);
} commands[] = {
	{ "get", get }, { "serial", serial }, { "readers", readers },
	{ "break", send_break }, { "fill", fill }, { "write", write_text },
	{ "room", room }, { "drain", drain }, { "setdrain", setdrain },
	{ "flush", flush }, { "hangup", hangup }, { "outq", outq },
};

int main(int argc, char **argv)
{
	const char *argument;

	for (unsigned int i = 0; argc > 2 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		/* Opened like this it never waits, and is nobody's terminal. */
		fd = must(open(argv[2], O_RDWR | O_NOCTTY | O_NONBLOCK), argv[2]);
		must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), "F_SETFL");
		opened = argv[2];
		argument = argc > 3 ? argv[3] : argv[2];
		commands[i].run(argument);
		return 0;
	}
	fprintf(stderr, "usage: %s COMMAND DEVICE [ARGUMENT]\n", argv[0]);
	return 2;
}
