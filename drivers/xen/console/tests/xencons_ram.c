// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transport in memory. The test is the backend: it takes output, types input and
 * sends events when it likes. Time is the test's too: wait() returns at once and
 * says it took 10 ms, and the console's timer is parked, so nothing happens that
 * the test did not ask for.
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "xencons_ram.h"

static struct xencons_ram *to_ram(struct xencons_wire *wire)
{
	return container_of(wire, struct xencons_ram, xc.wire);
}

static int xencons_ram_start(struct xencons_wire *wire)
{
	return to_ram(wire)->start_error;
}

static void xencons_ram_stop(struct xencons_wire *wire)
{
	irq_work_sync(&to_ram(wire)->event);
}

/*
 * An oops may have passed the lock by. Who has it shows that, see finding 16: on a kernel
 * for one processor an NMI would take it once more.
 */
static void xencons_ram_locked(struct xencons_ram *ram)
{
	struct xencons_lock *lock = &ram->xc.output.tx_lock;

	if (lock->lost)
		return;
	lockdep_assert_held(&lock->raw);
	WARN_ON_ONCE(!lock->held);
}

static size_t xencons_ram_send(struct xencons_wire *wire, const u8 *buf,
			       size_t len)
{
	struct xencons_ram *ram = to_ram(wire);
	size_t queued = ram->out_prod - ram->out_cons;
	size_t room = XENCONS_RAM_RING - min_t(size_t, queued, XENCONS_RAM_RING);
	size_t fits = ram->held ? 0 : min(len, room);
	size_t n = min_t(size_t, fits, ram->piece ?: XENCONS_RAM_RING);
	size_t i;

	xencons_ram_locked(ram);

	ram->sends++;
	ram->greedy += wire->tx_again;
	if (n < fits)
		wire->tx_again = true;
	for (i = 0; i < n; i++)
		ram->out[ram->out_prod++ % XENCONS_RAM_RING] = buf[i];
	if (n && (!queued || wire->life != XENCONS_LIVE))
		wire->tx_kick = true;
	return n;
}

static size_t xencons_ram_in_flight(struct xencons_wire *wire)
{
	struct xencons_ram *ram = to_ram(wire);

	xencons_ram_locked(ram);

	return ram->out_prod - ram->out_cons;
}

static size_t xencons_ram_recv(struct xencons_wire *wire, u8 *buf, size_t len)
{
	struct xencons_ram *ram = to_ram(wire);
	size_t queued = ram->in_prod - ram->in_cons;
	size_t n = min(len, queued);
	size_t i;

	lockdep_assert_held(&ram->xc.input.rx_lock);

	for (i = 0; i < n; i++)
		buf[i] = ram->in[ram->in_cons++ % XENCONS_RAM_RING];
	if (n && queued == XENCONS_RAM_RING)
		wire->rx_kick = true;
	return n;
}

static void xencons_ram_unlocked(struct xencons_ram *ram)
{
	lockdep_assert_not_held(&ram->xc.output.tx_lock.raw);
	lockdep_assert_not_held(&ram->xc.input.rx_lock);
}

static void xencons_ram_notify(struct xencons_wire *wire)
{
	struct xencons_ram *ram = to_ram(wire);

	xencons_ram_unlocked(ram);
	ram->notifies++;
	if (!ram->alive)
		return;
	xencons_ram_take(ram, XENCONS_RAM_RING);
	irq_work_queue(&ram->event);
}

static unsigned int xencons_ram_wait(struct xencons_wire *wire)
{
	struct xencons_ram *ram = to_ram(wire);

	xencons_ram_unlocked(ram);
	ram->waits++;
	if (ram->while_waiting)
		ram->while_waiting(ram);
	if (ram->waits % ram->every == 0)
		xencons_ram_take(ram, ram->pace);
	if (ram->wobbles)
		ram->out_cons += ram->waits % 2 ? 1 : -1;
	return XENCONS_RAM_WAIT_US;
}

static void xencons_ram_show(struct xencons_wire *wire, struct seq_file *m)
{
	seq_printf(m, "waits %u\n", to_ram(wire)->waits);
}

static const struct xencons_ops xencons_ram_ops = {
	.name = "memory",
	.start = xencons_ram_start,
	.stop = xencons_ram_stop,
	.send = xencons_ram_send,
	.in_flight = xencons_ram_in_flight,
	.recv = xencons_ram_recv,
	.notify = xencons_ram_notify,
	.wait = xencons_ram_wait,
	.show = xencons_ram_show,
};

/* The console's timer is the test's: one that is pending is not started again. */
void xencons_ram_park(struct xencons *xc)
{
	mod_timer(&xc->wire.time.timer, jiffies + 24 * 60 * 60 * HZ);
}

/* The timer expires. Returns whether the console started it again. */
bool xencons_ram_expire(struct xencons *xc)
{
	bool started;

	timer_delete_sync(&xc->wire.time.timer);
	local_bh_disable();
	xc->wire.time.timer.function(&xc->wire.time.timer);
	local_bh_enable();
	irq_work_sync(&xc->wire.time.timer_work);
	started = timer_pending(&xc->wire.time.timer);
	xencons_ram_park(xc);
	return started;
}

