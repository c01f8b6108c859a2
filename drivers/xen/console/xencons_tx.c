// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output: printk puts text into one queue, write(2) into another. One drain moves
 * both to the transport, kernel text first. It runs when text is queued and none waits
 * before it, on every event of the backend, and on a slow timer while anything waits,
 * because some backends never send an event.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/tty.h>

#include "xencons.h"

/*
 * While kernel text has no end, user text gets a turn of so many bytes after so
 * many bytes of kernel text.
 */
#define XENCONS_USER_TURN	256U
#define XENCONS_USER_EVERY	2048U

/* In an oops the lock may have been passed by, see xencons_text_lock(). */
static void xencons_tx_assert_locked(struct xencons *xc)
{
	if (!xencons_alone())
		lockdep_assert_held(&xc->tx_lock);
}

/**
 * xencons_tx_busy() - do bytes wait for the backend, in a queue or in the transport?
 * @xc: the console
 *
 * User text behind ^S waits for somebody else.
 *
 * Context: tx_lock held.
 * Return: whether any do.
 */
bool xencons_tx_busy(struct xencons *xc)
{
	xencons_tx_assert_locked(xc);

	return xencons_txq_len(&xc->text) ||
	       (xencons_txq_len(&xc->user) && !xc->user_stopped) ||
	       xc->xchar >= 0 || xc->ops->in_flight(xc);
}

/**
 * xencons_tx_release() - drop tx_lock, and leave it to the caller to notify the backend
 * @xc: the console
 * @flags: the interrupt state
 *
 * Return: whether @ops->notify is to be called, soon.
 */
bool xencons_tx_release(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock)
{
	bool kick = xc->tx_kick;
	bool tick = !xc->events_on || xencons_tx_busy(xc);

	xc->tx_kick = false;
	if (kick)
		xc->stats.notifies++;
	xc->tx_held = false;
	raw_spin_unlock_irqrestore(&xc->tx_lock, flags);

	if (tick)
		xencons_want_tick(xc);
	return kick;
}

/**
 * xencons_tx_unlock() - drop tx_lock, then do what was decided under it
 * @xc: the console
 * @flags: the interrupt state
 */
void xencons_tx_unlock(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock)
{
	if (xencons_tx_release(xc, flags))
		xc->ops->notify(xc);
}

/**
 * xencons_tx_progress() - look what the backend has taken since the last look
 * @xc: the console
 *
 * Its first step after a stall ends the stall. A step back is none: a backend that
 * moves its index back and forth must not keep anybody waiting.
 *
 * Context: tx_lock held.
 */
void xencons_tx_progress(struct xencons *xc)
{
	u64 taken = xc->sent - xc->ops->in_flight(xc);

	xencons_tx_assert_locked(xc);

	if ((s64)(taken - xc->taken) <= 0)
		return;
	xc->taken = taken;
	xc->stalled = XENCONS_MOVING;
}

/* Move up to @limit bytes from one queue to the transport, as far as they fit. */
static size_t xencons_tx_move(struct xencons *xc, struct xencons_txq *q,
			      size_t limit)
{
	size_t moved = 0, offered, sent;

	xencons_tx_assert_locked(xc);

	do {
		offered = xencons_txq_peek(q, xc->bounce,
					   min(sizeof(xc->bounce), limit - moved));
		sent = offered ? xc->ops->send(xc, xc->bounce, offered) : 0;
		xencons_txq_skip(q, sent);
		moved += sent;
	} while (sent && sent == offered);

	/* The indices make sense, and nobody else moves them. */
	if (moved && !xencons_alone())
		xc->lock_lost = false;
	xc->sent += moved;
	return moved;
}

/* Say once how much was lost, at the place in the text where it is missing. */
static void xencons_tx_report(struct xencons *xc)
{
	char line[64];

	xencons_tx_assert_locked(xc);

	if (!xc->lost || xc->stalled)
		return;
	snprintf(line, sizeof(line), "xencons: %zu bytes of kernel text lost",
		 xc->lost);
	if (xencons_txq_put_line(&xc->text, line))
		xc->lost = 0;
}

/* Move kernel text to the transport. */
static void xencons_tx_text(struct xencons *xc)
{
	size_t moved = xencons_tx_move(xc, &xc->text, SIZE_MAX);

	if (xc->lost) {
		xencons_tx_report(xc);
		moved += xencons_tx_move(xc, &xc->text, SIZE_MAX);
	}
	xc->text_turn = min_t(size_t, xc->text_turn + moved, XENCONS_USER_EVERY);
}

