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
 * While kernel text has no end, user text gets a turn of so many bytes, and to the end
 * of a line that is no longer than that, after so many bytes of kernel text.
 */
#define XENCONS_USER_TURN	256U
#define XENCONS_USER_EVERY	2048U

/* In an oops the lock may have been passed by, see xencons_text_lock(). */
static void xencons_tx_assert_locked(struct xencons *xc)
{
	if (!xencons_alone())
		lockdep_assert_held(&xc->tx_lock);
}

/*
 * Bytes of user text that may be sent now: not behind ^S, and not while more of the
 * same write(2) follows at once.
 */
static size_t xencons_tx_user_ready(struct xencons *xc)
{
	size_t len = xencons_txq_len(&xc->user);

	if (xc->user_stopped)
		return 0;
	return xencons_may_wait(xc) ? len : len - min(len, xc->user_held);
}

/**
 * xencons_tx_waits() - do bytes wait for the backend, in a queue or in the transport?
 * @xc: the console
 *
 * User text behind ^S, or of a write(2) under way, waits for somebody else.
 *
 * Context: tx_lock held.
 * Return: whether any do.
 */
bool xencons_tx_waits(struct xencons *xc)
{
	xencons_tx_assert_locked(xc);

	return xencons_txq_len(&xc->text) || xencons_tx_user_ready(xc) ||
	       xc->xchar >= 0 || xc->ops->in_flight(xc);
}

/**
 * xencons_tx_busy() - do bytes wait that the timer must look after?
 * @xc: the console
 *
 * Context: tx_lock held.
 * Return: whether any do.
 */
bool xencons_tx_busy(struct xencons *xc)
{
	return xencons_tx_waits(xc) || (xc->user_held && !xc->user_stopped);
}

