// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminals of channels: consoles for programs, which come and go while the domain
 * runs. A channel with number N is /dev/xvcN and minor N; minor 0 is nobody's, as xvc0 is
 * the name of the domain's own console.
 *
 * A terminal begins raw, and keeps its settings over the last close: one program sets
 * them, another talks. Who has it open when the channel goes is hung up, and the console
 * stays in memory until all have closed it.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_port.h>

#include "xencons.h"
#include "xencons_param.h"

/* The last close waits this long for a backend, as that of the domain's own console. */
#define XENCONS_CHANNEL_WAIT	(HZ / 2)

/* Bytes of output queued, which is enough where nobody limits the rate. */
#define XENCONS_CHANNEL_BUFSZ	16384U

static struct tty_driver *xencons_channels;

/* What the toolstack calls the channel; an empty line if it does not. */
static ssize_t name_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", (const char *)dev_get_drvdata(dev));
}
static DEVICE_ATTR_RO(name);

static struct attribute *xencons_channel_attrs[] = {
	&dev_attr_name.attr,
	NULL
};
ATTRIBUTE_GROUPS(xencons_channel);

/* Whoever comes after xencons_channel_remove() hung up the others. port mutex held */
static int xencons_channel_activate(struct tty_port *port,
				    struct tty_struct *tty)
{
	return tty->driver->ports[tty->index] == port ? 0 : -ENODEV;
}

static void xencons_channel_destruct(struct tty_port *port)
{
	struct xencons *xc = container_of(port, struct xencons, tty.port);

	xc->wire.ops->release(&xc->wire);
}

static const struct tty_port_operations xencons_channel_port_ops = {
	.activate = xencons_channel_activate,
	.destruct = xencons_channel_destruct,
};

static void xencons_channel_describe(struct tty_driver *driver)
{
	driver->driver_name = "xencons_channel";
	driver->name = "xvc";
	driver->type = TTY_DRIVER_TYPE_CONSOLE;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_iflag = 0;
	driver->init_termios.c_oflag = 0;
	driver->init_termios.c_lflag = 0;
	driver->init_termios.c_cflag |= CLOCAL;
	tty_set_operations(driver, &xencons_tty_ops);
}

/**
 * xencons_channel_register() - make room for the terminals of channels
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int xencons_channel_register(void)
{
	struct tty_driver *driver;
	int err;

	driver = tty_alloc_driver(XENCONS_CHANNELS + 1, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);

	xencons_channel_describe(driver);
	err = tty_register_driver(driver);
	if (err)
		tty_driver_kref_put(driver);
	else
		xencons_channels = driver;
	return err;
}

/**
 * xencons_channel_unregister() - undo xencons_channel_register(); fine without it
 *
 * No channel is left. Context: process.
 */
void xencons_channel_unregister(void)
{
	if (!xencons_channels)
		return;
	tty_unregister_driver(xencons_channels);
	tty_driver_kref_put(xencons_channels);
	xencons_channels = NULL;
}

/* From now on nobody finds the port. */
static void xencons_channel_unlink(const struct xencons *xc)
{
	mutex_lock(&xencons_tty_lines);
	xencons_channels->ports[xc->line.num] = NULL;
	mutex_unlock(&xencons_tty_lines);
}

/**
 * xencons_channel_init() - make a console that can be a channel
 * @xc: zeroed memory, part of the transport
 * @ops: the transport; tty_port_put() of the port has it release the console
 * @num: number of the channel, from 1 to XENCONS_CHANNELS
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int xencons_channel_init(struct xencons *xc, const struct xencons_ops *ops,
			 unsigned int num)
{
	xc->line.name = xencons_channels->name;
	xc->line.num = num;
	xc->line.major = xencons_channels->major;
	xc->line.minor = (int)num;
	if (xencons_init(xc, ops, XENCONS_CHANNEL_BUFSZ))
		return -ENOMEM;

	xc->tty.port.ops = &xencons_channel_port_ops;
	xc->tty.port.closing_wait = XENCONS_CHANNEL_WAIT;
	xc->tty.fresh = true;
	return 0;
}

/**
 * xencons_channel_add() - make the terminal of a channel
 * @xc: the console, ready for whoever opens it; no other channel has its number
 * @parent: the device, or NULL
 * @name: what the toolstack calls it; stays until xencons_channel_remove()
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int xencons_channel_add(struct xencons *xc, struct device *parent,
			const char *name)
{
	struct tty_driver *driver = xencons_channels;
	unsigned int num = xc->line.num;
	struct device *dev;

	dev = tty_port_register_device_attr(&xc->tty.port, driver, num, parent,
					    (void *)name,
					    xencons_channel_groups);
	if (IS_ERR(dev)) {
		xencons_channel_unlink(xc);
		return PTR_ERR(dev);
	}
	xc->tty.driver = driver;
	return 0;
}

/**
 * xencons_channel_remove() - undo xencons_channel_add(); fine without it
 * @xc: the console
 *
 * Who has it open is hung up; nobody uses it when this returns, but for closing it.
 *
 * Context: process.
 */
void xencons_channel_remove(struct xencons *xc)
{
	struct tty_struct *tty;

	if (!xc->tty.driver)
		return;
	xencons_channel_unlink(xc);
	tty = tty_port_tty_get(&xc->tty.port);
	if (tty)
		tty_vhangup(tty);
	tty_kref_put(tty);
	tty_unregister_device(xc->tty.driver, xc->line.num);
	xc->tty.driver = NULL;
}
