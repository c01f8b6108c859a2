// SPDX-License-Identifier: GPL-2.0-only
/*
 * How printk prints on kernels with nbcon consoles. Ordinary records are printed by a
 * thread, which may sleep for as long as the backend does, so that printk's callers never
 * wait. What it has not printed yet stays in printk's own buffer, where a panic finds it.
 * In an emergency, and as long as there is no thread, who logs a record prints it, and
 * waits while the backend moves.
 *
 * A record is printed whole or not at all. printk's buffers are read in unsafe sections,
 * which are short and have interrupts off: a CPU stopped by a panic in one would silence
 * the panic. A Xen domain is restarted before printk takes a console over by force, so
 * xencons_printk_flush() does.
 */
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kmsg_dump.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/sysrq.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "xencons.h"

/* Whoever waits for printk's consoles waits for a record; see console_srcu. */
#define XENCONS_NBCON_HOLD	HZ

/* Between two looks of printk's thread whether this console may print yet. */
#define XENCONS_NBCON_NAP_MS	10

/*
 * What printk puts in front of a record that it offers again. Not true of one that is
 * printed whole or not at all, unless a panic took the console by force in between.
 */
static size_t xencons_nbcon_replay(const struct nbcon_write_context *wctxt)
{
	static const char replay[] = "** replaying previous printk message **\n";
	size_t len = sizeof(replay) - 1;

	return !wctxt->unsafe_takeover && wctxt->len > len &&
	       !memcmp(wctxt->outbuf, replay, len) ? len : 0;
}

/* Which record printk offers; only printk's own part tells. */
static u64 xencons_nbcon_seq(struct console *con)
{
	return (unsigned long)atomic_long_read(&ACCESS_PRIVATE(con, nbcon_prev_seq));
}

/* Is it one at all? What kdb prints is in a buffer of its own. */
static bool xencons_nbcon_record(struct nbcon_write_context *wctxt)
{
	const void *pbufs = ACCESS_PRIVATE(wctxt, ctxt).pbufs;

	return wctxt->outbuf == pbufs;
}

/*
 * The record is from before this console; or it was printed, and an emergency took the
 * console over before printk had noted that.
 */
static bool xencons_nbcon_printed(const struct xencons_sink *sink, u64 seq)
{
	return seq < sink->first_seq || seq == sink->last_seq;
}

/* Console owned, in an unsafe section. Returns how far the record came. */
static enum xencons_fate xencons_nbcon_put(struct xencons *xc,
					   struct nbcon_write_context *wctxt,
					   bool *kick)
{
	bool record = xencons_nbcon_record(wctxt);
	u64 seq = xencons_nbcon_seq(&xc->sink.console);
	enum xencons_fate fate;
	size_t skip;

	/* How far it has come since is not known. */
	if (record && xencons_nbcon_printed(&xc->sink, seq))
		return XENCONS_TEXT_QUEUED;
	skip = xencons_nbcon_replay(wctxt);
	fate = xencons_put_text(&xc->output, wctxt->outbuf + skip,
				wctxt->len - skip, kick);
	if (record && fate != XENCONS_TEXT_REFUSED) {
		xc->sink.last_seq = seq;
		xc->sink.first_seq = 0;
	}
	return fate;
}

/*
 * Leave a record to printk: without a buffer it counts as not printed, as after
 * nbcon_reacquire_nobuf(). printk's thread comes back for it at once, or when an emergency
 * is over.
 */
static void xencons_nbcon_keep(struct nbcon_write_context *wctxt)
{
	wctxt->outbuf = NULL;
}

/* The same where the thread sleeps: nobody else wakes it for what was logged in an emergency. */
static void xencons_nbcon_leave(struct console *con,
				struct nbcon_write_context *wctxt)
{
	struct xencons *xc = con->data;

	xencons_nbcon_keep(wctxt);
	if (READ_ONCE(xc->wire.life) != XENCONS_STILL)
		irq_work_queue(&con->irq_work);
}

/*
 * Print the record or none of it, at once. In an unsafe section nobody but a panic, which
 * has a buffer of its own, may take the console and write into the buffer. The backend is
 * notified behind it, as that may take long. Returns whether the console is still ours; if
 * not, the new owner prints the record.
 */
