// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: consoles that the toolstack adds to a domain and takes away while it runs,
 * device/console/N in xenstore, each with a page and a port of its own. Their backend is
 * QEMU in dom0, mostly.
 *
 * A console exists as long as its backend wants one: it is made when the backend waits for
 * it (InitWait), and hung up when the backend goes. Some backends connect to whatever page
 * and port stand in xenstore, whatever our state is: both go before the page does.
 *
 * In a restored domain the backend is another one, and gets another page. The old one was
 * saved with the domain's memory and tells what the old backend took; the rest is moved.
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/pm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tty_port.h>

#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/xenbus.h>
#include <xen/xenbus.h>

#include "xencons_param.h"
#include "xencons_ring.h"

/**
 * struct xencons_channel - a console over xenbus
 * @ring: the console
 * @xdev: in xenstore; not to be used after xencons_channel_end()
 * @page: what @ring.intf is while it is used
 * @ref: grant of @page
 * @name: what the toolstack calls it
 */
struct xencons_channel {
	struct xencons_ring ring;
	struct xenbus_device *xdev;
	void *page;
	grant_ref_t ref;
	char name[XENCONS_CHANNEL_NAME];
};

static struct xencons_channel *to_channel(struct xencons_ring *ring)
{
	return container_of(ring, struct xencons_channel, ring);
}

static int xencons_channel_start(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);
	int err = xencons_ring_bind(ring);

	if (err && (int)irq_from_evtchn(ring->port) >= 0)
		evtchn_put(ring->port);
	else if (err)
		xenbus_free_evtchn(to_channel(ring)->xdev, ring->port);
	return err;
}

/* The port is ours, and closed with its interrupt. */
static void xencons_channel_stop(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	if (ring->irq)
		unbind_from_irqhandler(ring->irq, ring);
	ring->irq = 0;
}

static void xencons_channel_release(struct xencons_wire *wire)
{
	struct xencons_ring *ring = to_ring(wire);

	xencons_uninit(&ring->xc);
	kfree(to_channel(ring));
}

static const struct xencons_ops xencons_channel_ops = {
	.name = "channel",
	.raw = true,
	.start = xencons_channel_start,
	.stop = xencons_channel_stop,
	.release = xencons_channel_release,
	.send = xencons_ring_send,
	.in_flight = xencons_ring_in_flight,
	.recv = xencons_ring_recv,
	.notify = xencons_ring_notify,
	.wait = xencons_ring_wait,
	.show = xencons_ring_show,
};

/* A name that none can be is none. */
static void xencons_channel_read_name(struct xencons_channel *ch)
{
	char *name = xenbus_read(XBT_NIL, ch->xdev->nodename, "name", NULL);

	if (IS_ERR(name))
		return;
	if (xencons_param_name(name))
		strscpy(ch->name, name, sizeof(ch->name));
	else if (*name)
		dev_warn(&ch->xdev->dev, "its name is none for a file, ignored\n");
	kfree(name);
}

/* What an old page and an old port left in xenstore. */
static void xencons_channel_retract(struct xenbus_device *xdev)
{
	xenbus_rm(XBT_NIL, xdev->nodename, "ring-ref");
	xenbus_rm(XBT_NIL, xdev->nodename, "port");
}

static int xencons_channel_publish(struct xencons_channel *ch)
{
	const char *node = ch->xdev->nodename;
	int err = xenbus_printf(XBT_NIL, node, "port", "%u", ch->ring.port);

	if (err)
		return err;
	return xenbus_printf(XBT_NIL, node, "ring-ref", "%u", ch->ref);
}

/* The page is there; what the one before it left goes there first. */
static void xencons_channel_attach(struct xencons_ring *ring, void *page)
{
	unsigned long flags;

	xencons_lock_both(&ring->xc, &flags);
	ring->intf = page;
	xencons_ring_wake(ring);
	xencons_unlock_both(&ring->xc, flags);
}

/* The page goes, and what is on its way there is kept. */
static void xencons_channel_detach(struct xencons_ring *ring)
{
	unsigned long flags;

	xencons_lock_both(&ring->xc, &flags);
	if (ring->intf) {
		/* The backend may have gone on after the console fell asleep. */
		if (ring->state == XENCONS_RING_ASLEEP)
			xencons_ring_wake(ring);
		xencons_page_suspend(ring->intf, &ring->out_prod, ring->in_cons,
				     &ring->saved);
	}
	ring->state = XENCONS_RING_GONE;
	ring->intf = NULL;
	xencons_unlock_both(&ring->xc, flags);
}

