// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend, restore and migration of a domU, over the shared ring. The toolstack asks for
 * it through xenstore, and drivers/xen/manage.c freezes processes and devices, stops all
 * CPUs but one and makes the hypercall. The domain that wakes up may be another one: its
 * console has another port, and the page is zeroed, but for PV guests, whose page is
 * saved with the rest of their memory. If the suspend is cancelled, nothing has changed.
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

#include <linux/errno.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#include <xen/events.h>

#include "xencons_ring.h"

static struct platform_device *xencons_suspend_device;

/**
 * xencons_suspend_wake() - use the page, or the one in its place, again
 * @ring: the console, awake or not: an oops may have woken it before the suspend
 *
 * Context: rx_lock and tx_lock held; or last words, which make do with what there is.
 */
void xencons_suspend_wake(struct xencons_ring *ring)
{
	ring->xc.input.stats.dropped +=
		xencons_page_resume(ring->intf, &ring->out_prod,
				    &ring->in_cons, &ring->saved);
	WRITE_ONCE(ring->state, XENCONS_RING_AWAKE);
}

static int xencons_suspend_freeze(struct device *dev)
{
	struct xencons_ring *ring = dev_get_drvdata(dev);
	struct xencons *xc = &ring->xc;
	unsigned long flags, rx_flags;

	/* Since a restore that found no console. */
	if (ring->state == XENCONS_RING_ASLEEP)
		return 0;

	xencons_tx_lock(&xc->output, &flags);
	ring->state = XENCONS_RING_HELD;
	xencons_tx_drop(&xc->output, flags);

	xencons_settle(&xc->output);

	/* PREEMPT_RT leaves interrupts on under rx_lock. */
	spin_lock_irqsave(&xc->input.rx_lock, rx_flags);
	xencons_tx_lock(&xc->output, &flags);
	xencons_page_suspend(ring->intf, &ring->out_prod, ring->in_cons,
			     &ring->saved);
	WRITE_ONCE(ring->state, XENCONS_RING_ASLEEP);
	xencons_tx_drop(&xc->output, flags);
	spin_unlock_irqrestore(&xc->input.rx_lock, rx_flags);
	return 0;
}

/*
 * The same for a suspend that was cancelled and for a restored domain, which has lost all
 * its event channels. An interrupt that could not be had before is asked for again. Where
 * the console was taken over from hvc_xen, that has bound the new port to the interrupt
 * both share; then only an acknowledgment may have got lost with the old one.
 */
static int xencons_suspend_thaw(struct device *dev)
{
	struct xencons_ring *ring = dev_get_drvdata(dev);
	evtchn_port_t port = xencons_ring_find_port();
	struct xencons *xc = &ring->xc;
	unsigned long flags, rx_flags;
	int err = 0;

	if (!port) {
		pr_warn("this domain has no console any more\n");
		return 0;
	}

	spin_lock_irqsave(&xc->input.rx_lock, rx_flags);
	xencons_tx_lock(&xc->output, &flags);
	ring->port = port;
	xencons_suspend_wake(ring);
	/* Whoever waits for room was perhaps told when nobody could be. */
	xc->wire.rx_kick = true;
	/* A kernel that comes back from kexec had said them. */
	xc->wire.last_words = false;
	xencons_tx_drop(&xc->output, flags);
	spin_unlock_irqrestore(&xc->input.rx_lock, rx_flags);

	if (ring->irq && (int)irq_from_evtchn(port) == ring->irq)
		xen_irq_lateeoi(ring->irq, 0);
	else
		err = xencons_ring_rebind(ring);
	if (err)
		pr_warn("no events of the backend, slow: error %d\n", err);
	xencons_resume(xc, !err);
	return 0;
}

static const struct dev_pm_ops xencons_suspend_ops = {
	.freeze_noirq = pm_sleep_ptr(xencons_suspend_freeze),
	.thaw_noirq = pm_sleep_ptr(xencons_suspend_thaw),
	.restore_noirq = pm_sleep_ptr(xencons_suspend_thaw),
};

static struct platform_driver xencons_suspend_driver = {
	.driver = {
		.name = "xencons",
		.pm = pm_sleep_ptr(&xencons_suspend_ops),
		.suppress_bind_attrs = true,
	},
};

/**
 * xencons_suspend_add() - take part when the domain is suspended
 * @ring: the domain's console
 *
 * Context: process.
 * Return: 0 or why not.
 */
int xencons_suspend_add(struct xencons_ring *ring)
{
	struct platform_device *pdev;
	int err;

	pdev = platform_device_alloc("xencons", PLATFORM_DEVID_NONE);
	if (!pdev)
		return -ENOMEM;
	platform_set_drvdata(pdev, ring);

	err = platform_driver_register(&xencons_suspend_driver);
	if (err)
		goto err_driver;
	err = platform_device_add(pdev);
	if (err)
		goto err_device;
	xencons_suspend_device = pdev;
	return 0;

err_device:
	platform_driver_unregister(&xencons_suspend_driver);
err_driver:
	platform_device_put(pdev);
	return err;
}

/**
 * xencons_suspend_remove() - undo xencons_suspend_add(); also fine if that failed
 *
 * Context: process.
 */
void xencons_suspend_remove(void)
{
	if (!xencons_suspend_device)
		return;
	platform_device_unregister(xencons_suspend_device);
	platform_driver_unregister(&xencons_suspend_driver);
	xencons_suspend_device = NULL;
}
