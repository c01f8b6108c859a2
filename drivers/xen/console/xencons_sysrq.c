// SPDX-License-Identifier: GPL-2.0-only
/*
 * ^O on the console's input: ^O and a key make a SysRq, as they have done since
 * the first Xen console of 2006. ^O ^O is one ^O for the program that reads.
 */
#include <linux/types.h>

#include "xencons_sysrq.h"

/**
 * xencons_sysrq_filter() - judge the next byte of input
 * @s: state of this console
 * @ch: the byte
 * @now: time, free running; only differences are looked at
 * @window: how long a ^O waits for its key, in the unit of @now
 *
 * Pure: the caller serialises, delivers and fires.
 *
 * Return: what to do with the byte.
 */
enum xencons_sysrq_verdict xencons_sysrq_filter(struct xencons_sysrq *s, u8 ch,
						unsigned long now,
						unsigned long window)
{
	bool intro = ch == XENCONS_SYSRQ_INTRO;
	bool late;

	if (!s->held) {
		s->held = intro;
		s->since = now;
		return intro ? XENCONS_SYSRQ_HOLD : XENCONS_SYSRQ_PASS;
	}

	late = now - s->since >= window;
	if (late && intro) {
		s->since = now;
		return XENCONS_SYSRQ_LATE_HOLD;
	}

	s->held = false;
	if (late)
		return XENCONS_SYSRQ_LATE;
	return intro ? XENCONS_SYSRQ_PASS : XENCONS_SYSRQ_KEY;
}
