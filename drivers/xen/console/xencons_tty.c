// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tty: one line over the data path of xencons.c. What a serial driver would
 * do to the wire (baud rate, modem lines, break) has no meaning here and is
 * accepted without effect.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>

#include "xencons.h"
#include "xencons_compat.h"

/*
 * The last close waits this long for a backend. Short, because what it did not
 * take stays queued and still goes out later.
 */
#define XENCONS_CLOSING_WAIT	(HZ / 2)

static struct xencons *xencons_of(struct tty_struct *tty)
{
	return container_of(tty->port, struct xencons, port);
}

/* tty mutex held */
static int xencons_tty_install(struct tty_driver *driver,
			       struct tty_struct *tty)
{
	struct xencons *xc = driver->driver_state;

	return tty_port_install(&xc->port, driver, tty);
}

/* tty lock held */
static int xencons_tty_open(struct tty_struct *tty, struct file *filp)
{
	struct xencons *xc = xencons_of(tty);
	int err = tty_port_open(tty->port, tty, filp);

	if (err)
		return err;
	/* A hangup may have left it so. */
	if (!tty_throttled(tty))
		xencons_throttle(xc, false);
	/* Typed before anybody listened. */
	xencons_rx(xc);
	return 0;
}

/* tty lock held */
static void xencons_tty_close(struct tty_struct *tty, struct file *filp)
{
	struct xencons *xc = xencons_of(tty);

	tty_port_close(tty->port, tty, filp);
	/* Now that nothing flushes it any more: for SysRq, and for who opens next. */
	xencons_rx(xc);
}

static void xencons_tty_hangup(struct tty_struct *tty)
{
	struct xencons *xc = xencons_of(tty);

	tty_port_hangup(tty->port);
	wake_up_interruptible(&xc->sent_wait);
	xencons_rx(xc);
}

/* tty's write lock held; may be called in softirq by line disciplines */
static tty_write_ret_t
xencons_tty_write(struct tty_struct *tty, const u8 *buf, tty_write_len_t count)
{
	return xencons_write_user(xencons_of(tty), buf, count);
}

static int xencons_tty_put_char(struct tty_struct *tty, u8 ch)
{
	return xencons_put_user(xencons_of(tty), ch);
}

static void xencons_tty_flush_chars(struct tty_struct *tty)
{
	xencons_send(xencons_of(tty));
}

static unsigned int xencons_tty_write_room(struct tty_struct *tty)
{
	return xencons_user_room(xencons_of(tty));
}

static unsigned int xencons_tty_chars_in_buffer(struct tty_struct *tty)
{
	return xencons_user_queued(xencons_of(tty));
}

static void xencons_tty_flush_buffer(struct tty_struct *tty)
{
	xencons_purge_user(xencons_of(tty));
}

/* tcdrain: @timeout in jiffies, 0 for no limit */
static void xencons_tty_wait_until_sent(struct tty_struct *tty, int timeout)
{
	struct xencons *xc = xencons_of(tty);
	long limit = timeout ? timeout : MAX_SCHEDULE_TIMEOUT;

	wait_event_interruptible_timeout(xc->sent_wait,
					 xencons_user_taken(xc) ||
					 tty_io_error(tty), limit);
}

static void xencons_tty_send_xchar(struct tty_struct *tty, tty_xchar_t ch)
{
	xencons_send_xchar(xencons_of(tty), ch);
}

/* tty's flow lock held, interrupts off */
static void xencons_tty_stop(struct tty_struct *tty)
{
	xencons_stop_user(xencons_of(tty), true);
}

/* tty's flow lock held, interrupts off */
static void xencons_tty_start(struct tty_struct *tty)
{
	xencons_stop_user(xencons_of(tty), false);
}

static void xencons_tty_throttle(struct tty_struct *tty)
{
	xencons_throttle(xencons_of(tty), true);
}

static void xencons_tty_unthrottle(struct tty_struct *tty)
{
	struct xencons *xc = xencons_of(tty);

	xencons_throttle(xc, false);
	xencons_rx(xc);
}

static const struct tty_operations xencons_tty_ops = {
	.install = xencons_tty_install,
	.open = xencons_tty_open,
	.close = xencons_tty_close,
	.hangup = xencons_tty_hangup,
	.write = xencons_tty_write,
	.put_char = xencons_tty_put_char,
	.flush_chars = xencons_tty_flush_chars,
	.write_room = xencons_tty_write_room,
	.chars_in_buffer = xencons_tty_chars_in_buffer,
	.flush_buffer = xencons_tty_flush_buffer,
	.wait_until_sent = xencons_tty_wait_until_sent,
	.send_xchar = xencons_tty_send_xchar,
	.stop = xencons_tty_stop,
	.start = xencons_tty_start,
	.throttle = xencons_tty_throttle,
	.unthrottle = xencons_tty_unthrottle,
};

/*
 * Last close or hangup. The tty that goes may leave the line throttled or stopped;
 * the next one starts without.
 */
static void xencons_port_shutdown(struct tty_port *port)
{
	struct xencons *xc = container_of(port, struct xencons, port);

	xencons_stop_user(xc, false);
	xencons_throttle(xc, false);
}

static const struct tty_port_operations xencons_port_ops = {
	.shutdown = xencons_port_shutdown,
};

static void xencons_tty_describe(struct tty_driver *driver, struct xencons *xc)
{
	driver->driver_name = "xencons";
	driver->name = xc->line.name;
	driver->name_base = xc->line.num;
	driver->major = xc->line.major;
	driver->minor_start = xc->line.minor;
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag |= CLOCAL;
	driver->driver_state = xc;
	tty_set_operations(driver, &xencons_tty_ops);
}

/**
 * xencons_tty_register() - make the tty at xc->line
 * @xc: the console
 *
 * Context: process.
 * Return: 0, or a negative errno; -EBUSY if somebody else owns the numbers.
 */
int xencons_tty_register(struct xencons *xc)
{
	struct tty_driver *driver;
	struct device *dev;
	int err;

	driver = tty_alloc_driver(1, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_RESET_TERMIOS |
				  TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);

	xencons_tty_describe(driver, xc);
	xc->port.ops = &xencons_port_ops;
	xc->port.closing_wait = XENCONS_CLOSING_WAIT;

	err = tty_register_driver(driver);
	if (err)
		goto err_driver;

	dev = tty_port_register_device(&xc->port, driver, 0, NULL);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto err_device;
	}

	xc->driver = driver;
	return 0;

err_device:
	tty_unregister_driver(driver);
err_driver:
	tty_driver_kref_put(driver);
	return err;
}

/**
 * xencons_tty_unregister() - undo xencons_tty_register(); fine without it
 * @xc: the console
 *
 * Context: process.
 */
void xencons_tty_unregister(struct xencons *xc)
{
	if (!xc->driver)
		return;

	tty_unregister_device(xc->driver, 0);
	tty_unregister_driver(xc->driver);
	tty_driver_kref_put(xc->driver);
	xc->driver = NULL;
}
