// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and state of each console: <debugfs>/xencons/<name>.
 */
#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "xencons.h"

/* The directory all consoles share: made by the first, removed by the last. */
static DEFINE_MUTEX(xencons_debugfs_lock);
static struct dentry *xencons_debugfs_root;
static unsigned int xencons_debugfs_users;

static void xencons_debugfs_counters(struct seq_file *m,
				     const struct xencons_stats *s)
{
	seq_printf(m, "tx_text %llu\n", s->tx.text);
	seq_printf(m, "tx_user %llu\n", s->tx.user);
	seq_printf(m, "tx_dropped %llu\n", s->tx.dropped);
	seq_printf(m, "tx_errors %llu\n", s->wire.tx_errors);
	seq_printf(m, "stalls %llu\n", s->tx.stalls);
	seq_printf(m, "rx %llu\n", s->rx.bytes);
	seq_printf(m, "rx_dropped %llu\n", s->rx.dropped);
	seq_printf(m, "sysrq %llu\n", s->rx.sysrq);
	seq_printf(m, "events %lu\n", s->wire.events);
	seq_printf(m, "useless %lu\n", s->wire.useless);
	seq_printf(m, "notifies %lu\n", s->wire.notifies);
	seq_printf(m, "illegal %lu\n", s->wire.illegal);
}

static int xencons_debugfs_show(struct seq_file *m, void *unused)
{
	struct xencons *xc = m->private;
	struct xencons_output *out = &xc->output;
	size_t text, user, in_flight;
	struct xencons_stats stats;
	unsigned long flags;

	xencons_stats(xc, &stats);
	xencons_tx_lock(out, &flags);
	text = xencons_txq_len(&out->text);
	user = xencons_txq_len(&out->user);
	in_flight = xencons_in_flight(out);
	xencons_tx_drop(out, flags);

	seq_printf(m, "transport %s\n", xc->wire.ops->name);
	seq_printf(m, "queued_text %zu\n", text);
	seq_printf(m, "queued_user %zu\n", user);
	seq_printf(m, "in_flight %zu\n", in_flight);
	seq_printf(m, "stalled %d\n", xencons_stalled(out));
	seq_printf(m, "throttled %d\n",
		   READ_ONCE(xc->input.intake) == XENCONS_INTAKE_THROTTLED);
	xencons_debugfs_counters(m, &stats);
	xc->wire.ops->show(&xc->wire, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(xencons_debugfs);

/**
 * xencons_debugfs_add() - show a console's counters
 * @xc: the console; its line gives the name
 *
 * Context: process.
 */
void xencons_debugfs_add(struct xencons *xc)
{
	char name[16];

	mutex_lock(&xencons_debugfs_lock);
	if (!xencons_debugfs_users++)
		xencons_debugfs_root = debugfs_create_dir("xencons", NULL);
	mutex_unlock(&xencons_debugfs_lock);
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
	mutex_lock(&xencons_debugfs_lock);
	if (!--xencons_debugfs_users)
		debugfs_remove(xencons_debugfs_root);
	mutex_unlock(&xencons_debugfs_lock);
}
