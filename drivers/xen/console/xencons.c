// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of a Xen console, over any struct xencons_ops.
 *
 * Out: printk puts text into one queue, write(2) into another. One drain moves
 * both to the transport, kernel text first. It runs when text is queued, on every
 * event of the backend, and on a slow timer while anything waits, because some
 * backends never send an event.
 *
 * In: every event fetches what the transport has, passes it through the ^O filter
 * and on to the tty. While the tty is throttled input stays in the transport: the
 * ring is the flow control.
 *
 * Who notifies whom when is decided in three places: the transport's send (the
 * ring was empty), xencons_event() (the backend has something left to take) and the
 * timer (no progress for a whole tick).
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sysrq.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>

#include "xencons.h"

/*
 * A backend that takes nothing for this long is stalled. xenconsoled may leave a
 * busy console alone for 200 ms, so it must be longer than that.
 */
#define XENCONS_STALL_US	250000U

/* How long the last words of a machine wait for each step of progress. */
#define XENCONS_FLUSH_US	2000000U

/* And how long at most, with a backend that moves a byte now and then. */
#define XENCONS_STALL_MAX_US	(8 * XENCONS_STALL_US)
#define XENCONS_FLUSH_MAX_US	(15 * XENCONS_FLUSH_US)

/*
 * While kernel text has no end, user text gets a turn of so many bytes after so
 * many bytes of kernel text.
 */
#define XENCONS_USER_TURN	256U
#define XENCONS_USER_EVERY	2048U

/* Period of the timer that helps while data waits. */
#define XENCONS_TICK		(HZ / 4)

/* How long printk spins for a lock in an oops before it goes on without. */
#define XENCONS_OOPS_SPINS	1000000U

/* How long ^O waits for its SysRq key. */
#define XENCONS_SYSRQ_WINDOW	(2 * HZ)

/* Bytes fetched at once, and per event: as many as an input ring holds. */
#define XENCONS_RX_CHUNK	64
#define XENCONS_RX_MAX		1024

/* Events in which an honest backend fills the input ring nobody empties. */
#define XENCONS_RX_HELD_EVENTS	16

/*
 * Output.
 */

/* In an oops the lock may have been passed by, see xencons_tx_lock_printk(). */
static void xencons_tx_assert_locked(struct xencons *xc)
{
	if (!oops_in_progress)
		lockdep_assert_held(&xc->tx_lock);
}

/* Bytes wait in a queue or in the transport. */
static bool xencons_tx_busy(struct xencons *xc)
{
	xencons_tx_assert_locked(xc);

	return xencons_txq_len(&xc->text) || xencons_txq_len(&xc->user) ||
	       xc->xchar >= 0 || xc->ops->in_flight(xc);
}

/* printk's caller may hold a timer base's lock, so the timer starts elsewhere. */
static void xencons_want_tick(struct xencons *xc)
{
	if (READ_ONCE(xc->started) && !timer_pending(&xc->timer))
		irq_work_queue(&xc->timer_work);
}

/* Drop tx_lock, then do what was decided under it. */
static void xencons_tx_unlock(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock)
{
	bool kick = xc->tx_kick;
	bool tick = !xc->events_on || xencons_tx_busy(xc);

	xc->tx_kick = false;
	if (kick)
		xc->stats.notifies++;
	spin_unlock_irqrestore(&xc->tx_lock, flags);

	if (kick)
		xc->ops->notify(xc);
	if (tick)
		xencons_want_tick(xc);
}

/*
 * Look what the backend has taken since the last look. Its first step after a
 * stall ends the stall. A step back is none: a backend that moves its index back
 * and forth must not keep anybody waiting.
 */
