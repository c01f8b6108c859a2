// SPDX-License-Identifier: GPL-2.0-only
/*
 * logwatch MARK FILE...: waits until each of the files has grown by something that ends in
 * a line that ends in MARK; prints the bytes it grew by, and when, in microseconds of the clock
 * all domains share.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_US	5000
#define FILES		16

struct log {
	int file;
	off_t from, size;
};

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static off_t size(int file)
{
	struct stat st;

	return fstat(file, &st) ? 0 : st.st_size;
}

/* The end of what is new, up to the end of a line. */
static int complete(struct log *log, const char *mark)
{
	char tail[256];
	off_t start = size(log->file);
	char *place;
	ssize_t n;

	if (start == log->size)
		return 0;
	log->size = start;
	start -= sizeof(tail) - 1;
	if (start < log->from)
		start = log->from;
	n = pread(log->file, tail, sizeof(tail) - 1, start);
	tail[n > 0 ? n : 0] = 0;
	place = strstr(tail, mark);
	return place && strchr(place, '\n');
}

int main(int argc, char **argv)
{
	struct log logs[FILES];
	int count = argc - 2, left = count;

	if (count < 1 || count > FILES)
		return 2;
	for (int i = 0; i < count; i++) {
		logs[i].file = open(argv[i + 2], O_RDONLY);
		if (logs[i].file < 0) {
			perror(argv[i + 2]);
			return 1;
		}
		logs[i].from = size(logs[i].file);
		logs[i].size = logs[i].from;
	}
	printf("watching\n");
	fflush(stdout);
	while (left) {
		usleep(PERIOD_US);
		for (int i = 0; i < count; i++) {
			if (logs[i].file < 0 || !complete(&logs[i], argv[1]))
				continue;
			printf("%d %ld %lld\n", i, (long)(logs[i].size - logs[i].from), now());
			close(logs[i].file);
			logs[i].file = -1;
			left--;
		}
	}
	return 0;
}