/* Leave the backend, which perhaps has gone; the console waits for another. */
static void xencons_channel_disconnect(struct xencons_channel *ch)
{
	struct xencons_ring *ring = &ch->ring;

	xencons_channel_retract(ch->xdev);
	xencons_channel_stop(&ring->xc.wire);
	xencons_channel_detach(ring);
	if (ch->page)
		xenbus_teardown_ring(&ch->page, 1, &ch->ref);
	ring->port = 0;
}

/* Hang up, and free the console as soon as nobody has its terminal open. */
static void xencons_channel_end(struct xenbus_device *xdev)
{
	struct xencons_channel *ch = dev_get_drvdata(&xdev->dev);
	struct xencons *xc;

	if (!ch)
		return;
	xc = &ch->ring.xc;
	dev_set_drvdata(&xdev->dev, NULL);
	xencons_channel_remove(xc);
	xencons_debugfs_remove(xc);
	xencons_stop(xc);
	xencons_channel_disconnect(ch);
	tty_port_put(&xc->tty.port);
}

static struct xencons_channel *xencons_channel_create(struct xenbus_device *xdev)
{
	struct xencons_channel *ch = kzalloc(sizeof(*ch), GFP_KERNEL);
	unsigned int num;

	if (!ch)
		return NULL;
	if (xencons_param_channel(strrchr(xdev->nodename, '/') + 1, &num) ||
	    xencons_channel_init(&ch->ring.xc, &xencons_channel_ops, num)) {
		kfree(ch);
		return NULL;
	}
	ch->xdev = xdev;
	ch->ref = INVALID_GRANT_REF;
	ch->ring.state = XENCONS_RING_GONE;
	xencons_channel_read_name(ch);
	return ch;
}

/* A page, a port and its interrupt. */
static int xencons_channel_setup(struct xencons_channel *ch)
{
	struct xenbus_device *xdev = ch->xdev;
	struct xencons_ring *ring = &ch->ring;
	int err;

	err = xenbus_setup_ring(xdev, GFP_NOIO | __GFP_HIGH, &ch->page, 1,
				&ch->ref);
	if (err) {
		/* It says so itself, but not where there is no memory. */
		if (xdev->state != XenbusStateClosing)
			xenbus_dev_fatal(xdev, err, "allocating a page");
		return err;
	}
	err = xenbus_alloc_evtchn(xdev, &ring->port);
	if (err)
		return err;

	xencons_channel_attach(ring, ch->page);
	err = xencons_start(&ring->xc);
	if (!err)
		err = xencons_channel_publish(ch);
	if (err)
		xenbus_dev_fatal(xdev, err, "connecting");
	return err;
}

/* The backend waits for a page and a port. */
static void xencons_channel_connect(struct xenbus_device *xdev)
{
	struct xencons_channel *ch = dev_get_drvdata(&xdev->dev);

	/* It was given up. */
	if (xdev->state == XenbusStateClosing)
		return;
	if (!ch)
		ch = xencons_channel_create(xdev);
	dev_set_drvdata(&xdev->dev, ch);
	if (!ch) {
		xenbus_dev_fatal(xdev, -ENOMEM, "making a console");
		return;
	}
	/* It says so once more, or is there already. */
	if (ch->page)
		return;
	if (xencons_channel_setup(ch))
		xencons_channel_end(xdev);
	else
		xenbus_switch_state(xdev, XenbusStateInitialised);
}

/* The backend has both; in a restored domain the terminal was there all the time. */
static void xencons_channel_connected(struct xenbus_device *xdev)
{
	struct xencons_channel *ch = dev_get_drvdata(&xdev->dev);
	int err;

	if (!ch || !ch->page || xdev->state == XenbusStateConnected)
		return;
	xenbus_switch_state(xdev, XenbusStateConnected);
	/* It heard no event before. */
	xencons_resume(&ch->ring.xc, true);
	if (ch->ring.xc.tty.driver)
		return;
	err = xencons_channel_add(&ch->ring.xc, &xdev->dev, ch->name);
	if (err) {
		xenbus_dev_fatal(xdev, err, "no terminal");
		xencons_channel_end(xdev);
		return;
	}
	xencons_debugfs_add(&ch->ring.xc);
}

static void xencons_channel_closed(struct xenbus_device *xdev)
{
	xencons_channel_end(xdev);
	xenbus_frontend_closed(xdev);
}

static void xencons_channel_changed(struct xenbus_device *xdev,
				    enum xenbus_state state)
{
	switch (state) {
	case XenbusStateInitWait:
		xencons_channel_connect(xdev);
		break;
	case XenbusStateConnected:
		xencons_channel_connected(xdev);
		break;
	case XenbusStateClosed:
		/* Since before we came, then it looks for us by itself; or we left it. */
		if (xdev->state == XenbusStateInitialising)
			xencons_channel_connect(xdev);
		else if (xdev->state != XenbusStateClosed)
			xencons_channel_closed(xdev);
		break;
	case XenbusStateClosing:
		xencons_channel_closed(xdev);
		break;
	default:
		break;
	}
}

