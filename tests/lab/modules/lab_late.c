// SPDX-License-Identifier: GPL-2.0-only
/*
 * How late a timer interrupt was at most since longest was set to 0, in microseconds:
 * for so long interrupts were off, or the processor was not there. What irqsoff, the
 * tracer, would say is another thing, as printk hides from it what a console does.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>

#define PERIOD	(250 * NSEC_PER_USEC)

static uint longest;
module_param(longest, uint, 0600);
MODULE_PARM_DESC(longest, "microseconds");

static struct hrtimer timer;

static enum hrtimer_restart lab_late_tick(struct hrtimer *this)
{
	s64 late = ktime_us_delta(ktime_get(), hrtimer_get_expires(this));

	longest = max_t(s64, longest, late);
	hrtimer_forward_now(this, PERIOD);
	return HRTIMER_RESTART;
}

#ifndef HAVE_HRTIMER_SETUP
/* The name that it has in newer kernels. */
static void hrtimer_setup(struct hrtimer *this,
			  enum hrtimer_restart (*function)(struct hrtimer *),
			  clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(this, clock, mode);
	this->function = function;
}
#endif

static int __init lab_late_init(void)
{
	hrtimer_setup(&timer, lab_late_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_HARD);
	hrtimer_start(&timer, PERIOD, HRTIMER_MODE_REL_HARD);
	return 0;
}
module_init(lab_late_init);

static void __exit lab_late_exit(void)
{
	hrtimer_cancel(&timer);
}
module_exit(lab_late_exit);

MODULE_DESCRIPTION("How late timer interrupts are, for the console lab");
MODULE_LICENSE("GPL");
