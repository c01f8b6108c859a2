// SPDX-License-Identifier: GPL-2.0-only
/*
 * A processor that runs nothing but interrupts for some seconds. One of them, of a timer,
 * logs a line meanwhile, as a watchdog would.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/timer.h>

static uint seconds = 12;
module_param(seconds, uint, 0400);
MODULE_PARM_DESC(seconds, "how long");

static void lab_spin_watchdog(struct timer_list *timer)
{
	pr_warn("lab_spin: a timer has something to say\n");
}

static DEFINE_TIMER(timer, lab_spin_watchdog);

static int __init lab_spin_init(void)
{
	unsigned long end;

	pr_info("lab_spin: begin\n");
	/* Who prints may print that first. */
	schedule_timeout_uninterruptible(HZ / 4);

	preempt_disable();
	end = jiffies + seconds * HZ;
	mod_timer(&timer, jiffies + HZ);
	while (time_before(jiffies, end))
		cpu_relax();
	pr_info("lab_spin: over\n");
	preempt_enable();
	return 0;
}
module_init(lab_spin_init);

static void __exit lab_spin_exit(void)
{
}
module_exit(lab_spin_exit);

MODULE_DESCRIPTION("A processor that hangs, for the console lab");
MODULE_LICENSE("GPL");
