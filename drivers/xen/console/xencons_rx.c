// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input: every event fetches what the transport has, passes it through the ^O
 * filter and on to the tty. While the tty is throttled, or has no room for the echo,
 * input stays in the transport: the ring is the flow control. Without a reader there is
 * none, because SysRq must get through: what is typed first waits for who opens next,
 * and what there is no room for is dropped. Where there is no SysRq it stays in the
 * transport.
 */
#include <linux/atomic.h>
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

/*
 * Room that must be left for the echo of each byte of input: two bytes for a control
 * character or the end of a line, three for an erased character.
 */
#define XENCONS_RX_ECHO		4

/* Bytes that get through at each tick without that: SysRq, ^C, the end of a paste. */
#define XENCONS_RX_LEAST	16

/* Up to XENCONS_RX_CHUNK bytes of input, sorted. */
struct xencons_rx_chunk {
	size_t len;			/* bytes fetched */
	bool more;			/* there may be more where they came from */
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
	case XENCONS_SYSRQ_BOTH:
		c->out[c->chars++] = XENCONS_SYSRQ_INTRO;
		fallthrough;
	case XENCONS_SYSRQ_PASS:
		c->out[c->chars++] = ch;
		break;
	}
}

/* Sort what was fetched into bytes for the tty and SysRq keys. */
static void xencons_rx_sort(struct xencons_input *in,
			    struct xencons_rx_chunk *c)
{
	enum xencons_sysrq_verdict verdict;
	int mask = in->wire->ops->raw ? 0 : sysrq_mask();
	size_t i;

	for (i = 0; i < c->len; i++) {
		verdict = xencons_sysrq_filter(&in->sysrq, c->in[i], mask,
					       jiffies);
		xencons_rx_sort_one(c, c->in[i], verdict);
	}
}

/* Does anybody have the tty open, or is about to? From its last close on nobody does. */
static bool xencons_rx_wanted(struct xencons_input *in)
{
	return tty_port_initialized(in->port);
}

/* Pass on what came in, but not to the line discipline of a session that is over. */
static void xencons_rx_push(struct xencons_input *in)
{
	if (xencons_rx_wanted(in))
		tty_flip_buffer_push(in->port);
}

/*
 * Would the echo of all input that the line discipline has not seen yet fit? It
 * throws away what does not, and backends type faster than they take output. While
 * output is stopped there is no waiting for it: ^Q must get through.
 */
static bool xencons_rx_echo_fits(struct xencons_input *in)
{
	size_t unseen = atomic_read(&in->port->buf.mem_used);

	return !READ_ONCE(in->echo) ||
	       READ_ONCE(in->out->user_state) == XENCONS_USER_STOPPED ||
	       unseen * XENCONS_RX_ECHO <= xencons_user_room(in->out);
}

/*
 * Bytes that may be fetched, at least @least if there is memory for them. One more is
 * needed for a ^O kept back before.
 */
static size_t xencons_rx_room(struct xencons_input *in, size_t least)
{
	bool echo_fits;
	int room;

	if (in->intake != XENCONS_INTAKE_THROTTLED)
		in->intake = XENCONS_INTAKE_OPEN;
	/* No SysRq key may be among the bytes of programs. */
	if (!xencons_rx_wanted(in))
		return in->wire->ops->raw ? 0 : XENCONS_RX_CHUNK;
	if (in->intake == XENCONS_INTAKE_THROTTLED)
		return 0;

	room = tty_buffer_request_room(in->port, XENCONS_RX_CHUNK + 1) - 1;
	echo_fits = xencons_rx_echo_fits(in);
	if (room <= 0 || !echo_fits)
		in->intake = XENCONS_INTAKE_BLOCKED;
	if (room <= 0)
		return 0;
	return echo_fits ? room : min_t(size_t, room, least);
}

/* A ^O that no key follows is input, as soon as there is room for it. */
static void xencons_rx_give_up(struct xencons_input *in,
			       struct xencons_rx_chunk *c)
{
	if (!xencons_sysrq_late(&in->sysrq, jiffies, XENCONS_SYSRQ_WINDOW) ||
	    (xencons_rx_wanted(in) && !tty_buffer_request_room(in->port, 1)))
		return;
	in->sysrq.held = false;
	c->out[c->chars++] = XENCONS_SYSRQ_INTRO;
}

static void xencons_rx_deliver(struct xencons_input *in,
			       const struct xencons_rx_chunk *c)
{
	size_t n = tty_insert_flip_string(in->port, c->out, c->chars);

	if (n)
		xencons_rx_push(in);
	in->stats.bytes += n;
	in->stats.dropped += c->chars - n;
	in->stats.sysrq += c->keys;
}

