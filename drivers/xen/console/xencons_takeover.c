// SPDX-License-Identifier: GPL-2.0-only
/*
 * From hvc_xen and back. A kernel of a distribution has hvc_xen built in, and on its
 * hvc0 run printk and whoever logged in; the module takes all of that over while the
 * domain runs, and gives it back when it is unloaded.
 *
 * There is always one console that printk can write to, and each record is printed
 * by one of the two: ours is registered first and held, hvc_xen's goes and tells which
 * record would have been its next, and with that ours begins. The way back is the
 * same: hvc_xen's console comes first and says nothing until ours is gone.
 *
 * What stays of hvc_xen is its binding of the event channel, which is why the port is
 * never unbound, and what it does in a restored domain, see xencons_suspend.c.
 *
 * Everything here runs while the module is loaded or unloaded, in process context.
 */
#define pr_fmt(fmt) "xencons: " fmt

#include <linux/console.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/iopoll.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/kdev_t.h>
#include <linux/list.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_port.h>

#include <xen/events.h>
#include <xen/xen.h>

#include "xencons_param.h"
#include "xencons_ring.h"
#include "xencons_takeover.h"

/* How long output may wait for the backend: hvc_xen's, before its terminal is hung up. */
#define XENCONS_TAKEOVER_WAIT	(HZ / 2)
#define XENCONS_TAKEOVER_WAIT_US	500000U

/* Looks at what comes and goes by itself, and milliseconds between them. */
#define XENCONS_TAKEOVER_LOOKS	10
#define XENCONS_TAKEOVER_LOOK_MS	20

#define XENCONS_REFUSED		", nothing changed"

static enum xencons_takeover_mode xencons_takeover_mode = XENCONS_TAKEOVER_HANGUP;

/* What is hvc_xen's. All NULL where there is nothing to take, or nothing taken. */
static struct {
	struct xencons_ring *ring;	/* on its page, ours */
	struct console *console;
	void (*write)(struct console *con, const char *text, unsigned int len);
	struct tty_driver *driver;
	struct tty_struct *tty;
	bool ours;	/* nobody else had the tty open */
} hvc;

static int xencons_set_takeover(const char *val, const struct kernel_param *kp)
{
	if (xencons_param_takeover(val, &xencons_takeover_mode))
		pr_warn("takeover \"%.32s\" ignored, it is none of " XENCONS_PARAM_TAKEOVERS "\n",
			val);
	return 0;
}

static int xencons_get_takeover(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n",
			  xencons_param_takeover_name(xencons_takeover_mode));
}

static const struct kernel_param_ops xencons_takeover_ops = {
	.set = xencons_set_takeover,
	.get = xencons_get_takeover,
};

module_param_cb(takeover, &xencons_takeover_ops, NULL, 0444);
MODULE_PARM_DESC(takeover, "How to take the console over from hvc_xen: " XENCONS_PARAM_TAKEOVERS);

/* hvc_xen's boot console, which is no boot console any more if it is to be kept. */
static bool xencons_is_xenboot(const struct console *con)
{
	return !strcmp(con->name, "xenboot");
}

static bool xencons_is_hvc(const struct console *con)
{
	return !strcmp(con->name, "hvc") && con->index == 0;
}

/* A file on a tty, or one that was opened as /dev/console. Good for comparing only. */
static const void *xencons_tty_file(struct tty_struct *tty, bool console)
{
	const struct tty_file_private *priv;
	const void *found = NULL;

	spin_lock(&tty->files_lock);
	list_for_each_entry(priv, &tty->tty_files, list) {
		dev_t dev = file_inode(priv->file)->i_rdev;

		if (!console || dev == MKDEV(TTYAUX_MAJOR, 1))
			found = priv->file;
	}
	spin_unlock(&tty->files_lock);
	return found;
}

static int xencons_same_file(const void *wanted, struct file *file,
			     unsigned int fd)
{
	return file == wanted;
}

/* Who has a file open, for a message: "name[pid]". */
static void xencons_name_holder(const void *file, char *buf, size_t size)
{
	struct task_struct *task;
	bool found = false;

	strscpy(buf, "somebody", size);
	rcu_read_lock();
	for_each_process(task) {
		task_lock(task);
		found = iterate_fd(task->files, 0, xencons_same_file, file);
		if (found)
			snprintf(buf, size, "%s[%d]", task->comm, task->pid);
		task_unlock(task);
		if (found)
			break;
	}
	rcu_read_unlock();
}

/*
 * hvc0 is open. Who opened it as /dev/console cannot be hung up: the tty layer leaves
 * such files alone.
 */
static int xencons_check_users(struct tty_struct *tty)
{
	bool idle = xencons_takeover_mode == XENCONS_TAKEOVER_IDLE;
	const void *file = xencons_tty_file(tty, !idle);
	char who[TASK_COMM_LEN + 16];

	if (!file && !idle)
		return 0;

	xencons_name_holder(file, who, sizeof(who));
	if (idle)
		pr_err("hvc0 is in use by %s" XENCONS_REFUSED "; takeover=hangup hangs it up\n",
		       who);
	else
		pr_err("%s has hvc0 open as /dev/console" XENCONS_REFUSED "; see xencons(4)\n",
		       who);
	return -EBUSY;
}

