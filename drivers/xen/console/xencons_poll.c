// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polling for kgdb. The kernel stands still: every CPU was stopped wherever it was,
 * perhaps under one of our locks. So nothing here waits without a limit, and a lock
 * that cannot be had is passed by. What comes in is for the debugger: no ^O, no tty.
 *
 * No event is handled meanwhile and no timer ticks: each byte notifies the backend.
 */
#include <linux/processor.h>
#include <linux/serial_core.h>
#include <linux/tty_driver.h>

#include "xencons.h"

/* How often rx_lock is tried: its holder copies some bytes, or is stopped. */
#define XENCONS_POLL_SPINS	1000U

/*
 * How long a byte waits for room in all. Longer than xenconsoled may leave a busy
 * console alone; if it is lost nevertheless, the other debugger asks again.
 */
#define XENCONS_POLL_US		1000000U

/**
 * xencons_poll_init() - can this line be polled?
 * @driver: of the console
 * @line: counted from 0, whatever the number in the name is
 * @options: there are none
 *
 * Context: process.
 * Return: 0, or -ENODEV for a channel.
 */
int xencons_poll_init(struct tty_driver *driver, int line, char *options)
{
	return driver->driver_state ? 0 : -ENODEV;
}

static bool xencons_poll_lock(struct xencons_input *in, unsigned long *flags)
	__acquires(&in->rx_lock)
{
	unsigned int spins = XENCONS_POLL_SPINS;

	while (!spin_trylock_irqsave(&in->rx_lock, *flags)) {
		if (!spins--) {
			__acquire(&in->rx_lock);
			return false;
		}
		cpu_relax();
	}
	return true;
}

static void xencons_poll_unlock(struct xencons_input *in, bool locked,
				unsigned long flags)
	__releases(&in->rx_lock)
{
	if (locked)
		spin_unlock_irqrestore(&in->rx_lock, flags);
	else
		__release(&in->rx_lock);
}

/**
 * xencons_poll_get_char() - fetch a byte of input
 * @driver: of the console
 * @line: 0
 *
 * Context: any. Never waits.
 * Return: the byte, or NO_POLL_CHAR.
 */
int xencons_poll_get_char(struct tty_driver *driver, int line)
{
	struct xencons *xc = driver->driver_state;
	struct xencons_wire *wire = &xc->wire;
	unsigned long flags = 0;
	bool locked, kick;
	size_t n;
	u8 ch;

	locked = xencons_poll_lock(&xc->input, &flags);
	n = wire->ops->recv(wire, &ch, 1);
	kick = wire->rx_kick;
	wire->rx_kick = false;
	xencons_poll_unlock(&xc->input, locked, flags);

	if (kick) {
		wire->stats.notifies++;
		wire->ops->notify(wire);
	}
	return n ? ch : NO_POLL_CHAR;
}

/*
 * Send what is queued, then the byte, but not before it: the backend may make room at
 * any time. User text that the terminal stopped stays where it is. Returns whether the
 * byte is sent or nothing moves any more.
 */
static bool xencons_poll_send(struct xencons_output *out, u8 ch,
			      unsigned int waited)
{
	size_t sent = 0;

	xencons_tx_progress(out);
	xencons_tx_drain(out);
	if (!xencons_txq_len(&out->text) &&
	    (out->user_state == XENCONS_USER_STOPPED ||
	     !xencons_txq_len(&out->user)))
		sent = xencons_tx_give(out, &ch, 1);
	out->wire->tx_kick = true;

	/* Wait for a dead backend once, not for each byte. */
	if (!sent && waited >= XENCONS_POLL_US)
		out->stall = XENCONS_DEAD;
	return sent || out->stall == XENCONS_DEAD;
}

static void xencons_poll_put(struct xencons_output *out, u8 ch)
{
	unsigned int waited = 0;
	unsigned long flags = 0;
	bool locked, done;

	for (;;) {
		locked = xencons_text_lock(out, &flags);
		done = xencons_poll_send(out, ch, waited);
		xencons_text_unlock(out, locked, flags);
		if (done)
			break;
		waited += out->wire->ops->wait(out->wire);
	}
}

/**
 * xencons_poll_put_char() - send a byte, after everything that is queued
 * @driver: of the console
 * @line: 0
 * @ch: the byte; a line feed goes out as CR LF, as kdb expects of a serial line
 *
 * Waits for room, but no longer than XENCONS_POLL_US, and after that not again until
 * the backend moves. Without room the byte is lost.
 *
 * Context: any.
 */
void xencons_poll_put_char(struct tty_driver *driver, int line, char ch)
{
	struct xencons *xc = driver->driver_state;

	if (ch == '\n')
		xencons_poll_put(&xc->output, '\r');
	xencons_poll_put(&xc->output, ch);
}
