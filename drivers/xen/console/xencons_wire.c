// SPDX-License-Identifier: GPL-2.0-only
/*
 * What output and input both stand on: when the backend may be waited for, and what
 * happens later.
 */
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/timer.h>

#include "xencons.h"

/**
 * xencons_may_wait() - is this the time to wait for the backend in any context?
 * @wire: of the console
 *
 * In an oops, a panic, a debugger, and while the machine goes down nobody may come
 * later and print for us.
 *
 * Context: any.
 */
bool xencons_may_wait(const struct xencons_wire *wire)
{
	return xencons_alone() || READ_ONCE(wire->last_words) ||
	       (system_state >= SYSTEM_HALT && system_state <= SYSTEM_RESTART);
}

/**
 * xencons_want_tick() - make sure that the timer runs
 * @wire: of the console
 *
 * printk's caller may hold a timer base's lock, so the timer starts elsewhere.
 *
 * Context: any.
 */
void xencons_want_tick(struct xencons_wire *wire)
{
	if (READ_ONCE(wire->life) != XENCONS_STILL &&
	    !timer_pending(&wire->time.timer))
		irq_work_queue(&wire->time.timer_work);
}

static void xencons_start_timer(struct irq_work *work)
{
	struct xencons_wire *wire =
		container_of(work, struct xencons_wire, time.timer_work);

	if (READ_ONCE(wire->life) != XENCONS_STILL)
		mod_timer(&wire->time.timer, jiffies + XENCONS_TICK);
}

/**
 * xencons_wire_init() - make a wire that is still
 * @wire: zeroed memory
 * @ops: the transport
 * @tick: called a few times per second while something waits; softirq
 * @send: called once after time.send_work was queued; hardirq, or a thread on PREEMPT_RT
 */
void xencons_wire_init(struct xencons_wire *wire, const struct xencons_ops *ops,
		       void (*tick)(struct timer_list *timer),
		       void (*send)(struct irq_work *work))
{
	wire->ops = ops;
	timer_setup(&wire->time.timer, tick, 0);
	init_irq_work(&wire->time.timer_work, xencons_start_timer);
	wire->time.send_work = IRQ_WORK_INIT_LAZY(send);
}

/**
 * xencons_wire_rest() - wait until nothing happens later any more
 * @wire: of the console, still
 *
 * Context: process.
 */
void xencons_wire_rest(struct xencons_wire *wire)
{
	/* A last tick may queue both works once more, and the one start the timer. */
	timer_delete_sync(&wire->time.timer);
	irq_work_sync(&wire->time.timer_work);
	timer_delete_sync(&wire->time.timer);
	irq_work_sync(&wire->time.send_work);
}