/*
 * Fetch a chunk, no more than the tty takes: the rest is safe where it is. The timer
 * comes back for it.
 */
static void xencons_rx_fetch(struct xencons_input *in,
			     struct xencons_rx_chunk *c, size_t least)
{
	size_t room;

	lockdep_assert_held(&in->rx_lock);

	c->len = 0;
	c->more = false;
	c->chars = 0;
	c->keys = 0;
	xencons_rx_give_up(in, c);

	room = min(xencons_rx_room(in, least), sizeof(c->in));
	if (room) {
		c->len = in->wire->ops->recv(in->wire, c->in, room);
		c->more = c->len == room;
		xencons_rx_sort(in, c);
	}
	xencons_rx_deliver(in, c);
}

static void xencons_rx_fire(const struct xencons_rx_chunk *c)
{
	size_t i;

	for (i = 0; i < c->keys; i++)
		xencons_printk_sysrq(c->key[i]);
}

/* Must somebody look again, though nothing comes in? */
static bool xencons_rx_waits(struct xencons_input *in)
{
	return READ_ONCE(in->intake) == XENCONS_INTAKE_BLOCKED ||
	       READ_ONCE(in->sysrq.held);
}

/**
 * xencons_rx_all() - fetch input until there is no more, or the tty takes no more
 * @in: of the console
 * @least: bytes that the tty gets even if it has no room for their echo
 *
 * Context: any but printk's and NMI.
 * Return: the number of bytes.
 */
size_t xencons_rx_all(struct xencons_input *in, size_t least)
{
	struct xencons_rx_chunk c;
	bool again, kick, last;
	unsigned long flags;
	size_t total = 0;

	/* Whatever comes later, or after this many bytes, has an event of its own. */
	do {
		spin_lock_irqsave(&in->rx_lock, flags);
		xencons_rx_fetch(in, &c, total ? 0 : least);
		total += c.len;
		last = !c.more || total >= XENCONS_RX_MAX;
		again = xencons_rx_waits(in);
		kick = last && in->wire->rx_kick;
		in->wire->rx_kick &= !last;
		spin_unlock_irqrestore(&in->rx_lock, flags);

		/* Before a key that may not come back for long. */
		if (kick) {
			in->wire->stats.notifies++;
			in->wire->ops->notify(in->wire);
		}
		xencons_rx_fire(&c);
	} while (!last);

	if (again)
		xencons_want_tick(in->wire);
	return total;
}

/**
 * xencons_rx_tick() - fetch input nobody announced, or that had to wait, and give a ^O up
 * @in: of the console
 *
 * Context: softirq.
 */
void xencons_rx_tick(struct xencons_input *in)
{
	if (xencons_rx_waits(in) || READ_ONCE(in->wire->life) != XENCONS_LIVE)
		xencons_rx_all(in, XENCONS_RX_LEAST);
}

/**
 * xencons_rx() - fetch input that was left in the transport
 * @in: of the console
 *
 * Also passes on what came in while nobody had the tty open. Context: process.
 */
void xencons_rx(struct xencons_input *in)
{
	unsigned long flags;

	xencons_rx_all(in, 0);

	/* The producer side: pushing races with inserting. */
	spin_lock_irqsave(&in->rx_lock, flags);
	xencons_rx_push(in);
	spin_unlock_irqrestore(&in->rx_lock, flags);
}

/**
 * xencons_rx_lost() - count input that is lost with its transport
 * @in: of the console
 * @len: bytes
 *
 * Context: rx_lock held, unless a dying machine passes it by.
 */
void xencons_rx_lost(struct xencons_input *in, size_t len)
{
	in->stats.dropped += len;
}

/**
 * xencons_throttle() - leave input in the transport, or no longer
 * @in: of the console
 * @throttle: leave it? When that ends, xencons_rx() must follow
 *
 * Context: process.
 */
void xencons_throttle(struct xencons_input *in, bool throttle)
{
	unsigned long flags;

	spin_lock_irqsave(&in->rx_lock, flags);
	in->intake = throttle ? XENCONS_INTAKE_THROTTLED : XENCONS_INTAKE_OPEN;
	spin_unlock_irqrestore(&in->rx_lock, flags);
}

/**
 * xencons_rx_init() - let input come in
 * @in: zeroed memory
 * @out: where its echo goes
 * @port: where it goes
 */
void xencons_rx_init(struct xencons_input *in, struct xencons_output *out,
		     struct tty_port *port)
{
	in->wire = out->wire;
	in->out = out;
	in->port = port;
	spin_lock_init(&in->rx_lock);
}
