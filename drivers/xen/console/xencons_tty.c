// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tty: one line over the data path. What a serial driver would do to the wire
 * (baud rate, modem lines, break) has no meaning here and is accepted without effect.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/serial.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/termios.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/uaccess.h>

#include "xencons.h"
#include "xencons_compat.h"

/*
 * The last close waits this long for a backend. Short, because what it did not
 * take stays queued and still goes out later.
 */
#define XENCONS_CLOSING_WAIT	(HZ / 2)

/* Protects the ports of drivers whose lines come and go. */
DEFINE_MUTEX(xencons_tty_lines);

static struct xencons *xencons_at(struct tty_port *port)
{
	return container_of(port, struct xencons, tty.port);
}

static struct xencons *xencons_of(struct tty_struct *tty)
{
	return xencons_at(tty->port);
}

static struct xencons_output *xencons_out_of(struct tty_struct *tty)
{
	return &xencons_at(tty->port)->output;
}

/* Programs take a ttyS for a serial line, and the other names for a console. */
static bool xencons_tty_is_serial(struct xencons *xc)
{
	return !strcmp(xc->line.name, "ttyS");
}

/*
 * What another console of this number was set to, perhaps by who closed it only now. Under
 * the tty mutex nobody saves it.
 */
static void xencons_tty_forget(struct xencons_tty *own, struct ktermios **saved)
{
	if (!own->fresh)
		return;
	own->fresh = false;
	kfree(*saved);
	*saved = NULL;
}

/* A line that goes stays as long as somebody has its tty. tty mutex held */
static int xencons_tty_install(struct tty_driver *driver,
			       struct tty_struct *tty)
{
	struct tty_port *port;
	int err;

	mutex_lock(&xencons_tty_lines);
	port = tty_port_get(driver->ports[tty->index]);
	mutex_unlock(&xencons_tty_lines);
	if (!port)
		return -ENODEV;

	xencons_tty_forget(&xencons_at(port)->tty,
			   &driver->termios[tty->index]);
	err = tty_port_install(port, driver, tty);
	if (err)
		tty_port_put(port);
	return err;
}

static void xencons_tty_cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

/* tty lock held */
static void xencons_tty_close(struct tty_struct *tty, struct file *filp)
{
	tty_port_close(tty->port, tty, filp);
}

/*
 * The tty that goes may leave the line throttled or stopped; the next one starts without.
 * What came in is for SysRq, and for who opens next.
 */
static void xencons_tty_over(struct xencons *xc)
{
	xencons_keep_user(&xc->output);
	xencons_stop_user(&xc->output, false);
	xencons_throttle(&xc->input, false);
	WRITE_ONCE(xc->input.echo, false);
	xencons_rx(&xc->input);
}

/* The last close is over, and no line discipline is left. tty mutex held */
static void xencons_tty_shutdown(struct tty_struct *tty)
{
	xencons_tty_over(xencons_of(tty));
}

/* tty lock held */
static void xencons_tty_hangup(struct tty_struct *tty)
{
	struct xencons *xc = xencons_of(tty);

	tty_port_hangup(tty->port);
	wake_up_interruptible(&xc->output.sent_wait);
	xencons_tty_over(xc);
}

/*
 * Where n_tty processes output it cuts what a program writes at each line feed, and calls
 * flush_chars() after the last piece. Who does not (tty_write_message()) waits for a
 * tick of the processor. tty's write lock held; may be called in softirq by line
 * disciplines
 */
static tty_write_ret_t
xencons_tty_write(struct tty_struct *tty, const u8 *buf, tty_write_len_t count)
{
	if (O_OPOST(tty))
		return xencons_queue_user(xencons_out_of(tty), buf, count);
	return xencons_write_user(xencons_out_of(tty), buf, count);
}

static int xencons_tty_put_char(struct tty_struct *tty, u8 ch)
{
	return xencons_queue_user(xencons_out_of(tty), &ch, 1);
}

static void xencons_tty_flush_chars(struct tty_struct *tty)
{
	xencons_send(xencons_out_of(tty), false);
}