static size_t xencons_tx_xchar(struct xencons *xc)
{
	u8 ch = (u8)xc->xchar;
	size_t sent = xc->xchar < 0 ? 0 : xc->ops->send(xc, &ch, 1);

	if (sent)
		xc->xchar = -1;
	xc->sent += sent;
	return sent;
}

/* Move up to @limit bytes of user text. Who waits for room is woken later. */
static size_t xencons_tx_user(struct xencons *xc, size_t limit)
{
	size_t moved = xencons_tx_xchar(xc), user = 0;

	if (!xc->user_stopped)
		user = xencons_tx_move(xc, &xc->user, limit);
	if (user) {
		xc->user_mark = xc->sent;
		xc->user_moved = true;
	}
	return moved + user;
}

/*
 * Give user text its turn when kernel text had its own and is at the end of a line:
 * a stream of kernel text must not hold up programs for ever. To get to the end of
 * the line, only the rest of it is sent. A turn lasts until its bytes are sent or
 * there is no more user text, also over several drains.
 */
static void xencons_tx_turn(struct xencons *xc)
{
	size_t rest;

	if (!xc->user_turn) {
		if (xc->text_turn < XENCONS_USER_EVERY ||
		    !xencons_txq_len(&xc->text))
			return;
		rest = xencons_txq_line(&xc->text, xc->bounce,
					sizeof(xc->bounce));
		if (xencons_tx_move(xc, &xc->text, rest) < rest)
			return;
		xc->text_turn = 0;
		xc->user_turn = XENCONS_USER_TURN;
	}

	rest = xencons_tx_user(xc, xc->user_turn);
	xc->user_turn -= min(rest, xc->user_turn);
	if (!xencons_txq_len(&xc->user) || xc->user_stopped)
		xc->user_turn = 0;
}

/**
 * xencons_tx_drain() - move everything that fits to the transport, kernel text first
 * @xc: the console
 *
 * Context: tx_lock held.
 */
void xencons_tx_drain(struct xencons *xc)
{
	if (unlikely(xc->lock_lost)) {
		xencons_txq_repair(&xc->text);
		xencons_txq_repair(&xc->user);
	}
	xencons_tx_turn(xc);
	if (!xc->user_turn) {
		xencons_tx_text(xc);
		if (!xencons_txq_len(&xc->text))
			xencons_tx_user(xc, SIZE_MAX);
	}
	xc->user_waits = xencons_txq_len(&xc->user);
}

/*
 * Where the last drain left user text behind there was no room, and the event that
 * says that there is some goes on. To try before it comes is to no avail, or takes
 * one of the few wake-ups that the backend has.
 */
static void xencons_tx_offer(struct xencons *xc)
{
	xencons_tx_assert_locked(xc);

	if (!xc->user_waits || !xc->events_on || xc->mute)
		xencons_tx_drain(xc);
}

/**
 * xencons_tx_wake() - wake those who wait for room or for the backend
 * @xc: the console
 *
 * Context: process, softirq or hardirq, but never printk's, whose caller may hold any
 * lock.
 */
void xencons_tx_wake(struct xencons *xc)
{
	tty_port_tty_wakeup(&xc->port);
	if (wq_has_sleeper(&xc->sent_wait))
		wake_up_interruptible(&xc->sent_wait);
}

/**
 * xencons_tx_event() - the output half of xencons_event()
 * @xc: the console
 *
 * Return: whether the backend took anything.
 */
bool xencons_tx_event(struct xencons *xc)
{
	unsigned long flags;
	bool progress, wake;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_progress(xc);
	/* Somebody else may have looked before; the event is no less useful. */
	progress = xc->taken != xc->event_taken;
	xc->event_taken = xc->taken;
	xc->mute = false;
	xencons_tx_drain(xc);
	wake = progress || xc->user_moved;
	xc->user_moved = false;
	/*
	 * The backend may have read the index just before bytes were added, here
	 * or earlier, and nobody notified it because the ring was not empty: this
	 * is where the event it sends afterwards makes up for that.
	 */
	if (xc->ops->in_flight(xc))
		xc->tx_kick = true;
	xencons_tx_unlock(xc, flags);

	if (wake)
		xencons_tx_wake(xc);
	return progress;
}

