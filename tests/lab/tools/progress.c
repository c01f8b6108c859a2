// SPDX-License-Identifier: GPL-2.0-only
/*
 * progress SECONDS PAUSE: wants all of the processor for so long, and prints how many
 * microseconds it got. Somebody else writes a message to /dev/kmsg after each PAUSE
 * microseconds meanwhile.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void talk(int pause)
{
	static const char message[] = "<4>somebody has a lot to say, all of it for the console\n";
	int kmsg = open("/dev/kmsg", O_WRONLY);

	while (write(kmsg, message, sizeof(message) - 1) > 0)
		usleep(pause);
	_exit(1);
}

int main(int argc, char **argv)
{
	long long end, start = now(CLOCK_PROCESS_CPUTIME_ID);
	pid_t talker;

	if (argc != 3)
		return 2;
	end = now(CLOCK_MONOTONIC) + atoll(argv[1]) * 1000000;
	talker = fork();
	if (!talker)
		talk(atoi(argv[2]));
	while (now(CLOCK_MONOTONIC) < end)
		;
	kill(talker, SIGKILL);
	printf("got %lld\n", now(CLOCK_PROCESS_CPUTIME_ID) - start);
	return 0;
}
