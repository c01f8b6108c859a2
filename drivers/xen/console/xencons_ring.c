// SPDX-License-Identifier: GPL-2.0-only
/*
 * A console on a page that is shared with its backend, and the event channel that goes
 * with it. What may be believed of the page, and which barrier pairs with what, is in
 * xencons_page.c; this file handles the interrupt, and says when the backend must be
 * notified. Where page and port come from is in xencons_primary.c and xencons_xenbus.c.
 *
 * A backend event that brings neither input nor progress is reported as spurious
 * when it is acknowledged, so that a backend gone mad is slowed down by the event
 * channel code (XSA-391).
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/interrupt.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>

#ifdef CONFIG_X86
#include <asm/pvclock.h>
#endif
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <xen/events.h>
#include <xen/interface/sched.h>
#include <xen/xen-ops.h>

#include "xencons_ring.h"

/* The longest single wait, see struct xencons_ops. */
#define XENCONS_RING_WAIT_US	10000U

/*
 * tx_lock held. An oops that wrote without the lock may have left our own index
 * behind the backend's: go on where the backend is.
 */
static void xencons_ring_recover(struct xencons_ring *ring)
{
	if (ring->xc.output.tx_lock.lost)
		ring->out_prod = READ_ONCE(ring->intf->out_cons);
}

/**
 * xencons_ring_wake() - use the page, or the one in its place, again
 * @ring: the console, awake or not: an oops may have woken it before the suspend
 *
 * Context: rx_lock and tx_lock held; or last words, which make do with what there is.
 */
void xencons_ring_wake(struct xencons_ring *ring)
{
	xencons_tx_assert_locked(&ring->xc.output);
	if (!xencons_may_wait(&ring->xc.wire))
		lockdep_assert_held(&ring->xc.input.rx_lock);

	xencons_rx_lost(&ring->xc.input,
			xencons_page_resume(ring->intf, &ring->out_prod,
					    &ring->in_cons, &ring->saved));
	WRITE_ONCE(ring->state, XENCONS_RING_AWAKE);
}

size_t xencons_ring_send(struct xencons_wire *wire, const u8 *buf, size_t len)
{
	struct xencons_ring *ring = to_ring(wire);
	int n;

	/* Last words go to the page whoever has it, if there is one. */
	if (ring->state != XENCONS_RING_AWAKE &&
	    (ring->state == XENCONS_RING_GONE || !xencons_may_wait(wire)))
		return 0;
	/* The other driver moves the index, too. */
	if (ring->state == XENCONS_RING_LENT)
		ring->out_prod = READ_ONCE(ring->intf->out_prod);
	else if (ring->state != XENCONS_RING_AWAKE)
		xencons_ring_wake(ring);

	n = xencons_page_send(ring->intf, &ring->out_prod, buf, len,
			      wire->life != XENCONS_LIVE || oops_in_progress,
			      &wire->tx_kick);
	if (n < 0) {
		wire->stats.illegal++;
		xencons_ring_recover(ring);
		return 0;
	}
	ring->queued += n;
	return n;
}

/* While the index is illegal nothing is known to have moved. */
size_t xencons_ring_in_flight(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);
	int queued;

	if (ring->state >= XENCONS_RING_ASLEEP)
		return ring->saved.out_len;
	if (ring->state == XENCONS_RING_LENT)
		return 0;

	queued = xencons_page_queued(ring->intf, ring->out_prod);
	if (queued >= 0)
		ring->queued = queued;
	else
		wire->stats.illegal++;
	return ring->queued;
}

size_t xencons_ring_recv(struct xencons_wire *wire, u8 *buf, size_t len)
{
	struct xencons_ring *ring = to_ring(wire);
	int n;

	if (ring->state >= XENCONS_RING_ASLEEP ||
	    ring->state == XENCONS_RING_LENT)
		return 0;
	n = xencons_page_recv(ring->intf, &ring->in_cons, &ring->saved, buf,
			      len, &wire->rx_kick);
	if (n < 0) {
		wire->stats.illegal++;
		return 0;
	}
	return n;
}

void xencons_ring_notify(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	/* In the domain that wakes up the port is mostly somebody else's. */
	if (READ_ONCE(ring->state) < XENCONS_RING_ASLEEP)
		notify_remote_via_evtchn(ring->port);
}

#if defined(CONFIG_X86) && !defined(MODULE)
/* Xen brings the clock of a processor that runs up to date at least each second. */
#define XENCONS_RING_CLOCK_NS	(10ULL * NSEC_PER_SEC)

