// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events, ticks and life of a Xen console, over any struct xencons_ops. Its output is
 * in xencons_tx.c and xencons_text.c, its input in xencons_rx.c.
 *
 * Who notifies whom when is decided in three places: the transport's send (the
 * ring was empty), xencons_tx_event() (the backend has something left to take) and
 * xencons_tx_tick() (no progress since the last tick).
 */
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/tty.h>

#include "xencons.h"

/* The least that a queue can be. */
#define XENCONS_NO_TEXT		2U

static void xencons_wake_sent(struct xencons *xc)
{
	if (wq_has_sleeper(&xc->output.sent_wait))
		wake_up_interruptible(&xc->output.sent_wait);
}

/*
 * The backend took something. Who writes much is woken for half a queue at once and not for
 * each ring full, as on a serial line.
 */
static void xencons_wake_some(struct xencons *xc)
{
	xencons_wake_sent(xc);
	if (xencons_user_room(&xc->output) >= xc->output.user.size / 2)
		tty_port_tty_wakeup(&xc->tty.port);
}

/**
 * xencons_wake() - wake those who wait for room or for the backend
 * @xc: the console
 *
 * Context: process, softirq or hardirq, but never printk's, whose caller may hold any
 * lock.
 */
void xencons_wake(struct xencons *xc)
{
	xencons_wake_sent(xc);
	tty_port_tty_wakeup(&xc->tty.port);
}

/**
 * xencons_event() - the backend sent an event
 * @xc: the console
 *
 * Context: hardirq, one event at a time; or whatever a test likes.
 * Return: whether it brought input or progress; if not it was spurious.
 */
bool xencons_event(struct xencons *xc)
{
	struct xencons_wire_stats *stats = &xc->wire.stats;
	bool progress, input, useful;

	/* In this order: what the backend took makes room for the echo of input. */
	progress = xencons_tx_event(&xc->output);
	if (progress)
		xencons_wake_some(xc);
	input = xencons_rx_all(&xc->input, 0);
	useful = input || progress;

	stats->events++;
	stats->useless += !useful;
	return useful;
}

/**
 * xencons_writing() - is a write(2) under way?
 * @xc: the console
 *
 * Its processor may be with somebody else in the middle of it.
 *
 * Context: any but NMI.
 */
bool xencons_writing(struct xencons *xc)
{
	struct tty_struct *tty = tty_port_tty_get(&xc->tty.port);
	bool writing = tty && mutex_is_locked(&tty->atomic_write_lock);

	tty_kref_put(tty);
	return writing;
}

/* Where events could not be had at all, this is all there is. */
static void xencons_tick(struct timer_list *timer)
{
	struct xencons *xc = container_of(timer, struct xencons, wire.time.timer);

	xencons_tx_tick(&xc->output, xencons_writing(xc));
	xencons_wake(xc);
	xencons_rx_tick(&xc->input);
}

static void xencons_send_later(struct irq_work *work)
{
	struct xencons *xc =
		container_of(work, struct xencons, wire.time.send_work);

	xencons_send(&xc->output, xencons_writing(xc));
}

/**
 * xencons_stats() - copy the counters, none of them half changed
 * @xc: the console
 * @stats: the copy
 *
 * Context: process.
 */
void xencons_stats(struct xencons *xc, struct xencons_stats *stats)
{
	unsigned long flags;

	xencons_lock_both(xc, &flags);
	stats->wire = xc->wire.stats;
	stats->tx = xc->output.stats;
	stats->rx = xc->input.stats;
	xencons_unlock_both(xc, flags);
}

/**
 * xencons_resume() - go on, whatever the backend did until now
 * @xc: the console; if it is stopped it stays so
 * @events: does the transport deliver the backend's events?
 *
 * Context: process.
 */
void xencons_resume(struct xencons *xc, bool events)
{
	xencons_tx_resume(&xc->output,
			  events ? XENCONS_LIVE : XENCONS_TICKING);
	xencons_rx(&xc->input);
}

/**
 * xencons_start() - bring events and the timer to life
 * @xc: the console
 *
 * Context: process.
 * Return: 0 or what @ops->start says; the console then goes on without events, a
 * few times per second.
 */
int xencons_start(struct xencons *xc)
{
	unsigned long flags;
	int err = xc->wire.ops->start(&xc->wire);

	xencons_tx_lock(&xc->output, &flags);
	xc->wire.life = XENCONS_TICKING;
	xencons_tx_drop(&xc->output, flags);

	xencons_resume(xc, !err);
	return err;
}

/**
 * xencons_stop() - undo xencons_start(); also fine if that failed
 * @xc: the console
 *
 * Context: process.
 */
void xencons_stop(struct xencons *xc)
{
	unsigned long flags;
	bool events;

	xencons_tx_lock(&xc->output, &flags);
	events = xc->wire.life == XENCONS_LIVE;
	xc->wire.life = XENCONS_STILL;
	xencons_tx_drop(&xc->output, flags);

	if (events)
		xc->wire.ops->stop(&xc->wire);
	xencons_wire_rest(&xc->wire);
}

/**
 * xencons_init() - make a console that can take text
 * @xc: zeroed memory, part of the transport
 * @ops: the transport
 * @bufsz: bytes in each queue, a power of two
 *
 * Context: process, or console_initcall time.
 * Return: 0 or -ENOMEM.
 */
int xencons_init(struct xencons *xc, const struct xencons_ops *ops,
		 unsigned int bufsz)
{
	int err = xencons_tx_init(&xc->output, &xc->wire,
				  ops->raw ? XENCONS_NO_TEXT : bufsz, bufsz);

	if (err)
		return err;

	xencons_wire_init(&xc->wire, ops, xencons_tick, xencons_send_later);
	xencons_rx_init(&xc->input, &xc->output, &xc->tty.port);
	mutex_init(&xc->sink.device_mutex);
	xc->sink.last_seq = U64_MAX;
	tty_port_init(&xc->tty.port);
	return 0;
}

/**
 * xencons_uninit() - undo xencons_init()
 * @xc: the console, stopped, without tty and printk sink
 */
void xencons_uninit(struct xencons *xc)
{
	tty_port_destroy(&xc->tty.port);
	xencons_tx_uninit(&xc->output);
}

MODULE_DESCRIPTION("Xen paravirtual console");
MODULE_LICENSE("GPL");
