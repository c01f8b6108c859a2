// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other virtual terminals of mode tty. Distributions start gettys and write
 * to tty1..tty6 whether anybody is there or not, so these lines exist, take
 * everything and give nothing.
 */
#include <linux/err.h>
#include <linux/major.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/vt.h>

#include "xencons.h"
#include "xencons_compat.h"

/* One range of lines below the console's, one above it. */
static struct tty_driver *xencons_dummies[2];

/* A port has what comes in, which is nothing: one is enough for all, and is never freed. */
static struct tty_port xencons_dummy_port;

/* tty mutex held */
static int xencons_dummy_install(struct tty_driver *driver,
				 struct tty_struct *tty)
{
	return tty_port_install(&xencons_dummy_port, driver, tty);
}

/* tty lock held */
static int xencons_dummy_open(struct tty_struct *tty, struct file *filp)
{
	return 0;
}

static tty_write_ret_t
xencons_dummy_write(struct tty_struct *tty, const u8 *buf, tty_write_len_t count)
{
	return count;
}

static unsigned int xencons_dummy_write_room(struct tty_struct *tty)
{
	return 65536;
}

static const struct tty_operations xencons_dummy_ops = {
	.install = xencons_dummy_install,
	.open = xencons_dummy_open,
	.write = xencons_dummy_write,
	.write_room = xencons_dummy_write_room,
};

static struct tty_driver *xencons_dummy_range(unsigned int first,
					      unsigned int last)
{
	struct tty_driver *driver;
	int err;

	driver = tty_alloc_driver(last - first + 1, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_RESET_TERMIOS);
	if (IS_ERR(driver))
		return driver;

	/* Without a driver_name the tty layer makes no workqueue for it. */
	driver->name = "tty";
	driver->name_base = first;
	driver->major = TTY_MAJOR;
	driver->minor_start = first;
	driver->type = TTY_DRIVER_TYPE_SYSTEM;
	driver->init_termios = tty_std_termios;
	tty_set_operations(driver, &xencons_dummy_ops);

	err = tty_register_driver(driver);
	if (err) {
		tty_driver_kref_put(driver);
		return ERR_PTR(err);
	}
	return driver;
}

static int xencons_dummy_add(unsigned int i, unsigned int first,
			     unsigned int last)
{
	struct tty_driver *driver;

	if (first > last)
		return 0;
	driver = xencons_dummy_range(first, last);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	xencons_dummies[i] = driver;
	return 0;
}

/**
 * xencons_dummy_register() - make tty1..tty63 but for one
 * @skip: the line the console has
 *
 * Context: process.
 * Return: 0 or a negative errno; then there are none.
 */
int xencons_dummy_register(unsigned int skip)
{
	int err;

	tty_port_init(&xencons_dummy_port);
	err = xencons_dummy_add(0, 1, skip - 1);
	if (!err)
		err = xencons_dummy_add(1, skip + 1, MAX_NR_CONSOLES);
	if (err)
		xencons_dummy_unregister();
	return err;
}

/**
 * xencons_dummy_unregister() - undo xencons_dummy_register(); fine without it
 *
 * Context: process.
 */
void xencons_dummy_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(xencons_dummies); i++) {
		if (!xencons_dummies[i])
			continue;
		tty_unregister_driver(xencons_dummies[i]);
		tty_driver_kref_put(xencons_dummies[i]);
		xencons_dummies[i] = NULL;
	}
}
