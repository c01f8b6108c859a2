// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes at any times against the ^O filter, and against a slower idea of it:
 * keep the pair that is not decided yet, decide when the second byte is there.
 */
#include <assert.h>
#include <stdlib.h>

#include "xencons_sysrq.h"

#define WINDOW	100UL

/* What the second byte of a pair that begins with ^O must bring. */
static enum xencons_sysrq_verdict pair(bool late, bool intro)
{
	if (late)
		return intro ? XENCONS_SYSRQ_LATE_HOLD : XENCONS_SYSRQ_LATE;
	return intro ? XENCONS_SYSRQ_PASS : XENCONS_SYSRQ_KEY;
}

static enum xencons_sysrq_verdict single(bool intro)
{
	return intro ? XENCONS_SYSRQ_HOLD : XENCONS_SYSRQ_PASS;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct xencons_sysrq s = {};
	enum xencons_sysrq_verdict got, want;
	unsigned long age = 0, now = size ? -(unsigned long)data[0] : 0;
	bool open = false;

	for (; size >= 2; size -= 2, data += 2) {
		bool intro = data[0] % 4 == 0;
		u8 ch = intro ? XENCONS_SYSRQ_INTRO : data[0] | 0x80;

		now += data[1];
		age += data[1];
		got = xencons_sysrq_filter(&s, ch, now, WINDOW);
		want = open ? pair(age >= WINDOW, intro) : single(intro);
		assert(got == want);
		open = got == XENCONS_SYSRQ_HOLD ||
		       got == XENCONS_SYSRQ_LATE_HOLD;
		if (open)
			age = 0;
	}
	return 0;
}
