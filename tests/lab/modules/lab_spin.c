// SPDX-License-Identifier: GPL-2.0-only
/*
 * A processor that runs nothing but interrupts, until it gets an NMI. One of them, of a
 * timer, logs a line meanwhile, as a watchdog would.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/timer.h>

#include <asm/nmi.h>

/* Whatever happens it ends some time. */
#define LIMIT	(120 * HZ)

static bool over;

static int lab_spin_nmi(unsigned int type, struct pt_regs *regs)
{
	WRITE_ONCE(over, true);
	return NMI_HANDLED;
}

static void lab_spin_watchdog(struct timer_list *timer)
{
	pr_warn("lab_spin: a timer has something to say\n");
}

static DEFINE_TIMER(timer, lab_spin_watchdog);

static int __init lab_spin_init(void)
{
	int err = register_nmi_handler(NMI_LOCAL, lab_spin_nmi, 0, "lab_spin");
	unsigned long end;

	if (err)
		return err;
	pr_info("lab_spin: begin\n");
	/* Who prints may print that first. */
	schedule_timeout_uninterruptible(HZ / 4);

	preempt_disable();
	end = jiffies + LIMIT;
	mod_timer(&timer, jiffies + HZ);
	while (!READ_ONCE(over) && time_before(jiffies, end))
		cpu_relax();
	pr_info("lab_spin: over\n");
	preempt_enable();
	return 0;
}
module_init(lab_spin_init);

static void __exit lab_spin_exit(void)
{
	timer_delete_sync(&timer);
	unregister_nmi_handler(NMI_LOCAL, "lab_spin");
}
module_exit(lab_spin_exit);

MODULE_DESCRIPTION("A processor that hangs, for the console lab");
MODULE_LICENSE("GPL");