static unsigned int xencons_tty_write_room(struct tty_struct *tty)
{
	return xencons_user_room(xencons_out_of(tty));
}

/*
 * The session is over or ends right now. A hangup waits for whoever waits inside
 * the line discipline, and only then calls the driver: waiters have to see it as
 * soon as it begins.
 */
static bool xencons_tty_gone(struct tty_struct *tty)
{
	return tty_io_error(tty) || test_bit(TTY_HUPPING, &tty->flags) ||
	       test_bit(TTY_HUPPED, &tty->flags);
}

/*
 * Output stays queued behind a stalled backend, and over the end of a session: it goes
 * out when it can. There is nothing to gain by waiting.
 */
static bool xencons_tty_waits_in_vain(struct tty_struct *tty)
{
	return xencons_stalled(xencons_out_of(tty)) || xencons_tty_gone(tty);
}

/*
 * Who drains output waits without a limit until there are none, before the tty layer
 * asks the driver to wait. The true figure is TIOCOUTQ's.
 */
static unsigned int xencons_tty_chars_in_buffer(struct tty_struct *tty)
{
	return xencons_tty_waits_in_vain(tty) ?
		       0 : xencons_user_queued(xencons_out_of(tty));
}

/*
 * A hangup calls this, and the last close while output is stopped. Neither asks for it to
 * be dropped, but who waits for it has to see that the session is over.
 */
static void xencons_tty_flush_buffer(struct tty_struct *tty)
{
	struct xencons *xc = xencons_of(tty);

	if (tty->closing || xencons_tty_gone(tty))
		xencons_keep_user(&xc->output);
	else
		xencons_purge_user(&xc->output);
	xencons_wake(xc);
}

/* tcdrain: @timeout in jiffies, 0 for no limit but the backend's */
static void xencons_tty_wait_until_sent(struct tty_struct *tty, int timeout)
{
	struct xencons *xc = xencons_of(tty);
	long limit = timeout ? timeout : MAX_SCHEDULE_TIMEOUT;

	wait_event_interruptible_timeout(xc->output.sent_wait,
					 xencons_user_taken(&xc->output) ||
					 xencons_tty_waits_in_vain(tty), limit);
}

/* As of a serial line: what is in the transport counts as sent. */
static int xencons_tty_ioctl(struct tty_struct *tty, unsigned int cmd,
			     unsigned long arg)
{
	if (cmd != TIOCOUTQ)
		return -ENOIOCTLCMD;
	return put_user(xencons_user_queued(xencons_out_of(tty)),
			(int __user *)arg);
}

static void xencons_tty_send_xchar(struct tty_struct *tty, tty_xchar_t ch)
{
	xencons_send_xchar(xencons_out_of(tty), ch);
}

/* tty's flow lock held, interrupts off */
static void xencons_tty_stop(struct tty_struct *tty)
{
	xencons_stop_user(xencons_out_of(tty), true);
}

/* tty's flow lock held, interrupts off */
static void xencons_tty_start(struct tty_struct *tty)
{
	xencons_stop_user(xencons_out_of(tty), false);
}

/*
 * Input that stays in the transport stops who types. No STOP character is sent, even with
 * stty ixoff: agetty leaves that on, and it would be in the log of each login. tty's
 * throttle mutex held
 */
static void xencons_tty_throttle(struct tty_struct *tty)
{
	xencons_throttle(&xencons_of(tty)->input, true);
}

/* tty's throttle mutex held, or its termios lock for writing */
static void xencons_tty_unthrottle(struct tty_struct *tty)
{
	struct xencons *xc = xencons_of(tty);

	xencons_throttle(&xc->input, false);
	xencons_rx(&xc->input);
}

/* tty lock held */
static int xencons_tty_open(struct tty_struct *tty, struct file *filp)
{
	int err = tty_port_open(tty->port, tty, filp);

	if (err)
		return err;
	/*
	 * A hangup may have left it throttled; and there may be something that was
	 * typed before anybody listened.
	 */
	down_write(&tty->termios_rwsem);
	WRITE_ONCE(xencons_of(tty)->input.echo, L_ECHO(tty));
	if (!tty_throttled(tty))
		xencons_tty_unthrottle(tty);
	up_write(&tty->termios_rwsem);
	return 0;
}

