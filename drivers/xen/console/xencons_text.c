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

/* sparse does not see that the lock is taken: the caller tells it. */
static bool xencons_text_trylock(struct xencons_output *out,
				 unsigned long *flags, unsigned int spins)
{
	while (READ_ONCE(out->tx_lock.held) ||
	       !raw_spin_trylock_irqsave(&out->tx_lock.raw, *flags)) {
		if (!spins--)
			return false;
		cpu_relax();
	}
	out->tx_lock.held = true;
	__release(&out->tx_lock);
	return true;
}

/* The same for @us microseconds: the holder may need this processor to go on. */
static bool xencons_text_await_lock(struct xencons_output *out,
				    unsigned long *flags, unsigned int us)
{
	unsigned int waited = 0;

	while (!xencons_text_trylock(out, flags, 0)) {
		if (waited >= us)
			return false;
		waited += out->wire->ops->wait(out->wire);
	}
	return true;
}

/**
 * xencons_text_lock() - printk's way to tx_lock
 * @out: of the console
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
bool xencons_text_lock(struct xencons_output *out, unsigned long *flags)
	__acquires(&out->tx_lock)
{
	if (!xencons_alone()) {
		xencons_tx_lock(out, flags);
		return true;
	}
	if (xencons_text_await_lock(out, flags, out->tx_lock.lost ?
				    XENCONS_LOCK_AGAIN_US : XENCONS_LOCK_US)) {
		__acquire(&out->tx_lock);
		return true;
	}
	out->tx_lock.lost = true;
	__acquire(&out->tx_lock);
	return false;
}

/* Undo xencons_text_lock(); returns whether the backend must be notified. */
static bool xencons_text_release(struct xencons_output *out, bool locked,
				 unsigned long flags)
	__releases(&out->tx_lock)
{
	if (locked)
		return xencons_tx_release(out, flags);
	__release(&out->tx_lock);
	return true;
}

/**
 * xencons_text_unlock() - undo xencons_text_lock() and notify the backend
 * @out: of the console
 * @locked: what that said
 * @flags: the interrupt state
 */
void xencons_text_unlock(struct xencons_output *out, bool locked,
			 unsigned long flags)
	__releases(&out->tx_lock)
{
	if (xencons_text_release(out, locked, flags))
		out->wire->ops->notify(out->wire);
}

static const struct xencons_patience xencons_patience_stall = {
	.step = XENCONS_STALL_US, .max = XENCONS_STALL_MAX_US,
};

static const struct xencons_patience xencons_patience_flush = {
	.step = XENCONS_FLUSH_US, .max = XENCONS_FLUSH_MAX_US,
};

static void xencons_patience_wait(struct xencons_patience *p,
				  struct xencons_output *out)
{
	unsigned int us = out->wire->ops->wait(out->wire);

	p->waited += us;
	p->total += us;
}

static bool xencons_patience_progress(struct xencons_patience *p,
				      struct xencons_output *out)
{
	xencons_tx_progress(out);
	if (out->marks.taken == p->taken)
		return false;
	p->taken = out->marks.taken;
	p->waited = 0;
	return true;
}

static bool xencons_patience_ends(const struct xencons_patience *p)
{
	return p->waited >= p->step || p->total >= p->max;
}

/* Nobody may be able to hear the backend's event: notify on every step of it. */
static void xencons_patience_kick(const struct xencons_patience *p,
				  struct xencons_output *out, bool progress)
{
	if (progress || !p->total)
		out->wire->tx_kick = xencons_in_flight(out);
}

/**
 * xencons_patience() - how long to wait for the backend as things are
 * @wire: of the console
 *
 * Return: the patience, unused.
 */
struct xencons_patience xencons_patience(const struct xencons_wire *wire)
{
	return xencons_may_wait(wire) ? xencons_patience_flush :
				      xencons_patience_stall;
}

/*
 * Drain, unless there is room for all of it and nothing goes before it: user text that was
 * there first, or a loss to report. Returns whether there is room then.
 */
static bool xencons_text_make_room(struct xencons_output *out, const char *text,
				   size_t len)
{
	if (!out->lost && !xencons_txq_len(&out->user) &&
	    xencons_txq_text_fits(&out->text, text, len))
		return true;
	xencons_tx_drain(out);
	return xencons_txq_text_fits(&out->text, text, len);
}

