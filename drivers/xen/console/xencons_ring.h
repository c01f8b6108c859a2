/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the ring transport share. */
#ifndef __XENCONS_RING_H
#define __XENCONS_RING_H

#include <linux/types.h>
#include <xen/interface/event_channel.h>

#include "xencons.h"
#include "xencons_page.h"

/**
 * enum xencons_ring_state - whether the page may be used; from XENCONS_RING_ASLEEP on nobody does
 * @XENCONS_RING_AWAKE: yes
 * @XENCONS_RING_LENT: another driver does, only last words go there
 * @XENCONS_RING_HELD: the domain is about to be suspended, output stays in the queues
 * @XENCONS_RING_ASLEEP: no, what was on its way is in struct xencons_page_saved
 * @XENCONS_RING_GONE: the same, and there is no page
 */
enum xencons_ring_state {
	XENCONS_RING_AWAKE,
	XENCONS_RING_LENT,
	XENCONS_RING_HELD,
	XENCONS_RING_ASLEEP,
	XENCONS_RING_GONE,
};

/**
 * struct xencons_ring - a console on a shared page
 * @xc: the console
 * @intf: the page; NULL without one
 * @port: event channel
 * @irq: bound to @port; 0 before
 * @out_prod: our index of the output ring; tx_lock
 * @queued: bytes in the output ring when it was last seen legal; tx_lock
 * @in_cons: our index of the input ring; rx_lock
 * @alerted: illegal indices were reported; interrupt handler only
 * @state: whether the page may be used; tx_lock, and rx_lock to fall asleep and wake
 * @saved: output while asleep; input, which rx_lock protects, until it is fetched
 */
struct xencons_ring {
	struct xencons xc;
	struct xencons_interface *intf;
	evtchn_port_t port;
	int irq;
	XENCONS_RING_IDX out_prod;
	size_t queued;
	XENCONS_RING_IDX in_cons;
	bool alerted;
	enum xencons_ring_state state;
	struct xencons_page_saved saved;
};

static inline struct xencons_ring *to_ring(struct xencons_wire *wire)
{
	return container_of(wire, struct xencons_ring, xc.wire);
}

/* xencons_ring.c: what all rings do; see struct xencons_ops for those it has */
size_t xencons_ring_send(struct xencons_wire *wire, const u8 *buf, size_t len);
size_t xencons_ring_in_flight(struct xencons_wire *wire);
size_t xencons_ring_recv(struct xencons_wire *wire, u8 *buf, size_t len);
void xencons_ring_notify(struct xencons_wire *wire);
unsigned int xencons_ring_wait(struct xencons_wire *wire);
void xencons_ring_show(struct xencons_wire *wire, struct seq_file *m);
int xencons_ring_bind(struct xencons_ring *ring);
void xencons_ring_wake(struct xencons_ring *ring);

/* xencons_suspend.c */
void xencons_suspend_freeze(struct xencons_ring *ring);
void xencons_suspend_thaw(struct xencons_ring *ring, evtchn_port_t port);

/* xencons_primary.c: the domain's own console */
void xencons_primary_lend(struct xencons_ring *ring);
void xencons_primary_adopt(struct xencons_ring *ring);

#endif /* __XENCONS_RING_H */