/*
 * There is no wire: eight bits and nothing around them, at any speed that is asked
 * for. tty's termios lock held for writing
 */
static void xencons_tty_set_termios(struct tty_struct *tty,
				    const struct ktermios *old)
{
	tty->termios.c_cflag &= ~(CSIZE | CSTOPB | PARENB | PARODD | CMSPAR |
				  CRTSCTS);
	tty->termios.c_cflag |= CS8 | CREAD;
	WRITE_ONCE(xencons_of(tty)->input.echo, L_ECHO(tty));
}

/* The other end is always there and ready. */
static int xencons_tty_tiocmget(struct tty_struct *tty)
{
	return TIOCM_CAR | TIOCM_DSR | TIOCM_CTS | TIOCM_RTS | TIOCM_DTR;
}

static int xencons_tty_tiocmset(struct tty_struct *tty, unsigned int set,
				unsigned int clear)
{
	return 0;
}

/* Bytes of the tty only: kernel text is none of a program's business. */
static int xencons_tty_get_icount(struct tty_struct *tty,
				  struct serial_icounter_struct *icount)
{
	struct xencons_stats stats;

	xencons_stats(xencons_of(tty), &stats);
	icount->rx = (int)stats.rx.bytes;
	icount->tx = (int)stats.tx.user;
	return 0;
}

/* Times are hundredths of a second here, jiffies in the port. */
static unsigned int xencons_tty_centisecs(unsigned int time)
{
	return time == ASYNC_CLOSING_WAIT_NONE ? time :
						 jiffies_to_msecs(time) / 10;
}

static unsigned int xencons_tty_jiffies(unsigned int centisecs)
{
	return centisecs == ASYNC_CLOSING_WAIT_NONE ?
		       centisecs :
		       msecs_to_jiffies(centisecs * 10);
}

/*
 * Programs that are answered take the line's number for that of a ttyS, and open that
 * (busybox cttyhack).
 */
static int xencons_tty_get_serial(struct tty_struct *tty,
				  struct serial_struct *ss)
{
	struct xencons *xc = xencons_of(tty);

	if (!xencons_tty_is_serial(xc))
		return -ENOTTY;

	mutex_lock(&xc->tty.port.mutex);
	ss->line = xc->line.num;
	ss->xmit_fifo_size = xc->output.user.size;
	ss->close_delay = xencons_tty_centisecs(xc->tty.port.close_delay);
	ss->closing_wait = xencons_tty_centisecs(xc->tty.port.closing_wait);
	mutex_unlock(&xc->tty.port.mutex);
	return 0;
}

/*
 * Is all the same but for the two times that can be set, and flags without a meaning here,
 * which anybody may set on a serial line (setserial low_latency)?
 */
static bool xencons_tty_same_serial(const struct serial_struct *a,
				    const struct serial_struct *b)
{
	return a->type == b->type && a->line == b->line && a->port == b->port &&
	       a->irq == b->irq &&
	       !((a->flags ^ b->flags) & ~ASYNC_USR_MASK) &&
	       a->xmit_fifo_size == b->xmit_fifo_size &&
	       a->custom_divisor == b->custom_divisor &&
	       a->baud_base == b->baud_base;
}

static int xencons_tty_set_serial(struct tty_struct *tty,
				  struct serial_struct *ss)
{
	struct xencons *xc = xencons_of(tty);
	struct serial_struct now = { };
	int err = xencons_tty_get_serial(tty, &now);

	if (err)
		return err;
	if (!xencons_tty_same_serial(ss, &now))
		return -EINVAL;
	if (ss->close_delay == now.close_delay &&
	    ss->closing_wait == now.closing_wait)
		return 0;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	mutex_lock(&xc->tty.port.mutex);
	xc->tty.port.close_delay = xencons_tty_jiffies(ss->close_delay);
	xc->tty.port.closing_wait = xencons_tty_jiffies(ss->closing_wait);
	mutex_unlock(&xc->tty.port.mutex);
	return 0;
}