/* Queue what there is room for and send it. Returns the bytes taken. */
static size_t xencons_text_put(struct xencons_output *out, const char *text,
			       size_t len)
{
	size_t before = xencons_txq_len(&out->text);
	size_t n = xencons_txq_put_text(&out->text, text, len);

	out->stats.text += xencons_txq_len(&out->text) - before;
	xencons_tx_drain(out);
	return n;
}

/*
 * How far text has come that was taken. The timer and events may never come again, and what
 * goes in pieces is not left half sent.
 */
static enum xencons_fate xencons_text_fate(struct xencons_output *out)
{
	if (!xencons_txq_len(&out->text))
		return XENCONS_TEXT_SENT;
	if (out->wire->life == XENCONS_STILL || xencons_may_wait(out->wire) ||
	    out->wire->tx_again)
		return XENCONS_TEXT_QUEUED;
	return XENCONS_TEXT_GOES_ON;
}

/* The backend is dead for now: do not wait again, but once more for the last words. */
static void xencons_text_stall(struct xencons_output *out)
{
	out->stats.stalls += !xencons_stalled(out);
	out->stall = xencons_may_wait(out->wire) ? XENCONS_DEAD : XENCONS_STALLED;
}

static bool xencons_text_gives_up(struct xencons_output *out,
				  const struct xencons_patience *p)
{
	return xencons_patience_ends(p) || out->stall == XENCONS_DEAD ||
	       (xencons_stalled(out) && !xencons_may_wait(out->wire));
}

/* Under the lock: shall @p go on to wait? The console is stalled if not. */
static bool xencons_text_goes_on(struct xencons_output *out,
				 const struct xencons_patience *p, bool progress)
{
	if (xencons_text_gives_up(out, p)) {
		xencons_text_stall(out);
		return false;
	}
	xencons_patience_kick(p, out, progress);
	return true;
}

/*
 * One turn of xencons_write_text(), under the lock. Advances the text; returns
 * whether there is still something to wait for.
 */
static bool xencons_text_turn(struct xencons_output *out, const char **text,
			      size_t *len, struct xencons_patience *p)
{
	bool progress = xencons_patience_progress(p, out);
	size_t n;

	xencons_text_make_room(out, *text, *len);
	/* Not past a loss that is not reported yet. */
	n = out->lost ? 0 : xencons_text_put(out, *text, *len);
	*text += n;
	*len -= n;
	if (!*len && xencons_text_fate(out) >= XENCONS_TEXT_GOES_ON)
		return false;

	if (xencons_text_goes_on(out, p, progress))
		return true;
	out->lost += *len;
	out->stats.dropped += *len;
	return false;
}

/**
 * xencons_write_text() - send kernel text, and wait for room
 * @out: of the console
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
void xencons_write_text(struct xencons_output *out, const char *text,
			size_t len)
{
	struct xencons_patience p = xencons_patience(out->wire);
	unsigned long flags = 0;
	bool locked, wait;

	for (;;) {
		locked = xencons_text_lock(out, &flags);
		wait = xencons_text_turn(out, &text, &len, &p);
		xencons_text_unlock(out, locked, flags);
		if (!wait)
			break;
		xencons_patience_wait(&p, out);
	}
}

/*
 * Whoever logs something in an emergency may be interrupted, or trapped, with the lock in
 * its hand: only try. sparse does not see that the lock is taken: the caller tells it.
 */
static bool xencons_text_enter(struct xencons_output *out, unsigned long *flags,
			       bool *locked)
{
	*locked = true;
	if (!xencons_alone())
		return xencons_text_trylock(out, flags, XENCONS_TRY_SPINS);
	*locked = xencons_text_lock(out, flags);
	__release(&out->tx_lock);
	return true;
}

/**
 * xencons_put_text() - send kernel text whole and at once, or not at all
 * @out: of the console
 * @text: the text; line feeds become CR LF
 * @len: how many bytes
 * @kick: set if the caller must notify the backend (@ops->notify), once that may take
 *	its time; else left alone
 *
 * Context: any, NMI included. Waits for nothing but, in an oops, for the lock.
 * Return: how far it came.
 */
enum xencons_fate xencons_put_text(struct xencons_output *out, const char *text,
				   size_t len, bool *kick)
{
	enum xencons_fate fate = XENCONS_TEXT_REFUSED;
	unsigned long flags = 0;
	bool locked;

	if (!xencons_text_enter(out, &flags, &locked))
		return fate;
	__acquire(&out->tx_lock);
	if (xencons_text_make_room(out, text, len)) {
		xencons_text_put(out, text, len);
		fate = xencons_text_fate(out);
	}
	if (xencons_text_release(out, locked, flags))
		*kick = true;

	return fate;
}

