// SPDX-License-Identifier: GPL-2.0-only
/*
 * records COUNT MARK: writes messages of 80 bytes to /dev/kmsg as fast as it can, each of
 * them a line, as printk keeps back what may go on. The last one ends in MARK. Prints
 * when it began and ended, in microseconds of the clock all domains share, and the
 * longest single message: the time of this thread only, as what preempts it is not
 * printk's delay.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEVEL	3	/* bytes of it */
#define SIZE	80

static long long now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc == 3 ? atol(argv[1]) : 0;
	const size_t mark = argc == 3 ? strlen(argv[2]) : 0;
	int kmsg = open("/dev/kmsg", O_WRONLY);
	long long start, before, took, worst = 0;
	char record[LEVEL + SIZE + 1];

	if (kmsg < 0 || count <= 0 || mark > SIZE / 2)
		return 2;
	memset(record, '.', LEVEL + SIZE);
	record[LEVEL + SIZE] = '\n';
	start = now(CLOCK_REALTIME);
	for (long n = 1; n <= count; n++) {
		record[snprintf(record, sizeof(record), "<4>record %06ld", n)] = ' ';
		if (n == count)
			memcpy(record + LEVEL + SIZE - mark, argv[2], mark);
		before = now(CLOCK_THREAD_CPUTIME_ID);
		if (write(kmsg, record, sizeof(record)) != sizeof(record)) {
			perror("/dev/kmsg");
			return 1;
		}
		took = now(CLOCK_THREAD_CPUTIME_ID) - before;
		if (took > worst)
			worst = took;
	}
	printf("start %lld\nend %lld\nworst %lld\n", start / 1000,
	       now(CLOCK_REALTIME) / 1000, worst / 1000);
	return 0;
}
