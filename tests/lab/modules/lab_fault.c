// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults that only a kernel can have. It puts itself between a console and its
 * transport, where send() is called with the transmit lock held.
 *
 * hold=CPU    the next send() on that processor does not return: the lock is
 *	       held for ever, interrupts are off. From then on an NMI, which no
 *	       wait for that lock keeps away, is a panic.
 * resume=1    panic when the domain was suspended and devices do not go on yet
 * unreadable=1
 *	       send() is given an address nobody can read, which a hypervisor
 *	       refuses
 *
 * A notifier adds some text to each panic.
 */
#include <linux/console.h>
#include <linux/module.h>
#include <linux/panic.h>
#include <linux/panic_notifier.h>
#include <linux/smp.h>

#ifdef CONFIG_X86
#include <asm/nmi.h>
#endif

#include <xen/xen-ops.h>

#include "xencons.h"

#define LINES	50

static int hold = -1;
module_param(hold, int, 0600);
MODULE_PARM_DESC(hold, "processor to hold in the next send");

static bool unreadable;
module_param(unreadable, bool, 0600);
MODULE_PARM_DESC(unreadable, "send from an address nobody can read");

static int held = -1;
static const struct xencons_ops *real;
static struct xencons_ops ours;

/* Half of the bytes are on the page then, and the queue does not know it. */
static size_t lab_fault_send(struct xencons_wire *wire, const u8 *buf, size_t len)
{
	size_t sent;

	if (READ_ONCE(unreadable))
		buf = (const u8 *)PAGE_SIZE;
	/* Once: this may be the text of the panic, on the same processor. */
	if (READ_ONCE(held) >= 0 || READ_ONCE(hold) != raw_smp_processor_id())
		return real->send(wire, buf, len);

	sent = real->send(wire, buf, len / 2);
	WRITE_ONCE(held, raw_smp_processor_id());
	while (READ_ONCE(hold) == raw_smp_processor_id())
		cpu_relax();
	return sent;
}

static int lab_fault_notify(struct notifier_block *nb, unsigned long event,
			    void *message)
{
	int line;

	for (line = 0; line < LINES; line++)
		pr_emerg("lab_fault: line %d of the panic\n", line);
	return NOTIFY_DONE;
}

static struct notifier_block lab_fault_notifier = {
	.notifier_call = lab_fault_notify,
};

static bool resume;
module_param(resume, bool, 0600);
MODULE_PARM_DESC(resume, "panic after the next suspend");

static int lab_fault_resumed(struct notifier_block *nb, unsigned long event,
			     void *data)
{
	if (resume)
		panic("lab_fault: devices are asleep");
	return NOTIFY_DONE;
}

static struct notifier_block lab_fault_resume_notifier = {
	.notifier_call = lab_fault_resumed,
};

#ifdef CONFIG_X86
static int lab_fault_nmi(unsigned int type, struct pt_regs *regs)
{
	if (READ_ONCE(held) >= 0)
		nmi_panic(regs, "lab_fault: a processor is held");
	return NMI_HANDLED;
}

static int lab_fault_watch(void)
{
	return register_nmi_handler(NMI_LOCAL, lab_fault_nmi, 0, "lab_fault");
}
#else
static int lab_fault_watch(void)
{
	return 0;
}
#endif

#ifdef for_each_console_srcu
static void lab_fault_lock(void) { console_list_lock(); }
static void lab_fault_unlock(void) { console_list_unlock(); }
#else
static void lab_fault_lock(void) { console_lock(); }
static void lab_fault_unlock(void) { console_unlock(); }
#endif

/* The lab's kernels have no other console with data. */
static struct xencons *lab_fault_console(void)
{
	struct console *con;
	void *found = NULL;

	lab_fault_lock();
	for_each_console(con) {
		if (con->data)
			found = con->data;
	}
	lab_fault_unlock();
	return found;
}

static int __init lab_fault_init(void)
{
	struct xencons *xc = lab_fault_console();
	int err;

	if (!xc)
		return -ENODEV;
	err = lab_fault_watch();
	if (err)
		return err;
	real = xc->wire.ops;
	ours = *real;
	ours.send = lab_fault_send;
	WRITE_ONCE(xc->wire.ops, &ours);
	xen_resume_notifier_register(&lab_fault_resume_notifier);
	atomic_notifier_chain_register(&panic_notifier_list,
				       &lab_fault_notifier);
	return 0;
}
module_init(lab_fault_init);

MODULE_DESCRIPTION("Faults for the console lab");
MODULE_LICENSE("GPL");