/* Drop tx_lock. Returns whether the backend must be notified; @again: to send more. */
static bool xencons_tx_leave(struct xencons *xc, unsigned long flags,
			     bool *again)
	__releases(&xc->tx_lock)
{
	bool kick = xc->tx_kick;
	bool tick = !xc->events_on || xencons_tx_busy(xc);

	*again = xc->tx_again && xencons_tx_waits(xc);
	xc->tx_again = false;
	xc->tx_kick = false;
	if (kick)
		xc->stats.notifies++;
	xencons_tx_drop(xc, flags);

	if (tick)
		xencons_want_tick(xc);
	return kick;
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
	bool again, kick = xencons_tx_leave(xc, flags, &again);

	if (again)
		irq_work_queue(&xc->send_work);
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
	bool again;

	for (;;) {
		if (xencons_tx_leave(xc, flags, &again))
			xc->ops->notify(xc);
		if (!again)
			break;
		/* What small pieces are for: interrupts come through in between. */
		if (irqs_disabled()) {
			irq_work_queue(&xc->send_work);
			break;
		}
		xencons_tx_lock(xc, &flags);
		xencons_tx_drain(xc);
	}
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

/*
 * Move up to @limit bytes from one queue to the transport, as far as they fit, and as far
 * as may be in one go.
 */
static size_t xencons_tx_move(struct xencons *xc, struct xencons_txq *q,
			      size_t limit)
{
	size_t moved = 0, offered, sent;

	xencons_tx_assert_locked(xc);

	if (xc->tx_again && !xencons_may_wait(xc))
		return 0;

	do {
		offered = xencons_txq_peek(q, xc->bounce,
					   min(sizeof(xc->bounce), limit - moved));
		sent = offered ? xc->ops->send(xc, xc->bounce, offered) : 0;
		xencons_txq_skip(q, sent);
		if (sent)
			q->cut = xc->bounce[sent - 1] != '\n';
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
	size_t moved = xencons_tx_xchar(xc), user;

	user = xencons_tx_move(xc, &xc->user,
			       min(limit, xencons_tx_user_ready(xc)));
	if (user) {
		xc->user_mark = xc->sent;
		xc->user_moved = true;
	}
	return moved + user;
}

/* The rest of a line of user text that the backend has the begin of, if it is there. */
static size_t xencons_tx_user_rest(struct xencons *xc)
{
	size_t max = min_t(size_t, xencons_tx_user_ready(xc), XENCONS_USER_TURN);
	size_t rest = xencons_txq_line(&xc->user, xc->bounce, max);

	return rest && xc->bounce[rest - 1] == '\n' ? rest : 0;
}

/*
 * Kernel text had its turn when it sent enough and is at the end of a line: to get
 * there, only the rest of the line is sent.
 */
static bool xencons_tx_text_had_turn(struct xencons *xc)
{
	size_t rest;

	if (xc->text_turn < XENCONS_USER_EVERY)
		return false;
	rest = xencons_txq_line(&xc->text, xc->bounce, sizeof(xc->bounce));
	if (xencons_tx_move(xc, &xc->text, rest) < rest)
		return false;
	xc->text_turn = 0;
	return true;
}

/* A turn lasts until its bytes are sent or there are no more, also over several drains. */
static void xencons_tx_use_turn(struct xencons *xc)
{
	size_t moved;

	if (!xc->user_turn)
		return;
	moved = xencons_tx_user(xc, xc->user_turn);
	xc->user_turn -= min(moved, xc->user_turn);
	if (!xencons_tx_user_ready(xc))
		xc->user_turn = 0;
}

/* Go on with a turn, and to the end of a line, but not within a line of kernel text. */
static void xencons_tx_use_turn_and_line(struct xencons *xc)
{
	xencons_tx_use_turn(xc);
	if (xc->user_turn || !xc->user.cut || xc->text.cut)
		return;
	xc->user_turn = xencons_tx_user_rest(xc);
	xencons_tx_use_turn(xc);
}

/*
 * User text goes ahead of kernel text in its turn, because a stream of kernel text must
 * not hold up programs for ever, and to the end of a line that it has begun. But when a
 * machine dies kernel text waits for nothing.
 */
static void xencons_tx_turn(struct xencons *xc)
{
	if (!xencons_txq_len(&xc->text) || xencons_may_wait(xc)) {
		xc->user_turn = 0;
		return;
	}

	xencons_tx_use_turn_and_line(xc);
	if (xc->user_turn || !xencons_tx_text_had_turn(xc))
		return;
	xc->user_turn = XENCONS_USER_TURN;
	xencons_tx_use_turn_and_line(xc);
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
	xc->user_waits = xencons_tx_user_ready(xc) && !xc->tx_again;
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

	xencons_tx_lock(xc, &flags);
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

/*
 * Queue what there is room for, and send it unless more follows at once. When the queue
 * is full there is nothing left to decide.
 */
static size_t xencons_tx_put_some(struct xencons *xc, const u8 *buf, size_t len,
				  bool more)
{
	unsigned long flags;
	size_t done;

	xencons_tx_lock(xc, &flags);
	done = xencons_txq_put(&xc->user, buf, len);
	xc->stats.tx_user += done;
	xc->user_held = more && done == len ? xc->user_held + done : 0;
	if (done < len)
		xencons_tx_drain(xc);
	else if (!more)
		xencons_tx_offer(xc);
	xencons_tx_unlock(xc, flags);

	return done;
}

static size_t xencons_tx_put(struct xencons *xc, const u8 *buf, size_t len,
			     bool more)
{
	size_t done = 0, n;

	do {
		n = xencons_tx_put_some(xc, buf + done, len - done, more);
		done += n;
	} while (n && done < len);
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
 * xencons_send() is to follow at once. Until then it stays together, so that nothing
 * else gets in between; if it does not follow, xencons_send_unflushed() does.
 *
 * Context: any but printk's. Never waits.
 * Return: bytes taken; the tty is woken up when there is room for more.
 */
size_t xencons_queue_user(struct xencons *xc, const u8 *buf, size_t len)
{
	size_t done = xencons_tx_put(xc, buf, len, true);

	irq_work_queue(&xc->send_work);
	return done;
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

	xencons_tx_lock(xc, &flags);
	xc->user_held = 0;
	xencons_tx_offer(xc);
	xencons_tx_unlock(xc, flags);
}

/**
 * xencons_send_unflushed() - send also what xencons_send() should have followed
 * @xc: the console
 * @writing: it is still to follow; if it does not, the timer comes back for it
 *
 * Context: any but printk's and NMI.
 */
void xencons_send_unflushed(struct xencons *xc, bool writing)
{
	unsigned long flags;

	xencons_tx_lock(xc, &flags);
	if (!writing)
		xc->user_held = 0;
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

	xencons_tx_lock(xc, &flags);
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

	xencons_tx_lock(xc, &flags);
	xc->user_stopped = stop;
	xencons_tx_drain(xc);
	xencons_tx_unlock(xc, flags);
}

/**
 * xencons_keep_user() - a session is over: what it wrote is not the next one's to drop
 * @xc: the console
 *
 * agetty drops all output that is queued before it asks for a name.
 *
 * Context: process.
 */
void xencons_keep_user(struct xencons *xc)
{
	unsigned long flags;

	xencons_tx_lock(xc, &flags);
	xencons_txq_keep(&xc->user);
	xencons_tx_drop(xc, flags);
}

/**
 * xencons_purge_user() - drop user text of this session that is still queued
 * @xc: the console
 *
 * Kernel text stays. Context: process.
 */
void xencons_purge_user(struct xencons *xc)
{
	unsigned long flags;

	xencons_tx_lock(xc, &flags);
	xencons_txq_purge(&xc->user);
	xc->user_held = 0;
	xc->user_waits = false;
	xencons_tx_drop(xc, flags);

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

	xencons_tx_lock(xc, &flags);
	room = xencons_txq_room(&xc->user);
	xencons_tx_drop(xc, flags);

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

	xencons_tx_lock(xc, &flags);
	len = xencons_txq_len(&xc->user);
	xencons_tx_drop(xc, flags);

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

	xencons_tx_lock(xc, &flags);
	xencons_tx_progress(xc);
	taken = !xencons_txq_len(&xc->user) &&
		(s64)(xc->taken - xc->user_mark) >= 0;
	xencons_tx_drop(xc, flags);

	return taken;
}

