// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and state of each console: <debugfs>/xencons/<name>.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "xencons.h"

/* The directory all consoles share: made by the first, removed by the last. */
static struct dentry *xencons_debugfs_root;
static unsigned int xencons_debugfs_users;

static void xencons_debugfs_counters(struct seq_file *m,
				     const struct xencons_stats *s)
{
	seq_printf(m, "tx_text %llu\n", s->tx_text);
	seq_printf(m, "tx_user %llu\n", s->tx_user);
	seq_printf(m, "tx_dropped %llu\n", s->tx_dropped);
	seq_printf(m, "tx_errors %llu\n", s->tx_errors);
	seq_printf(m, "stalls %llu\n", s->stalls);
	seq_printf(m, "rx %llu\n", s->rx);
	seq_printf(m, "rx_dropped %llu\n", s->rx_dropped);
	seq_printf(m, "sysrq %llu\n", s->sysrq);
	seq_printf(m, "events %lu\n", s->events);
	seq_printf(m, "useless %lu\n", s->useless);
	seq_printf(m, "notifies %lu\n", s->notifies);
	seq_printf(m, "illegal %lu\n", s->illegal);
}

static int xencons_debugfs_show(struct seq_file *m, void *unused)
{
	struct xencons *xc = m->private;
	size_t text, user, in_flight;
	struct xencons_stats stats;
	unsigned long flags;

	xencons_stats(xc, &stats);
	xencons_tx_lock(xc, &flags);
	text = xencons_txq_len(&xc->text);
	user = xencons_txq_len(&xc->user);
	in_flight = xc->ops->in_flight(xc);
	xencons_tx_drop(xc, flags);

	seq_printf(m, "transport %s\n", xc->ops->name);
	seq_printf(m, "queued_text %zu\n", text);
	seq_printf(m, "queued_user %zu\n", user);
	seq_printf(m, "in_flight %zu\n", in_flight);
	seq_printf(m, "stalled %d\n", READ_ONCE(xc->stalled));
	seq_printf(m, "throttled %d\n", READ_ONCE(xc->throttled));
	xencons_debugfs_counters(m, &stats);
	xc->ops->show(xc, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(xencons_debugfs);

/**
 * xencons_debugfs_add() - show a console's counters
 * @xc: the console; its line gives the name
 *
 * Context: process. The caller serialises with xencons_debugfs_remove().
 */
void xencons_debugfs_add(struct xencons *xc)
{
	char name[16];

	if (!xencons_debugfs_users++)
		xencons_debugfs_root = debugfs_create_dir("xencons", NULL);
	snprintf(name, sizeof(name), "%s%u", xc->line.name, xc->line.num);
	xc->debugfs = debugfs_create_file(name, 0444, xencons_debugfs_root, xc,
					  &xencons_debugfs_fops);
}

/**
 * xencons_debugfs_remove() - undo xencons_debugfs_add(); fine without it
 * @xc: the console
 */
void xencons_debugfs_remove(struct xencons *xc)
{
	if (!xc->debugfs)
		return;
	debugfs_remove(xc->debugfs);
	xc->debugfs = NULL;
	if (!--xencons_debugfs_users)
		debugfs_remove(xencons_debugfs_root);
}
