// SPDX-License-Identifier: GPL-2.0-only
/*
 * flood FIRST COUNT: writes numbered messages to /dev/kmsg and prints how long the
 * caller of printk was held up, and next to it how long a loop was held up that does
 * nothing for as long as a message takes: what the machine adds.
 *
 * Held up is the time of this thread only: what other threads do when they preempt
 * it is not printk's delay. A sleep would not show in that time, so the voluntary
 * context switches are printed as well.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define BUCKETS	24	/* the last one is for 4 s and more */
#define TOP	8

struct delays {
	const char *name;
	unsigned long histogram[BUCKETS], top[TOP], over_1ms;
};

static unsigned long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000UL + ts.tv_nsec / 1000;
}

static void count(struct delays *d, unsigned long us)
{
	int bucket = 0;

	while (us >> bucket && bucket < BUCKETS - 1)
		bucket++;
	d->histogram[bucket]++;
	d->over_1ms += us > 1000;

	for (int i = 0; i < TOP; i++) {
		if (us > d->top[i]) {
			memmove(&d->top[i + 1], &d->top[i], (TOP - 1 - i) * sizeof(*d->top));
			d->top[i] = us;
			return;
		}
	}
}

/* The usual time of a message: the middle of the histogram. */
static unsigned long usual(const struct delays *d, long messages)
{
	int bucket = 0;

	for (long seen = 0; bucket < BUCKETS - 1; bucket++) {
		seen += d->histogram[bucket];
		if (seen > messages / 2)
			break;
	}
	return (1UL << bucket) * 3 / 4;
}

static void do_nothing(struct delays *d, unsigned long us)
{
	unsigned long start = now(), end;

	do
		end = now();
	while (end - start < us);
	count(d, end - start);
}

static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

static void print(const struct delays *d)
{
	printf("%s_over_1ms %lu\n%s_top", d->name, d->over_1ms, d->name);
	for (int i = 0; i < TOP; i++)
		printf(" %lu", d->top[i]);
	printf("\n%s_histogram", d->name);
	for (int i = 0; i < BUCKETS; i++)
		if (d->histogram[i])
			printf(" <%uus:%lu", 1U << i, d->histogram[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct delays printk = { "printk" }, nothing = { "nothing" };
	int kmsg = open("/dev/kmsg", O_WRONLY);
	long first = argc > 1 ? atol(argv[1]) : 0;
	long last = argc > 2 ? first + atol(argv[2]) : 0;
	char line[128];
	long slept;

	if (kmsg < 0 || last <= first)
		return 2;
	slept = sleeps();
	for (long i = first; i < last; i++) {
		int len = snprintf(line, sizeof(line),
				   "<4>flood %06ld which everybody on the console has to read, line for line", i);
		unsigned long start = now();

		if (write(kmsg, line, len) != len) {
			perror("/dev/kmsg");
			return 1;
		}
		count(&printk, now() - start);
		do_nothing(&nothing, usual(&printk, i - first + 1));
	}
	printf("sleeps %ld\n", sleeps() - slept);
	print(&printk);
	print(&nothing);
	return 0;
}
