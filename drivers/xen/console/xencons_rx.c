// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input: every event fetches what the transport has, passes it through the ^O
 * filter and on to the tty. While the tty is throttled input stays in the
 * transport: the ring is the flow control.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sysrq.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>

#include "xencons.h"

/* How long ^O waits for its SysRq key. */
#define XENCONS_SYSRQ_WINDOW	(2 * HZ)

/*
 * Bytes fetched at once, and per event: as many as a transport can hold, in an input
 * ring and from before the domain was restored (XENCONS_PAGE_UNREAD).
 */
#define XENCONS_RX_CHUNK	64
#define XENCONS_RX_MAX		(1024 + 4096)

/* Events in which an honest backend fills the input ring nobody empties. */
#define XENCONS_RX_HELD_EVENTS	16

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

/**
 * xencons_rx_event() - fetch input until there is no more
 * @xc: the console
 *
 * Context: any but printk's, one at a time with xencons_rx().
 * Return: the number of bytes.
 */
size_t xencons_rx_event(struct xencons *xc)
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

/**
 * xencons_rx_held() - is this an event of a backend that fills a ring nobody empties?
 * @xc: the console
 * @input: the event brought input
 *
 * While input may not be fetched the backend may be filling the ring, as it should, but
 * not for ever.
 *
 * Context: xencons_event().
 * Return: whether it is.
 */
bool xencons_rx_held(struct xencons *xc, bool input)
{
	bool held = READ_ONCE(xc->throttled) || READ_ONCE(xc->rx_blocked);

	if (input || !held)
		xc->held_events = 0;
	return held && xc->held_events++ < XENCONS_RX_HELD_EVENTS;
}