static bool xencons_nbcon_try(struct xencons *xc,
			      struct nbcon_write_context *wctxt,
			      enum xencons_fate *fate)
{
	bool kick = false, ours;
	unsigned long flags;

	local_irq_save(flags);
	ours = nbcon_enter_unsafe(wctxt);
	if (ours) {
		if (*fate == XENCONS_TEXT_REFUSED)
			*fate = xencons_nbcon_put(xc, wctxt, &kick);
		ours = nbcon_exit_unsafe(wctxt);
	}
	local_irq_restore(flags);

	if (kick)
		xc->wire.ops->notify(&xc->wire);
	return ours;
}

/*
 * Not once more for a backend that was waited for in vain, even if it took a byte since:
 * a dying machine has many records. In NMI only where locks may be passed by.
 */
static bool xencons_nbcon_may_wait(const struct xencons_output *out)
{
	return READ_ONCE(out->stall) != XENCONS_DEAD && (!in_nmi() || xencons_alone());
}

/* Another driver still prints what there is; but a panic waits for nobody. */
static bool xencons_nbcon_held(struct xencons *xc)
{
	/* Pairs with the release in xencons_printk_release(): first_seq is read later. */
	return smp_load_acquire(&xc->sink.held) && !xencons_may_wait(&xc->wire);
}

/*
 * Any context. If printk has a thread for this console, it is an emergency: nobody may
 * come later and send what is only queued. If not, there is none yet, or not any more, or
 * a boot console stays.
 */
static void xencons_nbcon_atomic(struct console *con,
				 struct nbcon_write_context *wctxt)
{
	struct xencons *xc = con->data;
	struct xencons_patience p = xencons_patience(&xc->wire);
	enum xencons_fate fate = XENCONS_TEXT_REFUSED, goal;

	goal = con->kthread ? XENCONS_TEXT_SENT : XENCONS_TEXT_GOES_ON;
	if (xencons_nbcon_held(xc)) {
		xencons_nbcon_leave(con, wctxt);
		return;
	}

	do {
		if (!xencons_nbcon_try(xc, wctxt, &fate) || fate >= goal)
			return;
	} while (xencons_nbcon_may_wait(&xc->output) &&
		 xencons_wait_text(&xc->output, &p, fate != XENCONS_TEXT_REFUSED, goal));

	if (fate == XENCONS_TEXT_REFUSED)
		xencons_nbcon_leave(con, wctxt);
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
	enum xencons_fate fate = XENCONS_TEXT_REFUSED;
	bool taken;

	if (current != con->kthread) {
		xencons_nbcon_atomic(con, wctxt);
		return;
	}
	if (xencons_nbcon_held(xc)) {
		msleep(XENCONS_NBCON_NAP_MS);
		xencons_nbcon_keep(wctxt);
		return;
	}

	if (!xencons_nbcon_try(xc, wctxt, &fate) || fate >= XENCONS_TEXT_GOES_ON)
		return;
	taken = fate != XENCONS_TEXT_REFUSED;
	while (nbcon_can_proceed(wctxt)) {
		if (xencons_push_text(&xc->output) >= XENCONS_TEXT_GOES_ON && taken)
			break;
		if (kthread_should_stop() || time_after(jiffies, end))
			break;
		/*
		 * All of it could be line feeds. When there is room, printk reads
		 * the record again: what it lost meanwhile is then told at once.
		 */
		if (xencons_await_room(&xc->output, taken ? 0 : 2 * wctxt->len))
			break;
	}
	if (!taken)
		xencons_nbcon_keep(wctxt);
}

static void xencons_nbcon_lock(struct console *con, unsigned long *flags)
{
	struct xencons *xc = con->data;

	mutex_lock(&xc->sink.device_mutex);
	migrate_disable();
}

static void xencons_nbcon_unlock(struct console *con, unsigned long flags)
{
	struct xencons *xc = con->data;

	migrate_enable();
	mutex_unlock(&xc->sink.device_mutex);
}

void xencons_printk_setup(struct xencons_sink *sink)
{
	struct console *con = &sink->console;

	/* Then there are no nbcon consoles, but there still is a /dev/console. */
	if (!IS_ENABLED(CONFIG_PRINTK))
		return;

	con->flags |= CON_NBCON;
	con->write_atomic = xencons_nbcon_atomic;
	con->write_thread = xencons_nbcon_thread;
	con->device_lock = xencons_nbcon_lock;
	con->device_unlock = xencons_nbcon_unlock;
}