/* hvc0's tty, and whether nobody else has it open. It may go between two looks. */
static struct tty_struct *xencons_kopen(dev_t dev, bool *ours)
{
	struct tty_struct *tty;
	int n;

	for (n = 0; n < XENCONS_TAKEOVER_LOOKS; n++) {
		tty = tty_kopen_exclusive(dev);
		*ours = !IS_ERR(tty);
		if (*ours)
			tty_unlock(tty);
		else if (PTR_ERR(tty) == -EBUSY)
			tty = tty_kopen_shared(dev);
		if (tty)
			return tty;
	}
	return ERR_PTR(-EAGAIN);
}

/* Get hold of hvc0, so that it does not go while we look at it. */
static int xencons_hold_tty(dev_t dev)
{
	struct tty_struct *tty = xencons_kopen(dev, &hvc.ours);
	int n, err;

	if (IS_ERR(tty)) {
		pr_err("no hold on hvc0: error %ld" XENCONS_REFUSED "\n",
		       PTR_ERR(tty));
		return PTR_ERR(tty);
	}

	/* Who only writes a line to /dev/console is gone soon. */
	for (n = 0; n < XENCONS_TAKEOVER_LOOKS && !hvc.ours &&
	     xencons_tty_file(tty, true); n++)
		msleep(XENCONS_TAKEOVER_LOOK_MS);
	err = hvc.ours ? 0 : xencons_check_users(tty);
	if (err) {
		tty_kref_put(tty);
		return err;
	}
	hvc.tty = tty;
	hvc.driver = tty_driver_kref_get(tty->driver);
	return 0;
}

static void xencons_put_tty(void)
{
	if (hvc.ours)
		tty_kclose(hvc.tty);
	else
		tty_kref_put(hvc.tty);
	hvc.tty = NULL;
}

/*
 * hvc_xen waits with interrupts off for as long as the ring is full, and we would wait
 * for hvc_xen.
 */
static int xencons_check_backend(const struct xencons_interface *intf)
{
	XENCONS_RING_IDX start = READ_ONCE(intf->out_cons), now;
	int err;

	err = read_poll_timeout(READ_ONCE, now,
				now != start || now == READ_ONCE(intf->out_prod),
				10000, XENCONS_TAKEOVER_WAIT_US, false,
				intf->out_cons);
	if (err)
		pr_err("the console backend does not read" XENCONS_REFUSED "\n");
	return err ? -EBUSY : 0;
}

/* Reasons that have nothing to do with who uses the console. */
static int xencons_check_kernel(void)
{
	const char *reason = NULL;

	if (xen_initial_domain())
		reason = "hvc_xen has the hypervisor's console, which is taken over in a domU only";
	else if (xencons_takeover_mode == XENCONS_TAKEOVER_OFF)
		reason = "hvc_xen has the console, and takeover=off";
	else if (xen_pv_domain() && xencons_printk_find(xencons_is_xenboot))
		reason = "the boot console writes to the ring, boot without earlyprintk=xen,keep";
	if (reason)
		pr_err("%s" XENCONS_REFUSED "\n", reason);
	return reason ? -EBUSY : 0;
}

/**
 * xencons_takeover_begin() - see whether hvc_xen's console can be had
 * @xc: the console that is to take its place
 * @shared: whether @xc is on the shared ring, as hvc_xen is in a domU
 *
 * If so hvc_xen's is held, else nothing has changed and one line says why.
 *
 * Return: 0, also if there is nothing to take over; or why not.
 */
int xencons_takeover_begin(struct xencons *xc, bool shared)
{
	struct console *console = xencons_printk_find(xencons_is_hvc);
	struct xencons_ring *ring = to_ring(&xc->wire);
	bool bound, tty;
	dev_t dev;
	int irq, err;

	if (!IS_ENABLED(CONFIG_HVC_XEN))
		return 0;
	if (xen_initial_domain())
		return xencons_check_kernel();
	if (!shared)
		return 0;

	/*
	 * Blacklisted it only prints; or it is not on the ring, see xen_console_io=. What
	 * is left of ourselves, loaded before, has no such mark.
	 */
	irq = irq_from_evtchn(ring->port);
	bound = irq >= 0 && irq_check_status_bit(irq, IRQ_NOPROBE);
	tty = !tty_dev_name_to_number("hvc0", &dev);
	if (!bound && (tty || !console))
		return 0;

	err = xencons_check_kernel();
	if (!err)
		err = xencons_check_backend(ring->intf);
	if (!err && tty)
		err = xencons_hold_tty(dev);
	if (err)
		return err;
	hvc.console = console;
	hvc.ring = ring;
	xencons_primary_lend(ring);
	return 0;
}

