// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes at any times, under any mask, against the ^O filter, and against a slower
 * idea of it: keep the pair that is not decided yet, decide when the second byte is there.
 */
#include <assert.h>
#include <stdlib.h>

#include "xencons_sysrq.h"

#define WINDOW	100UL

/* Reboot, a log level, registers and help, with and without their bits; the rest is none. */
static bool command(u8 ch, int mask)
{
	switch (ch) {
	case 'b':
		return mask == 1 || mask & 0x80;
	case '7':
		return mask == 1 || mask & 2;
	case 'p':
		return mask == 1 || mask & 8;
	case 'h':
		return mask;
	default:
		return false;
	}
}

/* What the second byte of a pair that begins with ^O must bring. */
static enum xencons_sysrq_verdict pair(u8 ch, int mask)
{
	if (command(ch, mask))
		return XENCONS_SYSRQ_KEY;
	return mask && ch == XENCONS_SYSRQ_INTRO ? XENCONS_SYSRQ_PASS :
						   XENCONS_SYSRQ_BOTH;
}

static enum xencons_sysrq_verdict single(u8 ch, int mask)
{
	return mask && ch == XENCONS_SYSRQ_INTRO ? XENCONS_SYSRQ_HOLD :
						   XENCONS_SYSRQ_PASS;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u8 known[] = { XENCONS_SYSRQ_INTRO, XENCONS_SYSRQ_INTRO, 'b', '7', 'p', 'h' };
	unsigned long age = 0, now = size ? -(unsigned long)data[0] : 0;
	enum xencons_sysrq_verdict got, want;
	struct xencons_sysrq s = {};
	bool open = false;

	for (; size >= 3; size -= 3, data += 3) {
		u8 ch = data[0] < 0x80 ? known[data[0] % sizeof(known)] : data[0];
		int mask = data[2] & 1 ? 1 : data[2];

		now += data[1];
		age += data[1];
		assert(xencons_sysrq_late(&s, now, WINDOW) == (open && age >= WINDOW));
		if (open && age >= WINDOW)
			open = s.held = false;
		got = xencons_sysrq_filter(&s, ch, mask, now);
		want = open ? pair(ch, mask) : single(ch, mask);
		assert(got == want);
		open = got == XENCONS_SYSRQ_HOLD;
		if (open)
			age = 0;
	}
	return 0;
}