/*
 * Sleep in the hypervisor until the backend sends an event, but not for long.
 * Needs the hypervisor's clock, which is not exported to modules. An event that
 * is pending already, because interrupts are off, ends the sleep at once.
 *
 * In a domain just restored the clock may still be that of the domain before, and the
 * sleep could last for ever.
 */
static void xencons_ring_sleep(struct xencons_ring *ring)
{
	struct vcpu_info *vcpu = raw_cpu_read(xen_vcpu);
	struct sched_poll poll = { .nr_ports = 1 };
	u64 now;

	if (!vcpu)
		return;
	now = pvclock_clocksource_read(&vcpu->time);
	if (now - READ_ONCE(vcpu->time.system_time) > XENCONS_RING_CLOCK_NS)
		return;

	poll.timeout = now + XENCONS_RING_WAIT_US / 2 * NSEC_PER_USEC;
	set_xen_guest_handle(poll.ports, &ring->port);
	HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
}
#else
static void xencons_ring_sleep(struct xencons_ring *ring) { }
#endif

unsigned int xencons_ring_wait(struct xencons_wire *wire)
{
	/* Not local_clock(): with interrupts off it may stand still in early boot. */
	u64 start = sched_clock();
	u64 us;

	xencons_ring_sleep(to_ring(wire));
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);

	us = div_u64(sched_clock() - start, NSEC_PER_USEC);
	return clamp_t(u64, us, 1, XENCONS_RING_WAIT_US);
}

/* One alert is enough, and it is printed where no lock is held. */
static void xencons_ring_alert(struct xencons_ring *ring)
{
	const struct xencons_interface *intf = ring->intf;

	if (ring->alerted || !ring->xc.wire.stats.illegal)
		return;
	ring->alerted = true;
	pr_alert("%s%u: backend wrote illegal ring indices (out %u..%u, in %u..%u), ignored until they are legal again\n",
		 ring->xc.line.name, ring->xc.line.num,
		 READ_ONCE(intf->out_cons), READ_ONCE(ring->out_prod),
		 READ_ONCE(ring->in_cons), READ_ONCE(intf->in_prod));
}

static irqreturn_t xencons_ring_interrupt(int irq, void *dev_id)
{
	struct xencons_ring *ring = dev_id;
	bool useful = xencons_event(&ring->xc);

	xencons_ring_alert(ring);
	xen_irq_lateeoi(irq, useful ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

/**
 * xencons_ring_bind() - hear the events of @ring->port
 * @ring: the console
 *
 * Not bind_evtchn_to_irqhandler(): when that fails half way, and when it is
 * undone, it closes the port. IRQF_NO_SUSPEND, because the console is used while
 * devices are asleep, but for a moment, see xencons_suspend.c.
 *
 * Context: process.
 * Return: 0 or why not; the port may be bound then all the same.
 */
int xencons_ring_bind(struct xencons_ring *ring)
{
	int irq, err;

	irq = bind_evtchn_to_irq_lateeoi(ring->port);
	if (irq < 0)
		return irq;

	/* hvc_xen leaves events without it when its terminal is hung up or throttled. */
	xen_irq_lateeoi(irq, 0);
	err = request_irq(irq, xencons_ring_interrupt, IRQF_NO_SUSPEND,
			  "xencons", ring);
	if (!err)
		ring->irq = irq;
	return err;
}

/* A channel may be without a page. */
void xencons_ring_show(struct xencons_wire *wire, struct seq_file *m)
{
	struct xencons_ring *ring = to_ring(wire);
	XENCONS_RING_IDX out_cons = 0, in_prod = 0;
	unsigned long flags;

	xencons_tx_lock(&ring->xc.output, &flags);
	if (ring->intf) {
		out_cons = READ_ONCE(ring->intf->out_cons);
		in_prod = READ_ONCE(ring->intf->in_prod);
	}
	xencons_tx_drop(&ring->xc.output, flags);

	seq_printf(m, "port %u\n", ring->port);
	seq_printf(m, "irq %d\n", ring->irq);
	seq_printf(m, "out_prod %u\n", READ_ONCE(ring->out_prod));
	seq_printf(m, "out_cons %u\n", out_cons);
	seq_printf(m, "in_prod %u\n", in_prod);
	seq_printf(m, "in_cons %u\n", READ_ONCE(ring->in_cons));
}
