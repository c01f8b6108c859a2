// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost FILE COMMAND...: runs a command and writes to FILE when it began and ended, in
 * microseconds of the clock all domains share, and the ticks that this domain's
 * processors spent in the kernel meanwhile.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* System calls, and interrupts of both kinds. */
static long ticks(void)
{
	long system = 0, irq = 0, softirq = 0;
	FILE *stat = fopen("/proc/stat", "r");

	if (!stat || fscanf(stat, "cpu %*d %*d %ld %*d %*d %ld %ld", &system, &irq, &softirq) != 3)
		perror("/proc/stat");
	if (stat)
		fclose(stat);
	return system + irq + softirq;
}

int main(int argc, char **argv)
{
	FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
	long before = ticks();
	long long start = now();
	pid_t child;
	int status;

	if (!out)
		return 2;
	child = fork();
	if (!child) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		return 1;
	fprintf(out, "start %lld\nend %lld\nticks %ld\n", start, now(), ticks() - before);
	return fclose(out) != 0;
}
