/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __XENCONS_SYSRQ_H
#define __XENCONS_SYSRQ_H

#include <linux/types.h>

/**
 * enum xencons_sysrq_verdict - what to do with a byte of input
 * @XENCONS_SYSRQ_PASS: deliver it
 * @XENCONS_SYSRQ_HOLD: ^O, keep it back until the next byte decides
 * @XENCONS_SYSRQ_KEY: it is a SysRq key; the ^O before it is used up
 * @XENCONS_SYSRQ_BOTH: it is none: deliver the ^O kept back, then this byte
 */
enum xencons_sysrq_verdict {
	XENCONS_SYSRQ_PASS,
	XENCONS_SYSRQ_HOLD,
	XENCONS_SYSRQ_KEY,
	XENCONS_SYSRQ_BOTH,
};

/* The byte that announces a SysRq key. */
#define XENCONS_SYSRQ_INTRO	0x0f

/**
 * struct xencons_sysrq - state of the ^O filter of one console
 * @held: a ^O is kept back
 * @since: when it came, in the caller's unit of time
 */
struct xencons_sysrq {
	bool held;
	unsigned long since;
};

enum xencons_sysrq_verdict xencons_sysrq_filter(struct xencons_sysrq *s, u8 ch,
						int mask, unsigned long now);
bool xencons_sysrq_late(const struct xencons_sysrq *s, unsigned long now,
			unsigned long window);

#endif /* __XENCONS_SYSRQ_H */
