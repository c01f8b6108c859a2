// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel text: what printk brings, in any context, and the last words of a machine.
 *
 * Two ways lead into the queue. Where printk keeps what does not fit, a record goes in
 * whole or not at all, see xencons_put_text(). Where it does not, its caller waits for
 * room for the rest, see xencons_write_text(). Both wait for the backend as long as it
 * moves, not longer.
 */
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "xencons.h"

/*
 * A backend that takes nothing for this long is stalled. xenconsoled may leave a
 * busy console alone for 200 ms, so it must be longer than that.
 */
#define XENCONS_STALL_US	250000U

/* How long the last words of a machine wait for each step of progress. */
#define XENCONS_FLUSH_US	2000000U

/*
 * And how long at most, with a backend that moves a byte now and then. One that works
 * makes room for any record within its 200 ms.
 */
#define XENCONS_STALL_MAX_US	(4 * XENCONS_STALL_US)
#define XENCONS_FLUSH_MAX_US	(15 * XENCONS_FLUSH_US)

/*
 * How long an oops waits for a lock before it goes on without: longer than a hypervisor
 * takes a processor away from the holder. And how long once that was in vain.
 */
#define XENCONS_LOCK_US		250000U
#define XENCONS_LOCK_AGAIN_US	1000U

/* How often a context that may not wait tries: the holder copies a few KiB at most. */
#define XENCONS_TRY_SPINS	1000U

/**
 * xencons_may_wait() - is this the time to wait for the backend in any context?
 * @xc: the console
 *
 * In an oops, a panic, a debugger, and while the machine goes down nobody may come
 * later and print for us.
 *
 * Context: any.
 * Return: whether it is.
 */
bool xencons_may_wait(struct xencons *xc)
{
	return xencons_alone() || READ_ONCE(xc->last_words) ||
	       (system_state >= SYSTEM_HALT && system_state <= SYSTEM_RESTART);
}

/* sparse does not see that the lock is taken: the caller tells it. */
static bool xencons_text_trylock(struct xencons *xc, unsigned long *flags,
				 unsigned int spins)
{
	while (READ_ONCE(xc->tx_held) ||
	       !raw_spin_trylock_irqsave(&xc->tx_lock, *flags)) {
		if (!spins--)
			return false;
		cpu_relax();
	}
	xc->tx_held = true;
	__release(&xc->tx_lock);
	return true;
}

/* The same for @us microseconds: the holder may need this processor to go on. */
static bool xencons_text_await_lock(struct xencons *xc, unsigned long *flags,
				    unsigned int us)
{
	unsigned int waited = 0;

	while (!xencons_text_trylock(xc, flags, 0)) {
		if (waited >= us)
			return false;
		waited += xc->ops->wait(xc);
	}
	return true;
}

/**
 * xencons_text_lock() - printk's way to tx_lock
 * @xc: the console
 * @flags: where to keep the interrupt state
 *
 * In an oops, or a debugger, the holder may be a CPU that was stopped, or this one:
 * after XENCONS_LOCK_US go on without the lock, and sooner the next time. If the holder
 * was only slow, text is sent twice or cut, and queue and transport may have to find their
 * indices again.
 *
 * Context: any; in NMI only if xencons_alone().
 * Return: whether the lock is held; xencons_text_unlock() wants to know.
 */
bool xencons_text_lock(struct xencons *xc, unsigned long *flags)
	__acquires(&xc->tx_lock)
{
	if (!xencons_alone()) {
		xencons_tx_lock(xc, flags);
		return true;
	}
	if (xencons_text_await_lock(xc, flags, xc->lock_lost ?
				    XENCONS_LOCK_AGAIN_US : XENCONS_LOCK_US)) {
		__acquire(&xc->tx_lock);
		return true;
	}
	xc->lock_lost = true;
	__acquire(&xc->tx_lock);
	return false;
}