/**
 * xencons_wait_text() - wait until there may be room for kernel text, or it is sent
 * @out: of the console
 * @p: how long; from xencons_patience() at first
 * @taken: the text was taken
 * @goal: how far it has to come then
 *
 * Waits a moment only, to be called again.
 *
 * Context: any; in NMI only if xencons_alone().
 * Return: whether there is still something to wait for. Not so if the backend was found
 * stalled, now or before.
 */
bool xencons_wait_text(struct xencons_output *out, struct xencons_patience *p,
		       bool taken, enum xencons_fate goal)
{
	bool locked, progress, wait;
	unsigned long flags = 0;

	if (!xencons_text_enter(out, &flags, &locked)) {
		xencons_patience_wait(p, out);
		return !xencons_patience_ends(p);
	}
	__acquire(&out->tx_lock);
	progress = xencons_patience_progress(p, out);
	xencons_tx_drain(out);
	wait = (!taken || xencons_text_fate(out) < goal) &&
	       xencons_text_goes_on(out, p, progress);
	xencons_text_unlock(out, locked, flags);

	if (wait)
		xencons_patience_wait(p, out);
	return wait;
}

/**
 * xencons_push_text() - send queued kernel text on
 * @out: of the console
 *
 * Context: any but NMI.
 * Return: how far it came.
 */
enum xencons_fate xencons_push_text(struct xencons_output *out)
{
	enum xencons_fate fate;
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	xencons_tx_progress(out);
	xencons_tx_drain(out);
	xencons_tx_unlock(out, flags);

	/* Which may have sent more of it. */
	xencons_tx_lock(out, &flags);
	fate = xencons_text_fate(out);
	xencons_tx_drop(out, flags);

	return fate;
}

static bool xencons_text_room(struct xencons_output *out, size_t room)
{
	unsigned long flags;
	bool there;

	xencons_tx_lock(out, &flags);
	there = xencons_txq_room(&out->text) >= room;
	xencons_tx_drop(out, flags);

	return there;
}

/**
 * xencons_await_room() - sleep until there is room for kernel text, but not for long
 * @out: of the console
 * @room: how many bytes; 0 to sleep for a moment only
 *
 * Context: a kernel thread; ends at once when the thread is to stop.
 * Return: whether there is the room asked for; never if none was.
 */
bool xencons_await_room(struct xencons_output *out, size_t room)
{
	bool events = room && READ_ONCE(out->wire->life) == XENCONS_LIVE;

	wait_event_interruptible_timeout(out->sent_wait,
					 kthread_should_stop() ||
					 (events && xencons_text_room(out, room)),
					 events ? XENCONS_TICK : 1);
	return room && xencons_text_room(out, room);
}

/* Wait until the backend took what was sent, or also what is queued. */
static void xencons_text_await(struct xencons_output *out,
			       struct xencons_patience p, bool queued)
{
	bool busy, locked, progress;
	unsigned long flags = 0;

	for (;;) {
		locked = xencons_text_lock(out, &flags);
		progress = xencons_patience_progress(&p, out);
		xencons_patience_kick(&p, out, progress);
		xencons_tx_drain(out);
		busy = queued ? xencons_tx_busy(out) : xencons_in_flight(out);
		xencons_text_unlock(out, locked, flags);

		if (!busy || xencons_patience_ends(&p))
			break;
		xencons_patience_wait(&p, out);
	}
}

/**
 * xencons_flush() - wait until the backend took everything
 * @out: of the console
 *
 * Gives up when the backend takes nothing for XENCONS_FLUSH_US, or not all in
 * XENCONS_FLUSH_MAX_US.
 *
 * Context: any, with interrupts on or off, also when other CPUs are stopped.
 */
void xencons_flush(struct xencons_output *out)
{
	unsigned long flags = 0;
	bool locked = xencons_text_lock(out, &flags);

	/* What ^S holds back would be lost. */
	out->user_state = XENCONS_USER_FLOWS;
	xencons_text_unlock(out, locked, flags);

	xencons_text_await(out, xencons_patience_flush, true);
}

/**
 * xencons_settle() - wait until the backend took what was sent
 * @out: of the console; its transport takes nothing new
 *
 * Gives up when the backend takes nothing for XENCONS_STALL_US, or not all in
 * XENCONS_STALL_MAX_US; at once if it is stalled already.
 *
 * Context: process.
 */
void xencons_settle(struct xencons_output *out)
{
	if (!xencons_stalled(out))
		xencons_text_await(out, xencons_patience_stall, false);
}
