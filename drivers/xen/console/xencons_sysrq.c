// SPDX-License-Identifier: GPL-2.0-only
/*
 * ^O on the console's input: ^O and the key of a command make a SysRq, as they have
 * done since the first Xen console of 2006. ^O ^O is one ^O for the program that reads,
 * and what is no command is for it too.
 */
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/types.h>

#include "xencons_sysrq.h"

/* What kernel.sysrq is where all commands are allowed. */
#define XENCONS_SYSRQ_ALL	1

/**
 * struct xencons_sysrq_group - commands that are allowed together
 * @keys: their keys
 * @mask: the bits of kernel.sysrq that allow them, any of these
 */
struct xencons_sysrq_group {
	const char *keys;
	int mask;
};

/*
 * As in Documentation/admin-guide/sysrq.rst: what is registered is nobody's business but
 * the kernel's. A command that this kernel was built without prints the help.
 */
static const struct xencons_sysrq_group xencons_sysrq_groups[] = {
	{ "0123456789", 0x2 },
	{ "kr", 0x4 },
	{ "clmptwyzR", 0x8 },
	{ "s", 0x10 },
	{ "u", 0x20 },
	{ "efij", 0x40 },
	{ "bo", 0x80 },
	{ "nDS", 0x100 },
	{ "dgqv", 0 },
	{ "h", ~XENCONS_SYSRQ_ALL },
};

/* Is this the key of a command that @mask allows? */
static bool xencons_sysrq_command(u8 ch, int mask)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(xencons_sysrq_groups); i++) {
		const struct xencons_sysrq_group *group = &xencons_sysrq_groups[i];

		if (ch && strchr(group->keys, ch))
			return mask == XENCONS_SYSRQ_ALL || mask & group->mask;
	}
	return false;
}

/**
 * xencons_sysrq_filter() - judge the next byte of input
 * @s: state of this console
 * @ch: the byte
 * @mask: kernel.sysrq
 * @now: time, free running
 *
 * Pure: the caller serialises, delivers and fires, and asks xencons_sysrq_late() first.
 *
 * Return: what to do with the byte.
 */
enum xencons_sysrq_verdict xencons_sysrq_filter(struct xencons_sysrq *s, u8 ch,
						int mask, unsigned long now)
{
	bool intro = mask && ch == XENCONS_SYSRQ_INTRO;

	if (!s->held) {
		s->held = intro;
		s->since = now;
		return intro ? XENCONS_SYSRQ_HOLD : XENCONS_SYSRQ_PASS;
	}

	s->held = false;
	if (xencons_sysrq_command(ch, mask))
		return XENCONS_SYSRQ_KEY;
	return intro ? XENCONS_SYSRQ_PASS : XENCONS_SYSRQ_BOTH;
}

/**
 * xencons_sysrq_late() - has a ^O been kept back too long for a key to come?
 * @s: state of this console
 * @now: time, free running; only differences are looked at
 * @window: how long a ^O waits for its key, in the unit of @now
 *
 * The caller delivers it then and clears @s->held.
 */
bool xencons_sysrq_late(const struct xencons_sysrq *s, unsigned long now,
			unsigned long window)
{
	return s->held && now - s->since >= window;
}