/* Undo xencons_text_lock(); returns whether the backend must be notified. */
static bool xencons_text_release(struct xencons *xc, bool locked,
				 unsigned long flags)
	__releases(&xc->tx_lock)
{
	if (locked)
		return xencons_tx_release(xc, flags);
	__release(&xc->tx_lock);
	return true;
}

/**
 * xencons_text_unlock() - undo xencons_text_lock() and notify the backend
 * @xc: the console
 * @locked: what that said
 * @flags: the interrupt state
 */
void xencons_text_unlock(struct xencons *xc, bool locked, unsigned long flags)
	__releases(&xc->tx_lock)
{
	if (xencons_text_release(xc, locked, flags))
		xc->ops->notify(xc);
}

static const struct xencons_patience xencons_patience_stall = {
	.step = XENCONS_STALL_US, .max = XENCONS_STALL_MAX_US,
};

static const struct xencons_patience xencons_patience_flush = {
	.step = XENCONS_FLUSH_US, .max = XENCONS_FLUSH_MAX_US,
};

static void xencons_patience_wait(struct xencons_patience *p, struct xencons *xc)
{
	unsigned int us = xc->ops->wait(xc);

	p->waited += us;
	p->total += us;
}

static bool xencons_patience_progress(struct xencons_patience *p,
				      struct xencons *xc)
{
	xencons_tx_progress(xc);
	if (xc->taken == p->taken)
		return false;
	p->taken = xc->taken;
	p->waited = 0;
	return true;
}

static bool xencons_patience_ends(const struct xencons_patience *p)
{
	return p->waited >= p->step || p->total >= p->max;
}

/* Nobody may be able to hear the backend's event: notify on every step of it. */
static void xencons_patience_kick(const struct xencons_patience *p,
				  struct xencons *xc, bool progress)
{
	if (progress || !p->total)
		xc->tx_kick = xc->ops->in_flight(xc);
}

/**
 * xencons_patience() - how long to wait for the backend as things are
 * @xc: the console
 *
 * Return: the patience, unused.
 */
struct xencons_patience xencons_patience(struct xencons *xc)
{
	return xencons_may_wait(xc) ? xencons_patience_flush :
				      xencons_patience_stall;
}

/* Nothing fits while a loss before it could not be reported yet. */
static bool xencons_text_fits(struct xencons *xc, const char *text, size_t len)
{
	return !xc->lost && xencons_txq_text_fits(&xc->text, text, len);
}

/*
 * Queue what there is room for and send it, but not past an unreported loss. Returns
 * the bytes taken.
 */
static size_t xencons_text_put(struct xencons *xc, const char *text, size_t len)
{
	size_t before, n = 0;

	xencons_tx_drain(xc);
	before = xencons_txq_len(&xc->text);
	if (!xc->lost)
		n = xencons_txq_put_text(&xc->text, text, len);
	xc->stats.tx_text += xencons_txq_len(&xc->text) - before;
	xencons_tx_drain(xc);
	return n;
}

/*
 * A timer and events take queued text further; without them, or when they may never
 * come again, only text in the transport is safe.
 */
static bool xencons_text_safe(struct xencons *xc)
{
	return !xencons_txq_len(&xc->text) ||
	       (xc->started && !xencons_may_wait(xc));
}

/* The backend is dead for now: do not wait again, but once more for the last words. */
static void xencons_text_stall(struct xencons *xc)
{
	xc->stats.stalls += !xc->stalled;
	xc->stalled = xencons_may_wait(xc) ? XENCONS_DEAD : XENCONS_STALLED;
}

static bool xencons_text_gives_up(struct xencons *xc,
				  const struct xencons_patience *p)
{
	return xencons_patience_ends(p) || xc->stalled == XENCONS_DEAD ||
	       (xc->stalled && !xencons_may_wait(xc));
}

/*
 * One turn of xencons_write_text(), under the lock. Advances the text; returns
 * whether there is still something to wait for.
 */
