// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend, restore and migration of a domU, for each shared ring. The toolstack asks for
 * it through xenstore, and drivers/xen/manage.c freezes processes and devices, stops all
 * CPUs but one and makes the hypercall. The domain that wakes up may be another one: its
 * consoles have other ports, and the page of the primary one is zeroed, but for PV
 * guests, whose page is saved with the rest of their memory. A channel gets a new page.
 * If the suspend is cancelled, nothing has changed.
 *
 * What is in the ring when the domain is gone may be lost, or be on the page of the new
 * domain although the old one's backend took it. So nothing new goes into the ring and
 * the backend gets its time to take what is there, and what it does not take is taken
 * back, to be sent once there is a backend. Meanwhile text waits in the queues, where it
 * is saved with the domain.
 *
 * All this happens after other devices were frozen, and before they go on, so that their
 * messages are seen.
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/printk.h>
#include <linux/sched/mm.h>

#include <xen/events.h>

#include "xencons_ring.h"

/**
 * xencons_suspend_freeze() - the domain is about to be suspended
 * @ring: a console of it
 *
 * Context: process. Devices are asleep.
 */
void xencons_suspend_freeze(struct xencons_ring *ring)
{
	struct xencons *xc = &ring->xc;
	unsigned long flags;

	/* Since a restore that found no console. */
	if (ring->state >= XENCONS_RING_ASLEEP)
		return;

	xencons_tx_lock(&xc->output, &flags);
	ring->state = XENCONS_RING_HELD;
	xencons_tx_drop(&xc->output, flags);

	xencons_settle(&xc->output);

	xencons_lock_both(xc, &flags);
	xencons_page_suspend(ring->intf, &ring->out_prod, ring->in_cons,
			     &ring->saved);
	WRITE_ONCE(ring->state, XENCONS_RING_ASLEEP);
	xencons_unlock_both(xc, flags);
}

/*
 * The interrupt, if there is one, is bound to nothing any more.
 *
 * rebind_evtchn_irq() would keep the interrupt's number, but also an acknowledgment that
 * got lost because it came after the old port had gone: then no event is handled any
 * more. There is no port left that unbinding could close. Disks may be asleep.
 */
static int xencons_suspend_rebind(struct xencons_ring *ring)
{
	unsigned int noio = memalloc_noio_save();
	int err;

	if (ring->irq)
		unbind_from_irqhandler(ring->irq, ring);
	ring->irq = 0;
	err = xencons_ring_bind(ring);
	memalloc_noio_restore(noio);
	return err;
}

/**
 * xencons_suspend_thaw() - use the page that was left, or the one in its place
 * @ring: the console
 * @port: its event channel
 *
 * The same for a suspend that was cancelled and for a restored domain, which has lost all
 * its event channels. An interrupt that could not be had before is asked for again. Where
 * the console was taken over from hvc_xen, that has bound the new port to the interrupt
 * both share; then only an acknowledgment may have got lost with the old one.
 *
 * Context: process. Devices are asleep.
 */
void xencons_suspend_thaw(struct xencons_ring *ring, evtchn_port_t port)
{
	struct xencons *xc = &ring->xc;
	unsigned long flags;
	int err = 0;

	xencons_lock_both(xc, &flags);
	ring->port = port;
	xencons_ring_wake(ring);
	/* Whoever waits for room was perhaps told when nobody could be. */
	xc->wire.rx_kick = true;
	/* A kernel that comes back from kexec had said them. */
	xc->wire.last_words = false;
	xencons_unlock_both(xc, flags);

	if (ring->irq && (int)irq_from_evtchn(port) == ring->irq)
		xen_irq_lateeoi(ring->irq, 0);
	else
		err = xencons_suspend_rebind(ring);
	if (err)
		pr_warn("%s%u: no events of the backend, slow: error %d\n",
			xc->line.name, xc->line.num, err);
	xencons_resume(xc, !err);
}
