// SPDX-License-Identifier: GPL-2.0-only
/*
 * tty0 of mode tty. Among virtual terminals it is another name of the one that is
 * shown: here that is the console, always. Who opens it gets the console's own tty,
 * and its attribute "active" names it. systemd starts no getty on a ttyN without
 * the one, and registers no session there without the other.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/major.h>
#include <linux/sysfs.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>

#include "xencons.h"

static struct tty_driver *xencons_tty0;

static struct tty_driver *xencons_tty0_target(struct tty_driver *driver)
{
	struct xencons *xc = driver->driver_state;

	return xc->tty.driver;
}

/* The console's tty if it is open. tty mutex held */
static struct tty_struct *xencons_tty0_lookup(struct tty_driver *driver,
					      struct file *filp, int idx)
{
	return xencons_tty0_target(driver)->ttys[0];
}

/*
 * It is not open, and this @tty becomes it, as if it had been opened by its own
 * name. Both drivers have one line, and its index is 0. tty mutex held
 */
static int xencons_tty0_install(struct tty_driver *driver,
				struct tty_struct *tty)
{
	struct tty_driver *target = xencons_tty0_target(driver);

	tty->driver = target;
	tty->ops = target->ops;
	snprintf(tty->name, sizeof(tty->name), "%s%d", target->name,
		 target->name_base);
	return target->ops->install(target, tty);
}

static const struct tty_operations xencons_tty0_ops = {
	.lookup = xencons_tty0_lookup,
	.install = xencons_tty0_install,
};

static ssize_t active_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct xencons *xc = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%s%u\n", xc->line.name, xc->line.num);
}
static DEVICE_ATTR_RO(active);

static struct attribute *xencons_tty0_attrs[] = {
	&dev_attr_active.attr,
	NULL
};
ATTRIBUTE_GROUPS(xencons_tty0);

static struct tty_driver *xencons_tty0_driver(struct xencons *xc)
{
	struct tty_driver *driver;

	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_RESET_TERMIOS |
				  TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return driver;

	/* Without a driver_name the tty layer makes no workqueue for it. */
	driver->name = "tty";
	driver->major = TTY_MAJOR;
	driver->type = TTY_DRIVER_TYPE_SYSTEM;
	driver->init_termios = tty_std_termios;
	driver->driver_state = xc;
	tty_set_operations(driver, &xencons_tty0_ops);
	return driver;
}

/**
 * xencons_tty0_register() - make tty0 another name of a console's tty
 * @xc: the console; its tty is registered
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int xencons_tty0_register(struct xencons *xc)
{
	struct tty_driver *driver = xencons_tty0_driver(xc);
	struct device *dev;
	int err;

	if (IS_ERR(driver))
		return PTR_ERR(driver);

	err = tty_register_driver(driver);
	if (err)
		goto err_driver;

	dev = tty_register_device_attr(driver, 0, NULL, xc,
				       xencons_tty0_groups);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto err_device;
	}

	xencons_tty0 = driver;
	return 0;

err_device:
	tty_unregister_driver(driver);
err_driver:
	tty_driver_kref_put(driver);
	return err;
}

/**
 * xencons_tty0_unregister() - undo xencons_tty0_register(); fine without it
 *
 * The console's tty is still registered. Context: process.
 */
void xencons_tty0_unregister(void)
{
	if (!xencons_tty0)
		return;

	tty_unregister_device(xencons_tty0, 0);
	tty_unregister_driver(xencons_tty0);
	tty_driver_kref_put(xencons_tty0);
	xencons_tty0 = NULL;
}