static bool xencons_text_turn(struct xencons *xc, const char **text,
			      size_t *len, struct xencons_patience *p)
{
	bool progress = xencons_patience_progress(p, xc);
	size_t n = xencons_text_put(xc, *text, *len);

	*text += n;
	*len -= n;
	/* What goes in pieces is not left half sent. */
	if (!*len && xencons_text_safe(xc) &&
	    !(xc->tx_again && xencons_txq_len(&xc->text)))
		return false;

	if (xencons_text_gives_up(xc, p)) {
		xencons_text_stall(xc);
		xc->lost += *len;
		xc->stats.tx_dropped += *len;
		return false;
	}
	xencons_patience_kick(p, xc, progress);
	return true;
}

/**
 * xencons_write_text() - send kernel text, and wait for room
 * @xc: the console
 * @text: the text; line feeds become CR LF
 * @len: how many bytes
 *
 * Waits for room as long as the backend makes progress, and at most
 * XENCONS_STALL_MAX_US. Without progress for XENCONS_STALL_US, the rest is dropped
 * and counted, and so is, without waiting, all that does not fit until the backend
 * moves again. Then one line in the text says how much is missing.
 *
 * Before xencons_start() it also waits until the text is in the transport, and so it
 * does when xencons_may_wait(), with the patience of xencons_flush().
 *
 * Context: any in which printk calls consoles.
 */
void xencons_write_text(struct xencons *xc, const char *text, size_t len)
{
	struct xencons_patience p = xencons_patience(xc);
	unsigned long flags = 0;
	bool locked, wait;

	for (;;) {
		locked = xencons_text_lock(xc, &flags);
		wait = xencons_text_turn(xc, &text, &len, &p);
		xencons_text_unlock(xc, locked, flags);
		if (!wait)
			break;
		xencons_patience_wait(&p, xc);
	}
}

/*
 * Whoever logs something in an emergency may be interrupted, or trapped, with the lock in
 * its hand: only try. sparse does not see that the lock is taken: the caller tells it.
 */
static bool xencons_text_enter(struct xencons *xc, unsigned long *flags,
			       bool *locked)
{
	*locked = true;
	if (!xencons_alone())
		return xencons_text_trylock(xc, flags, XENCONS_TRY_SPINS);
	*locked = xencons_text_lock(xc, flags);
	__release(&xc->tx_lock);
	return true;
}

/**
 * xencons_put_text() - send kernel text whole and at once, or not at all
 * @xc: the console
 * @text: the text; line feeds become CR LF
 * @len: how many bytes
 * @kick: set if the caller must notify the backend (@ops->notify), once that may take
 *	its time; else left alone
 *
 * Context: any, NMI included. Waits for nothing but, in an oops, for the lock.
 * Return: whether it was taken.
 */
bool xencons_put_text(struct xencons *xc, const char *text, size_t len,
		      bool *kick)
{
	bool locked, fits;
	unsigned long flags = 0;

	if (!xencons_text_enter(xc, &flags, &locked))
		return false;
	__acquire(&xc->tx_lock);
	xencons_tx_drain(xc);
	fits = xencons_text_fits(xc, text, len);
	if (fits)
		xencons_text_put(xc, text, len);
	if (xencons_text_release(xc, locked, flags))
		*kick = true;

	return fits;
}

/**
 * xencons_wait_text() - wait until there may be room for kernel text, or it is sent
 * @xc: the console
 * @p: how long; from xencons_patience() at first
 * @queued: the text is queued
 * @urgent: and has to get into the transport, whoever else could send it later
 *
 * Waits a moment only, to be called again.
 *
 * Context: any; in NMI only if xencons_alone().
 * Return: whether there is still something to wait for. Not so if the backend was found
 * stalled, now or before.
 */
