// SPDX-License-Identifier: GPL-2.0-only
/*
 * at SECONDS: sleeps until then, on the clock that all domains share.
 */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec then = { .tv_sec = argc == 2 ? atoll(argv[1]) : 0 };

	return clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &then, NULL);
}