/* How long a backend may take to see what we wrote. */
#define XENCONS_CHANNEL_LOOKS	25
#define XENCONS_CHANNEL_LOOK_MS	20

/* A state that the backend does not see before the next is one that it never saw. */
static void xencons_channel_await(struct xenbus_device *xdev,
				  enum xenbus_state left)
{
	unsigned int n;

	for (n = 0; n < XENCONS_CHANNEL_LOOKS; n++) {
		if (xenbus_read_unsigned(xdev->otherend, "state", 0) != left)
			return;
		msleep(XENCONS_CHANNEL_LOOK_MS);
	}
}

/* Nothing is made before the backend asks for it: there may be none. */
static int xencons_channel_probe(struct xenbus_device *xdev,
				 const struct xenbus_device_id *id)
{
	unsigned int num;

	if (xencons_param_channel(strrchr(xdev->nodename, '/') + 1, &num)) {
		xenbus_dev_fatal(xdev, -EINVAL, "a channel has a number from 1 to %u",
				 XENCONS_CHANNELS);
		return 0;
	}
	xencons_channel_retract(xdev);
	/* From Closed, where another driver left it, or we when we were unbound. */
	xenbus_switch_state(xdev, XenbusStateInitialising);
	xencons_channel_await(xdev, XenbusStateClosed);
	return 0;
}

/* The device vanished, or the driver leaves it, and perhaps comes back at once. */
static void xencons_channel_gone(struct xenbus_device *xdev)
{
	xencons_channel_end(xdev);
	if (!xenbus_exists(XBT_NIL, xdev->nodename, "state"))
		return;
	xenbus_switch_state(xdev, XenbusStateClosed);
	xencons_channel_await(xdev, XenbusStateConnected);
}

/* A restored domain: what was bound is bound no more, and the backend is a new one. */
static int xencons_channel_restored(struct xenbus_device *xdev)
{
	struct xencons_channel *ch = dev_get_drvdata(&xdev->dev);

	if (ch)
		xencons_channel_disconnect(ch);
	else
		xencons_channel_retract(xdev);
	return 0;
}

/* As that of the primary console: xenbus leaves these phases to drivers. */
static int xencons_channel_freeze(struct device *dev)
{
	struct xencons_channel *ch = dev_get_drvdata(dev);

	if (ch)
		xencons_suspend_freeze(&ch->ring);
	return 0;
}

static int xencons_channel_thaw(struct device *dev)
{
	struct xencons_channel *ch = dev_get_drvdata(dev);

	if (ch && ch->page)
		xencons_suspend_thaw(&ch->ring, ch->ring.port);
	return 0;
}

/* A restored domain may have no such channel, and xenbus tells nobody. */
static void xencons_channel_complete(struct device *dev)
{
	struct xenbus_device *xdev = to_xenbus_device(dev);

	if (!xdev->otherend_watch.node)
		xencons_channel_closed(xdev);
}

static const struct dev_pm_ops xencons_channel_pm_ops = {
	.complete = pm_sleep_ptr(xencons_channel_complete),
	.freeze_noirq = pm_sleep_ptr(xencons_channel_freeze),
	.thaw_noirq = pm_sleep_ptr(xencons_channel_thaw),
};

static const struct xenbus_device_id xencons_channel_ids[] = {
	{ "console" },
	{ "" }
};

static struct xenbus_driver xencons_channel_driver = {
	.name = "xencons",
	.ids = xencons_channel_ids,
	.not_essential = true,
	.probe = xencons_channel_probe,
	.remove = xencons_channel_gone,
	.resume = xencons_channel_restored,
	.otherend_changed = xencons_channel_changed,
	.driver = {
		.pm = pm_sleep_ptr(&xencons_channel_pm_ops),
	},
};

/**
 * xencons_xenbus_register() - serve the channels of this domain, now and later
 *
 * Those that another driver has stay there.
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int xencons_xenbus_register(void)
{
	int err = xencons_channel_register();

	if (err)
		return err;
	err = xenbus_register_frontend(&xencons_channel_driver);
	if (err)
		xencons_channel_unregister();
	return err;
}

/**
 * xencons_xenbus_unregister() - undo xencons_xenbus_register()
 *
 * No channel is bound: each pins the module.
 *
 * Context: process.
 */
void xencons_xenbus_unregister(void)
{
	xenbus_unregister_driver(&xencons_channel_driver);
	xencons_channel_unregister();
}