static void xencons_tty_proc_show_line(struct seq_file *m, struct xencons *xc)
{
	struct xencons_stats stats;

	xencons_stats(xc, &stats);
	seq_printf(m, "%u: uart:xencons tx:%llu rx:%llu text:%llu dropped:%llu RTS|CTS|DTR|DSR|CD\n",
		   xc->line.num, stats.tx.user, stats.rx.bytes, stats.tx.text,
		   stats.tx.dropped);
}

/* /proc/tty/driver/xencons, in the words of serial drivers */
static int xencons_tty_proc_show(struct seq_file *m, void *unused)
{
	struct tty_driver *driver = m->private;
	unsigned int n;

	seq_puts(m, "serinfo:1.0 driver revision:\n");
	mutex_lock(&xencons_tty_lines);
	for (n = 0; n < driver->num; n++)
		if (driver->ports[n])
			xencons_tty_proc_show_line(m, xencons_at(driver->ports[n]));
	mutex_unlock(&xencons_tty_lines);
	return 0;
}

const struct tty_operations xencons_tty_ops = {
	.install = xencons_tty_install,
	.cleanup = xencons_tty_cleanup,
	.open = xencons_tty_open,
	.close = xencons_tty_close,
	.hangup = xencons_tty_hangup,
	.shutdown = xencons_tty_shutdown,
	.write = xencons_tty_write,
	.put_char = xencons_tty_put_char,
	.flush_chars = xencons_tty_flush_chars,
	.write_room = xencons_tty_write_room,
	.chars_in_buffer = xencons_tty_chars_in_buffer,
	.flush_buffer = xencons_tty_flush_buffer,
	.ioctl = xencons_tty_ioctl,
	.wait_until_sent = xencons_tty_wait_until_sent,
	.send_xchar = xencons_tty_send_xchar,
	.stop = xencons_tty_stop,
	.start = xencons_tty_start,
	.throttle = xencons_tty_throttle,
	.unthrottle = xencons_tty_unthrottle,
	.set_termios = xencons_tty_set_termios,
	.tiocmget = xencons_tty_tiocmget,
	.tiocmset = xencons_tty_tiocmset,
	.get_icount = xencons_tty_get_icount,
	.get_serial = xencons_tty_get_serial,
	.set_serial = xencons_tty_set_serial,
	.proc_show = xencons_tty_proc_show,
#ifdef CONFIG_CONSOLE_POLL
	.poll_init = xencons_poll_init,
	.poll_get_char = xencons_poll_get_char,
	.poll_put_char = xencons_poll_put_char,
#endif
};

static const struct tty_port_operations xencons_port_ops = { };

static void xencons_tty_describe(struct tty_driver *driver, struct xencons *xc)
{
	driver->driver_name = "xencons";
	driver->name = xc->line.name;
	driver->name_base = xc->line.num;
	driver->major = xc->line.major;
	driver->minor_start = xc->line.minor;
	driver->type = xencons_tty_is_serial(xc) ? TTY_DRIVER_TYPE_SERIAL :
						   TTY_DRIVER_TYPE_CONSOLE;
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
	unsigned long flags = TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV;
	struct tty_driver *driver;
	struct device *dev;
	int err;

	/* A serial line keeps its settings over the last close, a console does not. */
	if (!xencons_tty_is_serial(xc))
		flags |= TTY_DRIVER_RESET_TERMIOS;
	driver = tty_alloc_driver(1, flags);
	if (IS_ERR(driver))
		return PTR_ERR(driver);

	xencons_tty_describe(driver, xc);
	xc->tty.port.ops = &xencons_port_ops;
	xc->tty.port.closing_wait = XENCONS_CLOSING_WAIT;

	err = tty_register_driver(driver);
	if (err)
		goto err_driver;

	dev = tty_port_register_device(&xc->tty.port, driver, 0, NULL);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto err_device;
	}

	xc->tty.driver = driver;
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
	if (!xc->tty.driver)
		return;

	tty_port_unregister_device(&xc->tty.port, xc->tty.driver, 0);
	tty_unregister_driver(xc->tty.driver);
	tty_driver_kref_put(xc->tty.driver);
	xc->tty.driver = NULL;
}
