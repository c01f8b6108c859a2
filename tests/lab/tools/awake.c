// SPDX-License-Identifier: GPL-2.0-only
/*
 * awake: keeps a processor from going idle until it is killed, and gives way to whoever
 * wants to run.
 */
#define _GNU_SOURCE
#include <sched.h>

int main(void)
{
	struct sched_param none = { 0 };

	if (sched_setscheduler(0, SCHED_IDLE, &none))
		return 1;
	for (;;)
		;
}
