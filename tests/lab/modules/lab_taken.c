// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tty driver nobody thinks of, which has the number of ttyS2.
 */
#include <linux/err.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>

static struct tty_driver *driver;

static const struct tty_operations lab_taken_ops = { };

static int __init lab_taken_init(void)
{
	int err;

	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = "lab_taken";
	driver->name = "ttyTAKEN";
	driver->major = TTY_MAJOR;
	driver->minor_start = 64 + 2;
	driver->init_termios = tty_std_termios;
	tty_set_operations(driver, &lab_taken_ops);
	err = tty_register_driver(driver);
	if (err)
		tty_driver_kref_put(driver);
	return err;
}
module_init(lab_taken_init);

static void __exit lab_taken_exit(void)
{
	tty_unregister_driver(driver);
	tty_driver_kref_put(driver);
}
module_exit(lab_taken_exit);

MODULE_DESCRIPTION("a tty driver that is in the way");
MODULE_LICENSE("GPL");