static bool xencons_tx_progress(struct xencons *xc)
{
	u64 taken = xc->sent - xc->ops->in_flight(xc);

	xencons_tx_assert_locked(xc);

	if ((s64)(taken - xc->taken) <= 0)
		return false;
	xc->taken = taken;
	xc->stalled = false;
	return true;
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
static size_t xencons_tx_text(struct xencons *xc)
{
	size_t moved = xencons_tx_move(xc, &xc->text, SIZE_MAX);

	if (xc->lost) {
		xencons_tx_report(xc);
		moved += xencons_tx_move(xc, &xc->text, SIZE_MAX);
	}
	xc->text_turn = min_t(size_t, xc->text_turn + moved, XENCONS_USER_EVERY);
	return moved;
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
static size_t xencons_tx_turn(struct xencons *xc)
{
	size_t rest, moved = 0;

	if (!xc->user_turn) {
		if (xc->text_turn < XENCONS_USER_EVERY ||
		    !xencons_txq_len(&xc->text))
			return 0;
		rest = xencons_txq_line(&xc->text, xc->bounce,
					sizeof(xc->bounce));
		moved = xencons_tx_move(xc, &xc->text, rest);
		if (moved < rest)
			return moved;
		xc->text_turn = 0;
		xc->user_turn = XENCONS_USER_TURN;
	}

	rest = xencons_tx_user(xc, xc->user_turn);
	xc->user_turn -= min(rest, xc->user_turn);
	if (!xencons_txq_len(&xc->user) || xc->user_stopped)
		xc->user_turn = 0;
	return moved + rest;
}

/* Move everything that fits to the transport, kernel text first. */
static size_t xencons_tx_drain(struct xencons *xc)
{
	size_t moved = xencons_tx_turn(xc);

	if (xc->user_turn)
		return moved;
	moved += xencons_tx_text(xc);
	if (!xencons_txq_len(&xc->text))
		moved += xencons_tx_user(xc, SIZE_MAX);
	return moved;
}

/*
 * Wake those who wait for room or for the backend. Process, softirq or hardirq
 * context, but never from printk, whose caller may hold any lock.
 */
static void xencons_tx_wake(struct xencons *xc)
{
	tty_port_tty_wakeup(&xc->port);
	if (wq_has_sleeper(&xc->sent_wait))
		wake_up_interruptible(&xc->sent_wait);
}

/* The output half of an event. Returns whether the backend took anything. */
static bool xencons_tx_event(struct xencons *xc)
{
	unsigned long flags;
	bool progress, wake;

	spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_progress(xc);
	/* Somebody else may have looked before; the event is no less useful. */
	progress = xc->taken != xc->event_taken;
	xc->event_taken = xc->taken;
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
 * printk's way to tx_lock. In an oops the holder may be a CPU that was stopped,
 * or this one: after a while go on without the lock, now and ever after. If the
 * holder was only slow, text is sent twice or cut, and the transport may have to
 * find its index again. Returns whether the lock is held.
 */
static bool xencons_tx_lock_printk(struct xencons *xc, unsigned long *flags)
	__acquires(&xc->tx_lock)
{
	unsigned int spins = xc->lock_lost ? 0 : XENCONS_OOPS_SPINS;

	if (!oops_in_progress) {
		spin_lock_irqsave(&xc->tx_lock, *flags);
		return true;
	}
	while (!spin_trylock_irqsave(&xc->tx_lock, *flags)) {
		if (!spins--) {
			xc->lock_lost = true;
			__acquire(&xc->tx_lock);
			return false;
		}
		cpu_relax();
	}
	return true;
}

static void xencons_tx_unlock_printk(struct xencons *xc, bool locked,
				     unsigned long flags)
	__releases(&xc->tx_lock)
{
	if (locked) {
		xencons_tx_unlock(xc, flags);
	} else {
		__release(&xc->tx_lock);
		xc->ops->notify(xc);
	}
}

/*
 * How long to wait for a backend, in microseconds: @step without progress, @max
 * in all. @taken is what it had taken at the last look of this waiter: the event
 * handler may look in between.
 */
struct xencons_patience {
	unsigned int step, max;
	unsigned int waited, total;
	u64 taken;
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

/* Queue kernel text unless a loss before it could not be reported yet. */
static size_t xencons_tx_put_text(struct xencons *xc, const char *text,
				  size_t len)
{
	size_t before = xencons_txq_len(&xc->text);
	size_t n = xc->lost ? 0 : xencons_txq_put_text(&xc->text, text, len);

	xc->stats.tx_text += xencons_txq_len(&xc->text) - before;
	return n;
}

/* The backend is dead for now: drop text and do not wait again. */
static void xencons_tx_drop(struct xencons *xc, size_t len)
{
	xc->stats.stalls += !xc->stalled;
	xc->stalled = true;
	xc->lost += len;
	xc->stats.tx_dropped += len;
}

/*
 * One turn of xencons_write_text(), under the lock. Advances the text; returns
 * whether there is still something to wait for.
 */
static bool xencons_tx_text_turn(struct xencons *xc, const char **text,
				 size_t *len, struct xencons_patience *p)
{
	bool progress = xencons_patience_progress(p, xc);
	size_t n;

	xencons_tx_drain(xc);
	n = xencons_tx_put_text(xc, *text, *len);
	*text += n;
	*len -= n;
	xencons_tx_drain(xc);

	/* Without a timer behind it, what is queued would wait for more text. */
	if (!*len && (xc->started || !xencons_txq_len(&xc->text)))
		return false;

	if (xc->stalled || xencons_patience_ends(p)) {
		xencons_tx_drop(xc, *len);
		return false;
	}
	/* Nobody may be able to hear the backend's event while we wait. */
	if (progress || !p->total)
		xc->tx_kick = xc->ops->in_flight(xc);
	return true;
}

/**
 * xencons_write_text() - send kernel text
 * @xc: the console
 * @text: the text; line feeds become CR LF
 * @len: how many bytes
 *
 * Waits for room as long as the backend makes progress, and at most
 * XENCONS_STALL_MAX_US. Without progress for XENCONS_STALL_US, the rest is dropped
 * and counted, and so is, without waiting, all that does not fit until the backend
 * moves again. Then one line in the text says how much is missing.
 *
 * Before xencons_start() it also waits until the text is in the transport.
 *
 * Context: any in which printk calls consoles.
 */
void xencons_write_text(struct xencons *xc, const char *text, size_t len)
{
	struct xencons_patience p = {
		.step = XENCONS_STALL_US, .max = XENCONS_STALL_MAX_US,
	};
	unsigned long flags = 0;
	bool locked, wait;

	for (;;) {
		locked = xencons_tx_lock_printk(xc, &flags);
		wait = xencons_tx_text_turn(xc, &text, &len, &p);
		xencons_tx_unlock_printk(xc, locked, flags);
		if (!wait)
			break;
		xencons_patience_wait(&p, xc);
	}
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
	unsigned long flags;
	size_t n, done = 0;

	spin_lock_irqsave(&xc->tx_lock, flags);
	do {
		n = xencons_txq_put(&xc->user, buf + done, len - done);
		done += n;
		xencons_tx_drain(xc);
	} while (n && done < len);
	xc->stats.tx_user += done;
	xencons_tx_unlock(xc, flags);

	return done;
}

/**
 * xencons_put_user() - queue one byte of user text without sending it
 * @xc: the console
 * @ch: the byte
 *
 * Context: any but printk's. xencons_send() must follow.
 * Return: whether there was room.
 */
bool xencons_put_user(struct xencons *xc, u8 ch)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&xc->tx_lock, flags);
	done = xencons_txq_put(&xc->user, &ch, 1);
	xc->stats.tx_user += done;
	spin_unlock_irqrestore(&xc->tx_lock, flags);

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

	spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_drain(xc);
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

	spin_lock_irqsave(&xc->tx_lock, flags);
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

	spin_lock_irqsave(&xc->tx_lock, flags);
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

	spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_txq_purge(&xc->user);
	spin_unlock_irqrestore(&xc->tx_lock, flags);

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

	spin_lock_irqsave(&xc->tx_lock, flags);
	room = xencons_txq_room(&xc->user);
	spin_unlock_irqrestore(&xc->tx_lock, flags);

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

	spin_lock_irqsave(&xc->tx_lock, flags);
	len = xencons_txq_len(&xc->user);
	spin_unlock_irqrestore(&xc->tx_lock, flags);

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

	spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_progress(xc);
	taken = !xencons_txq_len(&xc->user) && xc->taken >= xc->user_mark;
	spin_unlock_irqrestore(&xc->tx_lock, flags);

	return taken;
}

/**
 * xencons_flush() - last words: wait until the backend took everything
 * @xc: the console
 *
 * Gives up when the backend takes nothing for XENCONS_FLUSH_US, or not all in
 * XENCONS_FLUSH_MAX_US.
 *
 * Context: any, with interrupts on or off, also when other CPUs are stopped.
 */
void xencons_flush(struct xencons *xc)
{
	struct xencons_patience p = {
		.step = XENCONS_FLUSH_US, .max = XENCONS_FLUSH_MAX_US,
	};
	bool busy, locked, progress;
	unsigned long flags = 0;

	for (;;) {
		locked = xencons_tx_lock_printk(xc, &flags);
		/* Nobody will press ^Q any more. */
		xc->user_stopped = false;
		progress = xencons_patience_progress(&p, xc);
		if (progress || !p.total)
			xc->tx_kick = xc->ops->in_flight(xc);
		xencons_tx_drain(xc);
		busy = xencons_tx_busy(xc);
		xencons_tx_unlock_printk(xc, locked, flags);

		if (!busy || xencons_patience_ends(&p))
			break;
		xencons_patience_wait(&p, xc);
	}
}

/*
 * Input.
 */

/* Up to XENCONS_RX_CHUNK bytes of input, sorted. */
struct xencons_rx_chunk {
	size_t len;			/* bytes fetched */
	size_t chars, keys;		/* bytes in each of these */
	u8 in[XENCONS_RX_CHUNK];
	u8 out[XENCONS_RX_CHUNK + 1];	/* one more: a ^O kept back before */
	u8 key[XENCONS_RX_CHUNK];
};

static void xencons_rx_sort_one(struct xencons_rx_chunk *c, u8 ch,
				enum xencons_sysrq_verdict verdict)
{
	switch (verdict) {
	case XENCONS_SYSRQ_HOLD:
		break;
	case XENCONS_SYSRQ_KEY:
		c->key[c->keys++] = ch;
		break;
	case XENCONS_SYSRQ_LATE_HOLD:
		c->out[c->chars++] = XENCONS_SYSRQ_INTRO;
		break;
	case XENCONS_SYSRQ_LATE:
		c->out[c->chars++] = XENCONS_SYSRQ_INTRO;
		fallthrough;
	case XENCONS_SYSRQ_PASS:
		c->out[c->chars++] = ch;
		break;
	}
}

/* Sort what was fetched into bytes for the tty and SysRq keys. */
static void xencons_rx_sort(struct xencons *xc, struct xencons_rx_chunk *c)
{
	enum xencons_sysrq_verdict verdict = XENCONS_SYSRQ_PASS;
	bool filter = sysrq_mask();
	size_t i;

	lockdep_assert_held(&xc->rx_lock);

	for (i = 0; i < c->len; i++) {
		if (filter)
			verdict = xencons_sysrq_filter(&xc->sysrq, c->in[i],
						       jiffies,
						       XENCONS_SYSRQ_WINDOW);
		xencons_rx_sort_one(c, c->in[i], verdict);
	}
}

/*
 * Fetch a chunk, no more than the tty's buffer has room for: the rest is safe
 * where it is. The timer comes back if there was no room.
 */
static void xencons_rx_fetch(struct xencons *xc, struct xencons_rx_chunk *c)
{
	int room = 0;

	lockdep_assert_held(&xc->rx_lock);

	c->len = 0;
	c->chars = 0;
	c->keys = 0;
	if (xc->throttled)
		return;

	room = tty_buffer_request_room(&xc->port, sizeof(c->out));
	xc->rx_blocked = room < 2;
	if (xc->rx_blocked)
		return;

	c->len = xc->ops->recv(xc, c->in,
			       min_t(size_t, room - 1, sizeof(c->in)));
	xencons_rx_sort(xc, c);
	tty_insert_flip_string(&xc->port, c->out, c->chars);
	if (c->chars)
		tty_flip_buffer_push(&xc->port);
	xc->stats.rx += c->chars;
	xc->stats.sysrq += c->keys;
}

static void xencons_rx_fire(const struct xencons_rx_chunk *c)
{
	size_t i;

	for (i = 0; i < c->keys; i++)
		handle_sysrq(c->key[i]);
}

/* Fetch input until there is no more. Returns the number of bytes. */
static size_t xencons_rx_event(struct xencons *xc)
{
	struct xencons_rx_chunk c;
	unsigned long flags;
	bool blocked, kick;
	size_t total = 0;

	/* Whatever comes after this many bytes has an event of its own. */
	do {
		spin_lock_irqsave(&xc->rx_lock, flags);
		xencons_rx_fetch(xc, &c);
		spin_unlock_irqrestore(&xc->rx_lock, flags);
		xencons_rx_fire(&c);
		total += c.len;
	} while (c.len && total < XENCONS_RX_MAX);

	spin_lock_irqsave(&xc->rx_lock, flags);
	blocked = xc->rx_blocked;
	kick = xc->rx_kick;
	xc->rx_kick = false;
	if (kick)
		xc->stats.notifies++;
	spin_unlock_irqrestore(&xc->rx_lock, flags);

	if (kick)
		xc->ops->notify(xc);
	if (blocked)
		xencons_want_tick(xc);
	return total;
}

/**
 * xencons_rx() - fetch input that was left in the transport
 * @xc: the console
 *
 * Also passes on what came in while nobody had the tty open. Context: process.
 */
void xencons_rx(struct xencons *xc)
{
	unsigned long flags;

	xencons_rx_event(xc);

	/* The producer side: pushing races with inserting. */
	spin_lock_irqsave(&xc->rx_lock, flags);
	tty_flip_buffer_push(&xc->port);
	spin_unlock_irqrestore(&xc->rx_lock, flags);
}

/**
 * xencons_throttle() - leave input in the transport, or no longer
 * @xc: the console
 * @throttle: leave it? When that ends, xencons_rx() must follow
 *
 * Context: process.
 */
void xencons_throttle(struct xencons *xc, bool throttle)
{
	unsigned long flags;

	spin_lock_irqsave(&xc->rx_lock, flags);
	xc->throttled = throttle;
	spin_unlock_irqrestore(&xc->rx_lock, flags);
}

/*
 * An event while input may not be fetched: the backend may be filling the ring, as
 * it should, but not for ever.
 */
static bool xencons_rx_held(struct xencons *xc, bool input)
{
	bool held = READ_ONCE(xc->throttled) || READ_ONCE(xc->rx_blocked);

	if (input || !held)
		xc->held_events = 0;
	return held && xc->held_events++ < XENCONS_RX_HELD_EVENTS;
}

/*
 * Events, time and life.
 */

/**
 * xencons_event() - the backend sent an event
 * @xc: the console
 *
 * Context: hardirq, one event at a time; or whatever a test likes.
 * Return: whether it brought input or progress; if not it was spurious.
 */
bool xencons_event(struct xencons *xc)
{
	bool input = xencons_rx_event(xc);
	bool progress = xencons_tx_event(xc);
	bool useful = xencons_rx_held(xc, input) || input || progress;

	xc->stats.events++;
	xc->stats.useless += !useful;
	return useful;
}

/*
 * Some backends never send an event for output, and an event can get lost: while
 * data waits, look now and then. A backend that moved on its own is left alone.
 * Where events could not be had at all, this is all there is.
 */
static void xencons_tick(struct timer_list *timer)
{
	struct xencons *xc = container_of(timer, struct xencons, timer);
	unsigned long flags;

	spin_lock_irqsave(&xc->tx_lock, flags);
	xencons_tx_progress(xc);
	xencons_tx_drain(xc);
	if (xc->taken == xc->timer_taken && xc->ops->in_flight(xc))
		xc->tx_kick = true;
	xc->timer_taken = xc->taken;
	xencons_tx_unlock(xc, flags);

	xencons_tx_wake(xc);
	if (READ_ONCE(xc->rx_blocked) || !READ_ONCE(xc->events_on))
		xencons_rx_event(xc);
}

static void xencons_start_timer(struct irq_work *work)
{
	struct xencons *xc = container_of(work, struct xencons, timer_work);

	if (READ_ONCE(xc->started))
		mod_timer(&xc->timer, jiffies + XENCONS_TICK);
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

	spin_lock_irqsave(&xc->tx_lock, flags);
	xc->started = true;
	xc->events_on = !err;
	/* Whatever the backend did until now, nobody saw its events. */
	xc->tx_kick = xc->ops->in_flight(xc);
	xencons_tx_drain(xc);
	xencons_tx_unlock(xc, flags);

	xencons_rx(xc);
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

	spin_lock_irqsave(&xc->tx_lock, flags);
	on = xc->events_on;
	xc->events_on = false;
	xc->started = false;
	spin_unlock_irqrestore(&xc->tx_lock, flags);

	if (on)
		xc->ops->stop(xc);

	/* A last tick may queue the work once more, and that start the timer. */
	del_timer_sync(&xc->timer);
	irq_work_sync(&xc->timer_work);
	del_timer_sync(&xc->timer);
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
	spin_lock_init(&xc->tx_lock);
	spin_lock_init(&xc->rx_lock);
	timer_setup(&xc->timer, xencons_tick, 0);
	init_irq_work(&xc->timer_work, xencons_start_timer);
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
