// SPDX-License-Identifier: GPL-2.0-only
/*
 * How printk prints on kernels with nbcon consoles: a thread does it, which may sleep
 * for as long as the backend does, so that printk's callers never wait. What it has not
 * printed yet stays in printk's own buffer, where a panic finds it.
 *
 * printk's buffers are read in unsafe sections, which are short and have interrupts off:
 * a CPU stopped by a panic in one would silence the panic. A Xen domain is restarted
 * before printk takes a console over by force, so xencons_printk_flush() does.
 */
#include <linux/console.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "xencons.h"

/* Whoever waits for printk's consoles waits for a record; see console_srcu. */
#define XENCONS_NBCON_HOLD	HZ

/*
 * What printk puts in front of a record it offers again, which is not true if nothing
 * of it was printed.
 */
static void xencons_nbcon_skip_replay(struct xencons *xc,
				      struct nbcon_write_context *wctxt)
{
	static const char replay[] = "** replaying previous printk message **\n";
	size_t len = sizeof(replay) - 1;

	if (xc->kept && wctxt->len > len && !memcmp(wctxt->outbuf, replay, len)) {
		wctxt->outbuf += len;
		wctxt->len -= len;
	}
	xc->kept = true;
}

/* The record is from before this console. Only printk's own part tells which it is. */
static bool xencons_nbcon_printed(const struct xencons *xc,
				  struct nbcon_write_context *wctxt)
{
	return ACCESS_PRIVATE(wctxt, ctxt).seq < xc->first_seq;
}

/*
 * Leave a record to printk: without a buffer it counts as not printed, as after
 * nbcon_reacquire_nobuf(). The thread comes back for it.
 */
static void xencons_nbcon_keep(struct console *con,
			       struct nbcon_write_context *wctxt)
{
	struct xencons *xc = con->data;

	wctxt->outbuf = NULL;
	if (READ_ONCE(xc->started))
		irq_work_queue(&con->irq_work);
}

/*
 * Print the record or none of it, at once. Until this is over nobody but a panic, which
 * has a buffer of its own, may take the console and write into the buffer.
 */
static void xencons_nbcon_try(struct xencons *xc,
			      struct nbcon_write_context *wctxt)
{
	unsigned long flags;

	local_irq_save(flags);
	if (nbcon_enter_unsafe(wctxt)) {
		xencons_nbcon_skip_replay(xc, wctxt);
		xc->kept = !xencons_try_text(xc, wctxt->outbuf, wctxt->len);
		nbcon_exit_unsafe(wctxt);
	}
	local_irq_restore(flags);
}

/*
 * Nobody comes later and prints: these are the last words, or printk has no thread for
 * this console, because of a boot console that stays. But not once more for a backend
 * that was waited for in vain, and in NMI only where locks may be passed by.
 */
static bool xencons_nbcon_waits(const struct console *con)
{
	struct xencons *xc = con->data;

	if (in_nmi() && !xencons_alone())
		return false;
	if (xencons_may_wait(xc))
		return xc->stalled != XENCONS_DEAD;
	return xc->started && !con->kthread;
}

/* Any context */
static void xencons_nbcon_atomic(struct console *con,
				 struct nbcon_write_context *wctxt)
{
	struct xencons *xc = con->data;

	if (xencons_nbcon_printed(xc, wctxt))
		return;
	if (xencons_nbcon_waits(con)) {
		xencons_nbcon_skip_replay(xc, wctxt);
		xencons_write_text(xc, wctxt->outbuf, wctxt->len);
		xc->kept = false;
	} else {
		xencons_nbcon_try(xc, wctxt);
	}
	if (xc->kept)
		xencons_nbcon_keep(con, wctxt);
}

/*
 * Process context. Mostly printk's thread, with the device lock; early in boot whoever
 * has the console lock, and may not sleep for long.
 */
static void xencons_nbcon_thread(struct console *con,
				 struct nbcon_write_context *wctxt)
{
	unsigned long end = jiffies + XENCONS_NBCON_HOLD;
	struct xencons *xc = con->data;

	if (current != con->kthread) {
		xencons_nbcon_atomic(con, wctxt);
		return;
	}
	if (xencons_nbcon_printed(xc, wctxt))
		return;

	xencons_nbcon_try(xc, wctxt);
	while (nbcon_can_proceed(wctxt)) {
		if (xencons_push_text(xc) && !xc->kept)
			break;
		if (kthread_should_stop() || time_after(jiffies, end))
			break;
		/*
		 * All of it could be line feeds. When there is room, printk reads
		 * the record again: what it lost meanwhile is then told at once.
		 */
		if (xencons_await_room(xc, xc->kept ? 2 * wctxt->len : 0))
			break;
	}
	if (xc->kept)
		xencons_nbcon_keep(con, wctxt);
}

static void xencons_nbcon_lock(struct console *con, unsigned long *flags)
{
	struct xencons *xc = con->data;

	mutex_lock(&xc->device_mutex);
	migrate_disable();
}

static void xencons_nbcon_unlock(struct console *con, unsigned long flags)
{
	struct xencons *xc = con->data;

	migrate_enable();
	mutex_unlock(&xc->device_mutex);
}

/**
 * xencons_printk_setup() - tell printk how to print on a console
 * @xc: the console, about to be registered
 */
void xencons_printk_setup(struct xencons *xc)
{
	struct console *con = &xc->console;

	/* Then there are no nbcon consoles, but there still is a /dev/console. */
	if (!IS_ENABLED(CONFIG_PRINTK))
		return;

	con->flags |= CON_NBCON;
	con->write_atomic = xencons_nbcon_atomic;
	con->write_thread = xencons_nbcon_thread;
	con->device_lock = xencons_nbcon_lock;
	con->device_unlock = xencons_nbcon_unlock;
}

/**
 * xencons_printk_undo() - wait for what printk still has under way for a console
 * @xc: the console, just unregistered
 *
 * unregister_console() ends the thread, but not the work that wakes it.
 *
 * Context: process.
 */
void xencons_printk_undo(struct xencons *xc)
{
	irq_work_sync(&xc->console.irq_work);
}

#ifdef MODULE
/* What it takes is not exported. */
void xencons_printk_flush(void)
{
}
#else
static bool xencons_nbcon_panic(void)
{
	return atomic_read(&panic_cpu) == raw_smp_processor_id();
}

/**
 * xencons_printk_flush() - print what printk still has
 *
 * For a machine that goes down without stopping printk's threads first. In a panic the
 * console is taken from whoever was stopped with it.
 *
 * Context: any. Waits for the backend if the console was told, see @last_words.
 */
void xencons_printk_flush(void)
{
	nbcon_cpu_emergency_enter();
	console_flush_on_panic(CONSOLE_FLUSH_PENDING);
	if (xencons_nbcon_panic())
		nbcon_atomic_flush_unsafe();
	nbcon_cpu_emergency_exit();
}
#endif
