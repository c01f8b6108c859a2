// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport of a domU: the page it shares with the console backend, and the event
 * channel that goes with it. What may be believed of the page, and which barrier
 * pairs with what, is in xencons_page.h; this file finds page and port, handles
 * the interrupt, and says when the backend must be notified.
 *
 * A backend event that brings neither input nor progress is reported as spurious
 * when it is acknowledged, so that a backend gone mad is slowed down by the event
 * channel code (XSA-391). The port is never unbound: it belongs to the domain, and
 * unbinding would close it.
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/clock.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <xen/events.h>
#include <xen/hvm.h>
#include <xen/interface/hvm/params.h>
#include <xen/interface/sched.h>
#include <xen/page.h>
#include <xen/xen.h>
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

/* tx_lock held */
static size_t xencons_ring_send(struct xencons_wire *wire, const u8 *buf,
				size_t len)
{
	struct xencons_ring *ring = to_ring(wire);
	int n;

	if (ring->state != XENCONS_RING_AWAKE && !xencons_may_wait(wire))
		return 0;
	/* The other driver moves the index, too. */
	if (ring->state == XENCONS_RING_LENT)
		ring->out_prod = READ_ONCE(ring->intf->out_prod);
	else if (ring->state != XENCONS_RING_AWAKE)
		xencons_suspend_wake(ring);

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

/* tx_lock held. While the index is illegal nothing is known to have moved. */
static size_t xencons_ring_in_flight(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);
	int queued;

	if (ring->state == XENCONS_RING_ASLEEP)
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

/* rx_lock held */
static size_t xencons_ring_recv(struct xencons_wire *wire, u8 *buf, size_t len)
{
	struct xencons_ring *ring = to_ring(wire);
	int n;

	if (ring->state == XENCONS_RING_ASLEEP ||
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

static void xencons_ring_notify(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	/* In the domain that wakes up the port is mostly somebody else's. */
	if (READ_ONCE(ring->state) != XENCONS_RING_ASLEEP)
		notify_remote_via_evtchn(ring->port);
}

#if defined(CONFIG_X86) && !defined(MODULE)
#include <asm/pvclock.h>

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

static unsigned int xencons_ring_wait(struct xencons_wire *wire)
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
	pr_alert("backend wrote illegal ring indices (out %u..%u, in %u..%u), ignored until they are legal again\n",
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

/*
 * Not bind_evtchn_to_irqhandler(): when that fails half way, and when it is
 * undone, it closes the port. IRQF_NO_SUSPEND, because the console is used while
 * devices are asleep, but for a moment, see xencons_suspend.c.
 */
static int xencons_ring_bind(struct xencons_ring *ring)
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

static int xencons_ring_start(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);
	int err = xencons_suspend_add(ring);

	if (err)
		pr_warn("a suspended domain will have no console: error %d\n", err);
	return xencons_ring_bind(ring);
}

static void xencons_ring_stop(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	free_irq(ring->irq, ring);
	ring->irq = 0;
}

/**
 * xencons_ring_rebind() - hear the events of @ring->port in a restored domain
 * @ring: the console; its interrupt, if it has one, is bound to nothing any more
 *
 * rebind_evtchn_irq() would keep the interrupt's number, but also an acknowledgment that
 * got lost because it came after the old port had gone: then no event is handled any
 * more. There is no port left that unbinding could close.
 *
 * Context: process. Disks may be asleep.
 * Return: 0 or why not.
 */
int xencons_ring_rebind(struct xencons_ring *ring)
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

static void xencons_ring_release(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	xencons_suspend_remove();
	xencons_uninit(&ring->xc);
	if (ring->mapped)
		memunmap(ring->intf);
	kfree(ring);
}

static void xencons_ring_show(struct xencons_wire *wire, struct seq_file *m)
{
	struct xencons_ring *ring = to_ring(wire);
	const struct xencons_interface *intf = ring->intf;

	seq_printf(m, "port %u\n", ring->port);
	seq_printf(m, "irq %d\n", ring->irq);
	seq_printf(m, "out_prod %u\n", READ_ONCE(ring->out_prod));
	seq_printf(m, "out_cons %u\n", READ_ONCE(intf->out_cons));
	seq_printf(m, "in_prod %u\n", READ_ONCE(intf->in_prod));
	seq_printf(m, "in_cons %u\n", READ_ONCE(ring->in_cons));
}

static const struct xencons_ops xencons_ring_ops = {
	.name = "shared ring",
	.start = xencons_ring_start,
	.stop = xencons_ring_stop,
	.release = xencons_ring_release,
	.send = xencons_ring_send,
	.in_flight = xencons_ring_in_flight,
	.recv = xencons_ring_recv,
	.notify = xencons_ring_notify,
	.wait = xencons_ring_wait,
	.show = xencons_ring_show,
};

/**
 * xencons_ring_find_port() - the event channel of this domain's console
 *
 * Context: any, without locks: it may print.
 * Return: the port, 0 if there is none.
 */
evtchn_port_t xencons_ring_find_port(void)
{
	u64 port;

	/* What a PV dom0 has there is about a screen. */
	if (xen_pv_domain())
		return xen_initial_domain() ? 0 :
			xen_start_info->console.domU.evtchn;
	/* HVM, PVH and Arm. A parameter that was never set reads as 0. */
	if (hvm_get_parameter(HVM_PARAM_CONSOLE_EVTCHN, &port))
		return 0;
	return (evtchn_port_t)port;
}

static int xencons_ring_find_pv(struct xencons_ring *ring)
{
	if (!xen_start_info->console.domU.mfn)
		return -ENODEV;

	ring->intf = gfn_to_virt(xen_start_info->console.domU.mfn);
	return 0;
}

static int xencons_ring_find_hvm(struct xencons_ring *ring)
{
	u64 gfn;

	if (hvm_get_parameter(HVM_PARAM_CONSOLE_PFN, &gfn) || !gfn)
		return -ENODEV;

	ring->intf = memremap(gfn << XEN_PAGE_SHIFT, XEN_PAGE_SIZE,
			      MEMREMAP_WB);
	ring->mapped = true;
	return ring->intf ? 0 : -ENODEV;
}

/*
 * Go on where whoever used the page before left off: a boot console, another
 * driver, this one. From illegal indices go on where the backend is.
 */
static void xencons_ring_sync(struct xencons_ring *ring)
{
	struct xencons_interface *intf = ring->intf;

	xencons_page_adopt(intf, &ring->out_prod, &ring->in_cons);

	/* What is left there counts as sent, so that its end is progress. */
	ring->xc.output.marks.sent = max(xencons_page_queued(intf, ring->out_prod), 0);

	/* Nobody reads yet: write, but do not wait. Progress ends the stall. */
	if (xencons_page_disconnected(intf))
		ring->xc.output.stall = XENCONS_STALLED;
}

/**
 * xencons_ring_lend() - leave the page to the driver that uses it
 * @ring: the console, not started
 *
 * Context: process. Until xencons_ring_adopt().
 */
void xencons_ring_lend(struct xencons_ring *ring)
{
	ring->state = XENCONS_RING_LENT;
}

/**
 * xencons_ring_adopt() - go on where the driver that used the page stopped
 * @ring: the console, not started; nobody else uses the page any more
 *
 * Context: process.
 */
void xencons_ring_adopt(struct xencons_ring *ring)
{
	unsigned long flags, rx_flags;

	spin_lock_irqsave(&ring->xc.input.rx_lock, rx_flags);
	xencons_tx_lock(&ring->xc.output, &flags);
	xencons_ring_sync(ring);
	ring->state = XENCONS_RING_AWAKE;
	xencons_tx_drop(&ring->xc.output, flags);
	spin_unlock_irqrestore(&ring->xc.input.rx_lock, rx_flags);
}

/**
 * xencons_ring_create() - find the console ring of this domain
 * @bufsz: bytes in each queue
 *
 * Context: process, or console_initcall time.
 * Return: the console, or ERR_PTR(); -ENODEV if this domain has none.
 */
struct xencons *xencons_ring_create(unsigned int bufsz)
{
	struct xencons_ring *ring;
	int err;

	ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return ERR_PTR(-ENOMEM);

	ring->port = xencons_ring_find_port();
	if (!ring->port)
		err = -ENODEV;
	else if (xen_pv_domain())
		err = xencons_ring_find_pv(ring);
	else
		err = xencons_ring_find_hvm(ring);
	if (err)
		goto err_find;

	err = xencons_init(&ring->xc, &xencons_ring_ops, bufsz);
	if (err)
		goto err_init;

	xencons_ring_sync(ring);
	return &ring->xc;

err_init:
	if (ring->mapped)
		memunmap(ring->intf);
err_find:
	kfree(ring);
	return ERR_PTR(err);
}