/* Let the processor's ticks pass until there is nothing left to send at them. */
void xencons_ram_await_send(struct xencons *xc)
{
	while (irq_work_is_busy(&xc->wire.time.send_work))
		irq_work_sync(&xc->wire.time.send_work);
}

static void xencons_ram_send_event(struct irq_work *work)
{
	struct xencons_ram *ram = container_of(work, struct xencons_ram, event);

	ram->useful = xencons_event(&ram->xc);
}

/*
 * A console with queues of @bufsz bytes and a backend that does nothing by itself; not
 * started.
 */
struct xencons_ram *xencons_ram_create(struct kunit *test, unsigned int bufsz)
{
	struct xencons_ram *ram = kunit_kzalloc(test, sizeof(*ram), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ram);
	KUNIT_ASSERT_EQ(test, xencons_init(&ram->xc, &xencons_ram_ops, bufsz),
			0);
	ram->every = 1;
	ram->xc.line = (struct xencons_line){ "xvc", 0, 204, 191 };
	init_irq_work(&ram->event, xencons_ram_send_event);
	xencons_ram_park(&ram->xc);
	return ram;
}

void xencons_ram_destroy(struct xencons_ram *ram)
{
	xencons_stop(&ram->xc);
	xencons_uninit(&ram->xc);
}

static void xencons_ram_remember(struct xencons_ram *ram, u8 ch)
{
	if (ram->logged == XENCONS_RAM_LOG) {
		ram->logged /= 2;
		memmove(ram->log, ram->log + ram->logged, ram->logged);
	}
	ram->log[ram->logged++] = ch;
	ram->log[ram->logged] = '\0';
}

/* The backend takes up to @len bytes of output. Returns how many. */
size_t xencons_ram_take(struct xencons_ram *ram, size_t len)
{
	size_t n = min_t(size_t, len, ram->out_prod - ram->out_cons);
	size_t i;

	for (i = 0; i < n; i++)
		xencons_ram_remember(ram, ram->out[ram->out_cons++ %
						   XENCONS_RAM_RING]);
	return n;
}

/*
 * The backend sends an event; it is handled in hardirq context before this
 * returns. Returns what the console answered.
 */
bool xencons_ram_event(struct xencons_ram *ram)
{
	irq_work_queue(&ram->event);
	irq_work_sync(&ram->event);
	return ram->useful;
}

/* The backend takes all there is and all that comes, with an event each time. */
void xencons_ram_serve(struct xencons_ram *ram)
{
	while (xencons_ram_take(ram, XENCONS_RAM_RING))
		xencons_ram_event(ram);
}

bool xencons_ram_tick(struct xencons_ram *ram)
{
	return xencons_ram_expire(&ram->xc);
}

/* Forget what was counted and logged until now. */
void xencons_ram_forget(struct xencons_ram *ram)
{
	ram->logged = 0;
	ram->log[0] = '\0';
	ram->waits = 0;
	ram->notifies = 0;
}

/* The backend types input, without an event. Returns what fitted. */
size_t xencons_ram_type(struct xencons_ram *ram, const void *text, size_t len)
{
	size_t room = XENCONS_RAM_RING - (ram->in_prod - ram->in_cons);
	const u8 *from = text;
	size_t n = min(len, room);
	size_t i;

	for (i = 0; i < n; i++)
		ram->in[ram->in_prod++ % XENCONS_RAM_RING] = from[i];
	return n;
}

/*
 * Unregister the tty, and wait until the last one that was closed is released: the tty
 * layer does that later, and only then is the driver's name in /proc free again.
 */
void xencons_ram_tty_unregister(struct kunit *test, struct xencons *xc)
{
	struct tty_driver *driver = xc->tty.driver;
	unsigned int users;

	if (!driver)
		return;
	tty_driver_kref_get(driver);
	xencons_tty_unregister(xc);
	KUNIT_EXPECT_EQ(test, 0,
			read_poll_timeout(kref_read, users, users == 1,
					  USEC_PER_MSEC, 10 * USEC_PER_SEC,
					  false, &driver->kref));
	tty_driver_kref_put(driver);
}

/* Open a file of a file system that need not be mounted anywhere. */
struct file *xencons_ram_open(const char *fs, const char *path, int flags)
{
	struct file_system_type *type = get_fs_type(fs);
	struct vfsmount *mnt;
	struct file *file;

	if (!type)
		return ERR_PTR(-ENODEV);
	mnt = vfs_kern_mount(type, 0, fs, NULL);
	if (IS_ERR(mnt))
		return ERR_CAST(mnt);
	file = file_open_root_mnt(mnt, path, flags, 0);
	mntput(mnt);
	return file;
}

/*
 * Next to a real console there is no room for those of the tests: names and numbers are
 * taken, and what the tests do to printk would be seen. (Built in, nobody asks.)
 */
static int __init xencons_ram_init(void)
{
	struct file *real = xencons_ram_open("proc", "tty/driver/xencons",
					     O_RDONLY);

	if (IS_ERR(real))
		return 0;
	__fput_sync(real);
	pr_err("xen-console-test: not run, xencons is the console of this machine\n");
	return -EBUSY;
}
module_init(xencons_ram_init);

static void __exit xencons_ram_exit(void)
{
}
module_exit(xencons_ram_exit);

MODULE_DESCRIPTION("KUnit tests for the Xen paravirtual console");
MODULE_LICENSE("GPL");