/*
 * The thread that polls the lines of the hvc driver has a mutex while it does, which is
 * taken by who opens a line. There is hardly a last one; if there is, no harm is done.
 */
static void xencons_wait_for_khvcd(void)
{
	const struct tty_driver *driver = hvc.driver;
	struct tty_struct *tty;

	tty = tty_kopen_exclusive(MKDEV(driver->major, driver->minor_start +
						       driver->num - 1));
	if (IS_ERR(tty))
		return;
	tty_unlock(tty);
	tty_kclose(tty);
}

/*
 * Nobody can open hvc0 any more. Whoever has it open is hung up; it need not be the tty
 * that we held, which was perhaps being closed.
 */
static int xencons_take_tty(void)
{
	struct tty_struct *tty;
	bool ours = true;

	if (!hvc.ours) {
		tty = xencons_kopen(MKDEV(hvc.driver->major,
					  hvc.driver->minor_start), &ours);
		if (IS_ERR(tty))
			return PTR_ERR(tty);
		xencons_put_tty();
		hvc.tty = tty;
		hvc.ours = ours;
	}
	if (!ours) {
		tty_wait_until_sent(hvc.tty, XENCONS_TAKEOVER_WAIT);
		tty_vhangup(hvc.tty);
	}
	if (!ours && hvc.tty->port->count) {
		pr_err("hvc0 was opened as /dev/console meanwhile, given back\n");
		return -EBUSY;
	}
	xencons_wait_for_khvcd();
	return 0;
}

/* printk's way to the ring; hvc_xen's console tells where it stopped. */
static u64 xencons_take_printk(void)
{
	if (!hvc.console)
		return 0;
	hvc.write = hvc.console->write;
	unregister_console(hvc.console);
	return hvc.console->seq;
}

/* But in a panic, if ours is gone already. */
static void xencons_say_nothing(struct console *con, const char *text,
				unsigned int len)
{
	if (oops_in_progress && !hvc.ring->xc.sink.console.data)
		hvc.write(con, text, len);
}

/* Register hvc_xen's console before ours goes; it must not print what ours does. */
static void xencons_return_printk(void)
{
	if (!hvc.console)
		return;
	hvc.console->write = xencons_say_nothing;
	hvc.console->flags &= ~(CON_PRINTBUFFER | CON_CONSDEV);
	/* Perhaps nobody had asked for it, and it was just the first. */
	hvc.console->flags |= CON_ENABLED;
	register_console(hvc.console);
}

/* Nothing of ours uses the ring any more. */
static void xencons_return_rest(u64 seq)
{
	if (hvc.console) {
		console_lock();
		hvc.console->seq = seq;
		hvc.console->write = hvc.write;
		console_unlock();
		hvc.console = NULL;
	}
	if (!hvc.tty)
		return;
	/* As long as it is held nobody else can open it. */
	xencons_put_tty();
	if (IS_ERR(tty_register_device(hvc.driver, 0, NULL)))
		pr_warn("no hvc0 any more\n");
	tty_driver_kref_put(hvc.driver);
}

/* Register our console, but let it print nothing yet, except in a panic. */
static bool xencons_hold_printk(struct xencons *xc)
{
	xc->sink.held = true;
	xencons_console_register(xc, 0);
	return xencons_printk_registered(&xc->sink);
}

/**
 * xencons_takeover() - take what xencons_takeover_begin() found
 * @xc: the console, without a tty and not started
 *
 * Return: 1 if printk uses the console now, 0 if it never used hvc_xen's, or why
 * hvc_xen has everything again: somebody opened /dev/console meanwhile, and users of
 * hvc0 were hung up in vain; or there was no memory.
 */
int xencons_takeover(struct xencons *xc)
{
	bool printk = hvc.console;
	int err;
	u64 seq;

	if (!hvc.ring)
		return 0;
	if (printk && !xencons_hold_printk(xc)) {
		pr_err("no memory for a console" XENCONS_REFUSED "\n");
		if (hvc.tty) {
			xencons_put_tty();
			tty_driver_kref_put(hvc.driver);
		}
		return -ENOMEM;
	}
	if (hvc.tty)
		tty_unregister_device(hvc.driver, 0);
	seq = xencons_take_printk();
	err = hvc.tty ? xencons_take_tty() : 0;
	if (err) {
		xencons_return_printk();
		xencons_console_unregister(&xc->sink);
		xencons_return_rest(seq);
		return err;
	}

	xencons_primary_adopt(hvc.ring);
	if (printk)
		xencons_printk_release(&xc->sink, seq);
	return printk;
}

/**
 * xencons_takeover_return() - give printk and the tty back
 * @xc: the console, which printk may use until now; its tty is closed
 * @close: ends what else @xc has to do with the ring
 *
 * printk's console is exchanged first.
 */
void xencons_takeover_return(struct xencons *xc,
			     void (*close)(struct xencons *xc))
{
	xencons_return_printk();
	xencons_console_unregister(&xc->sink);
	close(xc);
	xencons_return_rest(xencons_printk_next(&xc->sink));
}