bool xencons_wait_text(struct xencons *xc, struct xencons_patience *p,
		       bool queued, bool urgent)
{
	bool locked, progress, wait;
	unsigned long flags = 0;

	if (!xencons_text_enter(xc, &flags, &locked)) {
		xencons_patience_wait(p, xc);
		return !xencons_patience_ends(p);
	}
	__acquire(&xc->tx_lock);
	progress = xencons_patience_progress(p, xc);
	xencons_tx_drain(xc);
	wait = !queued || !xencons_text_safe(xc) ||
	       (urgent && xencons_txq_len(&xc->text));
	if (wait && xencons_text_gives_up(xc, p)) {
		xencons_text_stall(xc);
		wait = false;
	}
	if (wait)
		xencons_patience_kick(p, xc, progress);
	xencons_text_unlock(xc, locked, flags);

	if (wait)
		xencons_patience_wait(p, xc);
	return wait;
}

/**
 * xencons_push_text() - send queued kernel text on
 * @xc: the console
 *
 * Context: any but NMI.
 * Return: whether it gets further without another push: all of it is in the transport,
 * or events and the timer take over.
 */
bool xencons_push_text(struct xencons *xc)
{
	unsigned long flags;
	bool safe;

	xencons_tx_lock(xc, &flags);
	xencons_tx_progress(xc);
	xencons_tx_drain(xc);
	safe = xencons_text_safe(xc);
	/* Without events from the backend, never rely on one. */
	if (!xc->events_on)
		xc->tx_kick = xc->ops->in_flight(xc);
	xencons_tx_unlock(xc, flags);

	return safe;
}

static bool xencons_text_room(struct xencons *xc, size_t room)
{
	unsigned long flags;
	bool there;

	xencons_tx_lock(xc, &flags);
	there = !xc->lost && xencons_txq_room(&xc->text) >= room;
	xencons_tx_drop(xc, flags);

	return there;
}

/**
 * xencons_await_room() - sleep until there is room for kernel text, but not for long
 * @xc: the console
 * @room: how many bytes; 0 to sleep for a moment only
 *
 * Context: a kernel thread; ends at once when the thread is to stop.
 * Return: whether there is the room asked for.
 */
bool xencons_await_room(struct xencons *xc, size_t room)
{
	bool events = READ_ONCE(xc->events_on) && room;

	wait_event_interruptible_timeout(xc->sent_wait,
					 kthread_should_stop() ||
					 (events && xencons_text_room(xc, room)),
					 events ? XENCONS_TICK : 1);
	return room && xencons_text_room(xc, room);
}

/* Wait until the backend took what was sent, or also what is queued. */
static void xencons_text_await(struct xencons *xc, struct xencons_patience p,
			       bool queued)
{
	bool busy, locked, progress;
	unsigned long flags = 0;

	for (;;) {
		locked = xencons_text_lock(xc, &flags);
		progress = xencons_patience_progress(&p, xc);
		xencons_patience_kick(&p, xc, progress);
		xencons_tx_drain(xc);
		busy = queued ? xencons_tx_busy(xc) : xc->ops->in_flight(xc);
		xencons_text_unlock(xc, locked, flags);

		if (!busy || xencons_patience_ends(&p))
			break;
		xencons_patience_wait(&p, xc);
	}
}

/**
 * xencons_flush() - wait until the backend took everything
 * @xc: the console
 *
 * Gives up when the backend takes nothing for XENCONS_FLUSH_US, or not all in
 * XENCONS_FLUSH_MAX_US.
 *
 * Context: any, with interrupts on or off, also when other CPUs are stopped.
 */
void xencons_flush(struct xencons *xc)
{
	unsigned long flags = 0;
	bool locked = xencons_text_lock(xc, &flags);

	/* Nobody will press ^Q any more. */
	xc->user_stopped = false;
	xencons_text_unlock(xc, locked, flags);

	xencons_text_await(xc, xencons_patience_flush, true);
}

/**
 * xencons_settle() - wait until the backend took what was sent
 * @xc: the console; its transport takes nothing new
 *
 * Gives up when the backend takes nothing for XENCONS_STALL_US, or not all in
 * XENCONS_STALL_MAX_US.
 *
 * Context: process.
 */
void xencons_settle(struct xencons *xc)
{
	xencons_text_await(xc, xencons_patience_stall, false);
}
