/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __XENCONS_RAM_H
#define __XENCONS_RAM_H

#include <kunit/test.h>
#include <linux/irq_work.h>
#include <linux/types.h>

#include "../xencons.h"

struct file;

#define XENCONS_RAM_RING	64U	/* bytes in each ring */
#define XENCONS_RAM_QUEUE	128U	/* bytes in each queue of the console */
#define XENCONS_RAM_LOG		32768U	/* what the backend remembers */
#define XENCONS_RAM_WAIT_US	10000U	/* what wait() says it took */

/**
 * struct xencons_ram - a console whose backend is the test
 * @xc: the console
 * @out: output ring
 * @in: input ring
 * @out_prod: bytes the console sent
 * @out_cons: bytes the backend took
 * @in_prod: bytes the backend typed
 * @in_cons: bytes the console fetched
 *
 * @log: the last bytes the backend took, NUL terminated
 * @logged: how many there are
 * @every: the backend moves in every so many waits of the console
 * @pace: and takes so many bytes then; 0 for a backend that is dead
 * @wobbles: the backend moves its index a byte forth and back instead
 * @held: the transport takes no output, as while the domain is suspended
 * @piece: bytes the transport takes in one go, 0 for all
 * @while_waiting: what else happens in each wait of the console, or NULL
 * @alive: the backend takes all at once whenever it is notified, and sends an event
 *
 * @waits: how often the console waited
 * @notifies: how often the console notified the backend
 * @sends: how often the console offered output
 * @greedy: of these before it had dropped its lock, as it was asked to
 * @start_error: what starting says
 * @event: sends the console an event from hardirq context
 * @useful: what the console answered to the last event
 */
struct xencons_ram {
	struct xencons xc;
	u8 out[XENCONS_RAM_RING], in[XENCONS_RAM_RING];
	size_t out_prod, out_cons, in_prod, in_cons;

	char log[XENCONS_RAM_LOG + 1];
	size_t logged;
	unsigned int every, pace, piece;
	bool wobbles, held, alive;
	void (*while_waiting)(struct xencons_ram *ram);

	unsigned int waits, notifies, sends, greedy;
	int start_error;
	struct irq_work event;
	bool useful;
};

struct xencons_ram *xencons_ram_create(struct kunit *test, unsigned int bufsz);
void xencons_ram_park(struct xencons *xc);
bool xencons_ram_expire(struct xencons *xc);
void xencons_ram_await_send(struct xencons *xc);
void xencons_ram_destroy(struct xencons_ram *ram);
size_t xencons_ram_take(struct xencons_ram *ram, size_t len);
bool xencons_ram_event(struct xencons_ram *ram);
void xencons_ram_serve(struct xencons_ram *ram);
bool xencons_ram_tick(struct xencons_ram *ram);
void xencons_ram_forget(struct xencons_ram *ram);
void xencons_ram_tty_unregister(struct kunit *test, struct xencons *xc);
struct file *xencons_ram_open(const char *fs, const char *path, int flags);
size_t xencons_ram_type(struct xencons_ram *ram, const void *text, size_t len);

#endif /* __XENCONS_RAM_H */