/* unregister_console() ends the thread, but not the work that wakes it. */
void xencons_printk_undo(struct xencons_sink *sink)
{
	irq_work_sync(&sink->console.irq_work);
}

#ifdef MODULE
/* What these take is not exported. */
void xencons_printk_flush(void)
{
}

void xencons_printk_watch(void)
{
}

void xencons_printk_sysrq(u8 key)
{
	handle_sysrq(key);
}

struct console *xencons_printk_find(bool (*match)(const struct console *con))
{
	struct console *con, *found = NULL;

	console_list_lock();
	for_each_console(con)
		if (match(con))
			found = con;
	console_list_unlock();
	return found;
}

bool xencons_printk_registered(const struct xencons_sink *sink)
{
	return console_is_registered(&sink->console);
}

/* printk offers it the records since it was registered, which are more. */
void xencons_printk_release(struct xencons_sink *sink, u64 seq)
{
	sink->first_seq = seq;
	/* Pairs with the acquire in xencons_nbcon_held(). */
	smp_store_release(&sink->held, false);
}

u64 xencons_printk_next(struct xencons_sink *sink)
{
	u64 seq = (unsigned long)atomic_long_read(&ACCESS_PRIVATE(&sink->console,
								  nbcon_seq));

	/* printk steps over what is not to be seen without a word to us. */
	return max3(seq, sink->first_seq, sink->last_seq + 1);
}
#else
static bool xencons_nbcon_panic(void)
{
	return atomic_read(&panic_cpu) == raw_smp_processor_id();
}

/* In a panic the console is taken from whoever was stopped with it. */
void xencons_printk_flush(void)
{
	nbcon_cpu_emergency_enter();
	console_flush_on_panic(CONSOLE_FLUSH_PENDING);
	if (xencons_nbcon_panic())
		nbcon_atomic_flush_unsafe();
	nbcon_cpu_emergency_exit();
}

void xencons_printk_sysrq(u8 key)
{
	/*
	 * printk's thread may be behind what the key is to show. But an emergency cannot
	 * be preempted, and some of what keys do has to be there.
	 */
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		handle_sysrq(key);
		return;
	}
	nbcon_cpu_emergency_enter();
	handle_sysrq(key);
	nbcon_cpu_emergency_exit();
}

/* How long threads may not run while there are records. */
#define XENCONS_NBCON_WATCH	(2 * HZ)

/*
 * While a CPU hangs no thread may run, and what watchdogs say of it would be seen when it
 * is over. The timer still runs, and wakes no CPU that is idle.
 */
static struct {
	struct timer_list timer;
	struct work_struct alive;
	u64 next_seq;
} xencons_nbcon_watch;

static void xencons_nbcon_alive(struct work_struct *work)
{
}

/* Logged in an emergency a line is printed at once, and all that is before it. */
static void xencons_nbcon_alarm(void)
{
	nbcon_cpu_emergency_enter();
	pr_warn("xencons: no thread runs, printing in the place of printk's\n");
	nbcon_cpu_emergency_exit();
}

/* A thread that was woken because there were records should have run by now. */
static void xencons_nbcon_look(struct timer_list *timer)
{
	struct kmsg_dump_iter log;
	bool hangs = cancel_work(&xencons_nbcon_watch.alive);

	if (hangs)
		xencons_nbcon_alarm();
	kmsg_dump_rewind(&log);
	if (!hangs && log.next_seq != xencons_nbcon_watch.next_seq)
		queue_work(system_highpri_wq, &xencons_nbcon_watch.alive);
	xencons_nbcon_watch.next_seq = log.next_seq;
	mod_timer(timer, jiffies + XENCONS_NBCON_WATCH);
}

void xencons_printk_watch(void)
{
	if (!IS_ENABLED(CONFIG_PRINTK))
		return;
	INIT_WORK(&xencons_nbcon_watch.alive, xencons_nbcon_alive);
	timer_setup(&xencons_nbcon_watch.timer, xencons_nbcon_look,
		    TIMER_DEFERRABLE);
	mod_timer(&xencons_nbcon_watch.timer, jiffies + XENCONS_NBCON_WATCH);
}
#endif
