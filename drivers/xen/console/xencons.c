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
#define XENCONS_FLUSH_US	500000U

/* Period of the timer that helps while data waits. */
#define XENCONS_TICK		(HZ / 4)

/* How long printk spins for a lock in an oops before it goes on without. */
#define XENCONS_OOPS_SPINS	1000000U

/* How long ^O waits for its SysRq key. */
#define XENCONS_SYSRQ_WINDOW	(2 * HZ)

/* Bytes fetched at once, and per event: as many as an input ring holds. */
#define XENCONS_RX_CHUNK	64
#define XENCONS_RX_MAX		1024

/*
 * Output.
 */

/* Bytes wait in a queue or in the transport. */
static bool xencons_tx_busy(struct xencons *xc)
{
	lockdep_assert_held(&xc->tx_lock);

	return xencons_txq_len(&xc->text) || xencons_txq_len(&xc->user) ||
	       xc->xchar >= 0 || xc->ops->in_flight(xc);
}

/* Drop tx_lock, then do what was decided under it. */
static void xencons_tx_unlock(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock)
{
	bool kick = xc->tx_kick;
	bool tick = xc->started && !timer_pending(&xc->timer) &&
		    (!xc->events_on || xencons_tx_busy(xc));

	xc->tx_kick = false;
	if (kick)
		xc->stats.notifies++;
	spin_unlock_irqrestore(&xc->tx_lock, flags);

	if (kick)
		xc->ops->notify(xc);
	/* printk may hold a timer's lock, so the timer is started elsewhere. */
	if (tick)
		irq_work_queue(&xc->timer_work);
}

/*
 * Look what the backend has taken since the last look. Its first step after a
 * stall ends the stall.
 */
static bool xencons_tx_progress(struct xencons *xc)
{
	u64 taken = xc->sent - xc->ops->in_flight(xc);
	bool progress = taken != xc->taken;

	lockdep_assert_held(&xc->tx_lock);

	xc->taken = taken;
	if (progress)
		xc->stalled = false;
	return progress;
}

/* Move what fits from one queue to the transport. */
static size_t xencons_tx_move(struct xencons *xc, struct xencons_txq *q)
{
	size_t moved = 0, offered, sent;

	lockdep_assert_held(&xc->tx_lock);

	do {
		offered = xencons_txq_peek(q, xc->bounce, sizeof(xc->bounce));
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

	lockdep_assert_held(&xc->tx_lock);

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
	size_t moved = xencons_tx_move(xc, &xc->text);

	if (xc->lost) {
		xencons_tx_report(xc);
		moved += xencons_tx_move(xc, &xc->text);
	}
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

/* Move everything that fits to the transport, kernel text first. */
static size_t xencons_tx_drain(struct xencons *xc)
{
	size_t user = 0, moved = xencons_tx_text(xc);

	if (xencons_txq_len(&xc->text))
		return moved;

	moved += xencons_tx_xchar(xc);
	if (!xc->user_stopped)
		user = xencons_tx_move(xc, &xc->user);
	if (user)
		xc->user_mark = xc->sent;
	return moved + user;
}

/*
 * Wake those who wait for room or for the backend. Process, softirq or hardirq
 * context, but never from printk.
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
	bool progress;
	size_t moved;

	spin_lock_irqsave(&xc->tx_lock, flags);
	progress = xencons_tx_progress(xc);
	moved = xencons_tx_drain(xc);
	/*
	 * The backend may have read the index just before bytes were added, here
	 * or earlier, and nobody notified it because the ring was not empty: this
	 * is where the event it sends afterwards makes up for that.
	 */
	if (xc->ops->in_flight(xc))
		xc->tx_kick = true;
	xencons_tx_unlock(xc, flags);

	if (moved || progress)
		xencons_tx_wake(xc);
	return progress;
}

/*
 * printk's way to tx_lock. In an oops the holder may be a CPU that was stopped,
 * or this one: go on without the lock after a while. Whatever the holder was
 * doing to the ring ends with publishing an index, so the worst is text sent
 * twice or cut. Returns whether the lock is held.
 */
static bool xencons_tx_lock_printk(struct xencons *xc, unsigned long *flags)
	__acquires(&xc->tx_lock)
{
	unsigned int spins = XENCONS_OOPS_SPINS;

	if (!oops_in_progress) {
		spin_lock_irqsave(&xc->tx_lock, *flags);
		return true;
	}
	while (!spin_trylock_irqsave(&xc->tx_lock, *flags)) {
		if (!spins--) {
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
	if (!xc->stalled)
		xc->stats.stalls++;
	xc->stalled = true;
	xc->lost += len;
	xc->stats.tx_dropped += len;
}

/**
 * xencons_write_text() - send kernel text
 * @xc: the console
 * @text: the text; line feeds become CR LF
 * @len: how many bytes
 *
 * Waits for room as long as the backend makes progress. Without any for
 * XENCONS_STALL_US, the rest is dropped and counted, and so is, without waiting,
 * all that does not fit until the backend moves again. Then one line in the text
 * says how much is missing.
 *
 * Context: any in which printk calls consoles.
 */
void xencons_write_text(struct xencons *xc, const char *text, size_t len)
{
	unsigned int waited = 0;
	unsigned long flags = 0;
	bool locked;
	size_t n;

	for (;;) {
		locked = xencons_tx_lock_printk(xc, &flags);
		if (xencons_tx_progress(xc))
			waited = 0;
		xencons_tx_text(xc);
		n = xencons_tx_put_text(xc, text, len);
		text += n;
		len -= n;
		xencons_tx_text(xc);
		if (len && (xc->stalled || waited >= XENCONS_STALL_US)) {
			xencons_tx_drop(xc, len);
			len = 0;
		}
		xencons_tx_unlock_printk(xc, locked, flags);

		if (!len)
			break;
		waited += xc->ops->wait(xc);
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
	xencons_tx_unlock(xc, flags);

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
 * Gives up when the backend takes nothing for XENCONS_FLUSH_US. User text that
 * was held back goes out too.
 *
 * Context: any, with interrupts on or off, also when other CPUs are stopped.
 */
void xencons_flush(struct xencons *xc)
{
	unsigned int waited = 0;
	unsigned long flags = 0;
	bool busy, locked;

	for (;;) {
		locked = xencons_tx_lock_printk(xc, &flags);
		xc->user_stopped = false;
		if (xencons_tx_progress(xc) || !waited) {
			waited = 0;
			xc->tx_kick = xc->ops->in_flight(xc);
		}
		xencons_tx_drain(xc);
		busy = xencons_tx_busy(xc);
		xencons_tx_unlock_printk(xc, locked, flags);

		if (!busy || waited >= XENCONS_FLUSH_US)
			break;
		waited += xc->ops->wait(xc);
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

	if (total)
		tty_flip_buffer_push(&xc->port);

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
		irq_work_queue(&xc->timer_work);
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
	xencons_rx_event(xc);
	tty_flip_buffer_push(&xc->port);
}

/**
 * xencons_throttle() - leave input in the transport, or fetch it again
 * @xc: the console
 * @throttle: leave it?
 *
 * Context: process.
 */
void xencons_throttle(struct xencons *xc, bool throttle)
{
	unsigned long flags;

	spin_lock_irqsave(&xc->rx_lock, flags);
	xc->throttled = throttle;
	spin_unlock_irqrestore(&xc->rx_lock, flags);

	if (!throttle)
		xencons_rx(xc);
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

	xc->stats.events++;
	if (!input && !progress)
		xc->stats.useless++;
	return input || progress;
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