/* Queue user text, and send it unless more follows at once. */
static size_t xencons_tx_put(struct xencons *xc, const u8 *buf, size_t len,
			     bool more)
{
	unsigned long flags;
	size_t done;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	done = xencons_txq_put(&xc->user, buf, len);
	while (done < len) {
		size_t n;

		xencons_tx_drain(xc);
		n = xencons_txq_put(&xc->user, buf + done, len - done);
		if (!n)
			break;
		done += n;
	}
	if (!more)
		xencons_tx_offer(xc);
	xc->stats.tx_user += done;
	xencons_tx_unlock(xc, flags);

	return done;
}

/**
 * xencons_write_user() - send user text
 * @xc: the console
 * @buf: bytes, sent as they are
 * @len: how many
 *
 * Context: any but printk's. Never waits.
 * Return: bytes taken; the tty is woken up when there is room for more.
 */
size_t xencons_write_user(struct xencons *xc, const u8 *buf, size_t len)
{
	return xencons_tx_put(xc, buf, len, false);
}

/**
 * xencons_queue_user() - queue user text, and send only what does not fit
 * @xc: the console
 * @buf: bytes, sent as they are
 * @len: how many
 *
 * xencons_send() is to follow; if it does not, the timer sends them.
 *
 * Context: any but printk's. Never waits.
 * Return: bytes taken; the tty is woken up when there is room for more.
 */
size_t xencons_queue_user(struct xencons *xc, const u8 *buf, size_t len)
{
	return xencons_tx_put(xc, buf, len, true);
}

/**
 * xencons_send() - send what is queued, as far as it fits
 * @xc: the console
 *
 * Context: any but printk's.
 */
void xencons_send(struct xencons *xc)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_offer(xc);
	xencons_tx_unlock(xc, flags);
}

/**
 * xencons_send_xchar() - send a byte ahead of user text, even while that waits
 * @xc: the console
 * @ch: the byte, NUL included; replaces one that could not be sent yet
 *
 * Context: any but printk's.
 */
void xencons_send_xchar(struct xencons *xc, u8 ch)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	xc->xchar = ch;
	xencons_tx_drain(xc);
	xencons_tx_unlock(xc, flags);
}

/**
 * xencons_stop_user() - hold user text back, or let it go again
 * @xc: the console
 * @stop: hold back?
 *
 * Context: any but printk's.
 */
void xencons_stop_user(struct xencons *xc, bool stop)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	xc->user_stopped = stop;
	xencons_tx_drain(xc);
	xencons_tx_unlock(xc, flags);
}

/**
 * xencons_purge_user() - drop user text that is still queued
 * @xc: the console
 *
 * Kernel text stays. Context: process.
 */
void xencons_purge_user(struct xencons *xc)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_txq_purge(&xc->user);
	xc->user_waits = false;
	raw_spin_unlock_irqrestore(&xc->tx_lock, flags);

	xencons_tx_wake(xc);
}

/**
 * xencons_user_room() - bytes of user text that would be taken now
 * @xc: the console
 *
 * Only a write of user text makes this smaller. Context: any but printk's.
 */
size_t xencons_user_room(struct xencons *xc)
{
	unsigned long flags;
	size_t room;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	room = xencons_txq_room(&xc->user);
	raw_spin_unlock_irqrestore(&xc->tx_lock, flags);

	return room;
}

/**
 * xencons_user_queued() - bytes of user text not handed to the transport yet
 * @xc: the console
 *
 * Context: any but printk's.
 */
size_t xencons_user_queued(struct xencons *xc)
{
	unsigned long flags;
	size_t len;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	len = xencons_txq_len(&xc->user);
	raw_spin_unlock_irqrestore(&xc->tx_lock, flags);

	return len;
}

/**
 * xencons_user_taken() - has the backend taken all user text?
 * @xc: the console
 *
 * Kernel text behind it does not count, or a busy kernel could keep a program
 * waiting for ever. Context: any but printk's.
 */
bool xencons_user_taken(struct xencons *xc)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_progress(xc);
	taken = !xencons_txq_len(&xc->user) &&
		(s64)(xc->taken - xc->user_mark) >= 0;
	raw_spin_unlock_irqrestore(&xc->tx_lock, flags);

	return taken;
}

