// SPDX-License-Identifier: GPL-2.0-only
/*
 * The domain's own console, which Xen gives it: where its page and its port are, the
 * driver that had them before, and what happens to them when the domain is suspended.
 * The port is never unbound: it belongs to the domain, and unbinding would close it.
 *
 * A platform device takes part in the suspend: it has no other use, and no resources.
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/slab.h>

#include <asm/xen/hypervisor.h>
#include <xen/hvm.h>
#include <xen/interface/hvm/params.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "xencons_ring.h"

/**
 * struct xencons_primary - the domain's own console
 * @ring: the console
 * @mapped: its page was mapped by us
 * @suspend: takes part when the domain is suspended; NULL if it cannot
 */
struct xencons_primary {
	struct xencons_ring ring;
	bool mapped;
	struct platform_device *suspend;
};

static struct xencons_primary *to_primary(struct xencons_ring *ring)
{
	return container_of(ring, struct xencons_primary, ring);
}

/* The event channel of this domain's console, 0 if there is none. */
static evtchn_port_t xencons_primary_find_port(void)
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

static int xencons_primary_find_pv(struct xencons_ring *ring)
{
	if (!xen_start_info->console.domU.mfn)
		return -ENODEV;

	ring->intf = gfn_to_virt(xen_start_info->console.domU.mfn);
	return 0;
}

static int xencons_primary_find_hvm(struct xencons_ring *ring)
{
	u64 gfn;

	if (hvm_get_parameter(HVM_PARAM_CONSOLE_PFN, &gfn) || !gfn)
		return -ENODEV;

	ring->intf = memremap(gfn << XEN_PAGE_SHIFT, XEN_PAGE_SIZE,
			      MEMREMAP_WB);
	to_primary(ring)->mapped = true;
	return ring->intf ? 0 : -ENODEV;
}

static int xencons_primary_freeze(struct device *dev)
{
	xencons_suspend_freeze(dev_get_drvdata(dev));
	return 0;
}

static int xencons_primary_thaw(struct device *dev)
{
	evtchn_port_t port = xencons_primary_find_port();

	if (port)
		xencons_suspend_thaw(dev_get_drvdata(dev), port);
	else
		pr_warn("this domain has no console any more\n");
	return 0;
}

static const struct dev_pm_ops xencons_primary_pm_ops = {
	.freeze_noirq = pm_sleep_ptr(xencons_primary_freeze),
	.thaw_noirq = pm_sleep_ptr(xencons_primary_thaw),
	.restore_noirq = pm_sleep_ptr(xencons_primary_thaw),
};

static struct platform_driver xencons_primary_driver = {
	.driver = {
		.name = "xencons",
		.pm = pm_sleep_ptr(&xencons_primary_pm_ops),
		.suppress_bind_attrs = true,
	},
};

static int xencons_primary_add_suspend(struct xencons_primary *primary)
{
	struct platform_device *pdev;
	int err;

	pdev = platform_device_alloc("xencons", PLATFORM_DEVID_NONE);
	if (!pdev)
		return -ENOMEM;
	platform_set_drvdata(pdev, &primary->ring);

	err = platform_driver_register(&xencons_primary_driver);
	if (err)
		goto err_driver;
	err = platform_device_add(pdev);
	if (err)
		goto err_device;
	primary->suspend = pdev;
	return 0;

err_device:
	platform_driver_unregister(&xencons_primary_driver);
err_driver:
	platform_device_put(pdev);
	return err;
}

static void xencons_primary_remove_suspend(struct xencons_primary *primary)
{
	if (!primary->suspend)
		return;
	platform_device_unregister(primary->suspend);
	platform_driver_unregister(&xencons_primary_driver);
}

static int xencons_primary_start(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);
	int err = xencons_primary_add_suspend(to_primary(ring));

	if (err)
		pr_warn("a suspended domain will have no console: error %d\n", err);
	return xencons_ring_bind(ring);
}

static void xencons_primary_stop(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	free_irq(ring->irq, ring);
	ring->irq = 0;
}

static void xencons_primary_release(struct xencons_wire *wire)
{
	struct xencons_primary *primary = to_primary(to_ring(wire));

	xencons_primary_remove_suspend(primary);
	xencons_uninit(&primary->ring.xc);
	if (primary->mapped)
		memunmap(primary->ring.intf);
	kfree(primary);
}

static const struct xencons_ops xencons_primary_ops = {
	.name = "shared ring",
	.start = xencons_primary_start,
	.stop = xencons_primary_stop,
	.release = xencons_primary_release,
	.send = xencons_ring_send,
	.in_flight = xencons_ring_in_flight,
	.recv = xencons_ring_recv,
	.notify = xencons_ring_notify,
	.wait = xencons_ring_wait,
	.show = xencons_ring_show,
};

/*
 * Go on where whoever used the page before left off: a boot console, another
 * driver, this one. From illegal indices go on where the backend is.
 */
static void xencons_primary_sync(struct xencons_ring *ring)
{
	struct xencons_interface *intf = ring->intf;

	xencons_page_adopt(intf, &ring->out_prod, &ring->in_cons);
	xencons_tx_adopt(&ring->xc.output,
			 max(xencons_page_queued(intf, ring->out_prod), 0),
			 xencons_page_disconnected(intf));
}

/**
 * xencons_primary_lend() - leave the page to the driver that uses it
 * @ring: the console, not started
 *
 * Context: process. Until xencons_primary_adopt().
 */
void xencons_primary_lend(struct xencons_ring *ring)
{
	ring->state = XENCONS_RING_LENT;
}

/**
 * xencons_primary_adopt() - go on where the driver that used the page stopped
 * @ring: the console, not started; nobody else uses the page any more
 *
 * Context: process.
 */
void xencons_primary_adopt(struct xencons_ring *ring)
{
	unsigned long flags;

	xencons_lock_both(&ring->xc, &flags);
	xencons_primary_sync(ring);
	ring->state = XENCONS_RING_AWAKE;
	xencons_unlock_both(&ring->xc, flags);
}

/**
 * xencons_primary_create() - find the console ring of this domain
 * @bufsz: bytes in each queue
 *
 * Context: process, or console_initcall time.
 * Return: the console, or ERR_PTR(); -ENODEV if this domain has none.
 */
struct xencons *xencons_primary_create(unsigned int bufsz)
{
	struct xencons_primary *primary;
	struct xencons_ring *ring;
	int err;

	primary = kzalloc(sizeof(*primary), GFP_KERNEL);
	if (!primary)
		return ERR_PTR(-ENOMEM);

	ring = &primary->ring;
	ring->port = xencons_primary_find_port();
	if (!ring->port)
		err = -ENODEV;
	else if (xen_pv_domain())
		err = xencons_primary_find_pv(ring);
	else
		err = xencons_primary_find_hvm(ring);
	if (err)
		goto err_find;

	err = xencons_init(&ring->xc, &xencons_primary_ops, bufsz);
	if (err)
		goto err_init;

	xencons_primary_sync(ring);
	return &ring->xc;

err_init:
	if (primary->mapped)
		memunmap(ring->intf);
err_find:
	kfree(primary);
	return ERR_PTR(err);
}
