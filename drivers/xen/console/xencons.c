// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events, time and life of a Xen console, over any struct xencons_ops. Its output is
 * in xencons_tx.c and xencons_text.c, its input in xencons_rx.c.
 *
 * Who notifies whom when is decided in three places: the transport's send (the
 * ring was empty), xencons_event() (the backend has something left to take) and the
 * timer (no progress since the last tick).
 */
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/tty.h>

#include "xencons.h"

/**
 * xencons_want_tick() - make sure that the timer runs
 * @xc: the console
 *
 * printk's caller may hold a timer base's lock, so the timer starts elsewhere.
 *
 * Context: any.
 */
void xencons_want_tick(struct xencons *xc)
{
	if (READ_ONCE(xc->started) && !timer_pending(&xc->timer))
		irq_work_queue(&xc->timer_work);
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
	/* In this order: what the backend took makes room for the echo of input. */
	bool progress = xencons_tx_event(xc);
	bool input = xencons_rx_event(xc);
	bool useful = xencons_rx_held(xc, input) || input || progress;

	xc->stats.events++;
	xc->stats.useless += !useful;
	return useful;
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
	unsigned long flags, rx_flags;

	/* PREEMPT_RT leaves interrupts on under rx_lock. */
	spin_lock_irqsave(&xc->rx_lock, rx_flags);
	xencons_tx_lock(xc, &flags);
	*stats = xc->stats;
	xencons_tx_drop(xc, flags);
	spin_unlock_irqrestore(&xc->rx_lock, rx_flags);
}

/*
 * Some backends never send an event for output, and an event can get lost: while
 * data waits, look now and then. A backend that moved on its own is left alone.
 * Where something waited at the last tick and nothing was taken since, the backend is
 * stalled: a tick is more than the 200 ms for which xenconsoled leaves a console alone.
 */
static void xencons_tick_judge(struct xencons *xc)
{
	bool busy = xencons_tx_waits(xc);
	bool moved = xc->taken != xc->timer_taken;

	if (!moved && xc->ops->in_flight(xc))
		xc->tx_kick = true;
	if (!moved && busy && xc->timer_busy && !xc->stalled) {
		xc->stats.stalls++;
		xc->stalled = XENCONS_STALLED;
	}
	xc->timer_taken = xc->taken;
	xc->timer_busy = busy;
}

/* Where events could not be had at all, this is all there is. */
static void xencons_tick(struct timer_list *timer)
{
	struct xencons *xc = container_of(timer, struct xencons, timer);
	bool writing = xencons_tty_writing(xc);
	unsigned long flags;

	xencons_tx_lock(xc, &flags);
	if (!writing)
		xc->user_held = 0;
	xencons_tx_progress(xc);
	xc->mute = xc->taken != xc->event_taken;
	xencons_tx_drain(xc);
	xencons_tick_judge(xc);
	xencons_tx_unlock(xc, flags);

	xencons_tx_wake(xc);
	xencons_rx_tick(xc);
}

static void xencons_start_timer(struct irq_work *work)
{
	struct xencons *xc = container_of(work, struct xencons, timer_work);

	if (READ_ONCE(xc->started))
		mod_timer(&xc->timer, jiffies + XENCONS_TICK);
}

static void xencons_send_later(struct irq_work *work)
{
	struct xencons *xc = container_of(work, struct xencons, send_work);

	xencons_send_unflushed(xc, xencons_tty_writing(xc));
}

/**
 * xencons_resume() - go on, whatever the backend did until now
 * @xc: the console, started
 * @events: does the transport deliver the backend's events?
 *
 * Context: process.
 */
void xencons_resume(struct xencons *xc, bool events)
{
	unsigned long flags;

	xencons_tx_lock(xc, &flags);
	xc->events_on = events;
	/* It gets its time anew. */
	xc->timer_busy = false;
	xencons_tx_drain(xc);
	/* Nobody saw the events the backend sent. */
	xc->tx_kick = xc->ops->in_flight(xc);
	xencons_tx_unlock(xc, flags);

	xencons_rx(xc);
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
	int err = xc->ops->start(xc);

	xencons_tx_lock(xc, &flags);
	xc->started = true;
	xencons_tx_drop(xc, flags);

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
	bool on;

	xencons_tx_lock(xc, &flags);
	on = xc->events_on;
	xc->events_on = false;
	xc->started = false;
	xencons_tx_drop(xc, flags);

	if (on)
		xc->ops->stop(xc);

	/* A last tick may queue both works once more, and the one start the timer. */
	timer_delete_sync(&xc->timer);
	irq_work_sync(&xc->timer_work);
	timer_delete_sync(&xc->timer);
	irq_work_sync(&xc->send_work);
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
	int err;

	err = xencons_txq_init(&xc->text, bufsz);
	if (err)
		return err;
	err = xencons_txq_init(&xc->user, bufsz);
	if (err) {
		xencons_txq_free(&xc->text);
		return err;
	}

	xc->ops = ops;
	xc->xchar = -1;
	xc->last_seq = U64_MAX;
	raw_spin_lock_init(&xc->tx_lock);
	spin_lock_init(&xc->rx_lock);
	mutex_init(&xc->device_mutex);
	timer_setup(&xc->timer, xencons_tick, 0);
	init_irq_work(&xc->timer_work, xencons_start_timer);
	xc->send_work = IRQ_WORK_INIT_LAZY(xencons_send_later);
	init_waitqueue_head(&xc->sent_wait);
	tty_port_init(&xc->port);
	return 0;
}

/**
 * xencons_uninit() - undo xencons_init()
 * @xc: the console, stopped, without tty and printk sink
 */
void xencons_uninit(struct xencons *xc)
{
	tty_port_destroy(&xc->port);
	xencons_txq_free(&xc->user);
	xencons_txq_free(&xc->text);
}

MODULE_DESCRIPTION("Xen paravirtual console");
MODULE_LICENSE("GPL");
