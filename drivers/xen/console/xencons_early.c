// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words before there is a console, and words past it: the boot console
 * (earlyprintk=xen, earlycon=xenboot), and text straight to the hypervisor.
 *
 * The boot console writes where the console will: the hypervisor's console in dom0,
 * the shared ring in a domU. It remembers the record of printk it got to; the
 * console goes on from there and the boot console never writes again, whatever
 * keep_bootcon says: the ring has room for one writer.
 */
#include <linux/console.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/of_fdt.h>
#include <linux/serial_core.h>
#include <linux/string.h>
#include <linux/timex.h>

#include <asm/early_ioremap.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <xen/events.h>
#include <xen/features.h>
#include <xen/hvc-console.h>
#include <xen/hvm.h>
#include <xen/interface/hvm/params.h>
#include <xen/interface/sched.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "xencons.h"
#include "xencons_page.h"

/*
 * How long the boot console waits for a backend that takes nothing. There may be no
 * clock yet: in cycles, at least 250 ms on any machine, and some 600 ms on most. Arm's
 * counter says how fast it is.
 */
#ifdef CONFIG_ARM64
#define XENCONS_BOOT_PATIENCE	(arch_timer_get_cntfrq() / 2ULL)
#else
#define XENCONS_BOOT_PATIENCE	1250000000ULL
#endif

/*
 * Straight to the hypervisor. Runs before there is anything to rely on, even a
 * page table of our own: no locks, no allocation, no printk.
 */

#ifdef CONFIG_X86
/* The debug port of the hypervisor, for guests that have ports. */
static void xencons_raw_port(const char *text, size_t len)
{
	if (xen_cpuid_base())
		outsb(0xe9, text, len);
}
#else
static void xencons_raw_port(const char *text, size_t len) { }
#endif

/*
 * In dom0 this always works, in a domU only if the hypervisor was built or told to
 * allow it.
 */
static void xencons_raw_write(const char *text, size_t len)
{
	int err = -ENODEV;

	if (xen_domain())
		err = HYPERVISOR_console_io(CONSOLEIO_write, len, (char *)text);
	if (err < 0 && !xen_pv_domain())
		xencons_raw_port(text, len);
}

/**
 * xen_raw_console_write() - print to the hypervisor's console
 * @str: the text
 *
 * Where the hypervisor refuses, an HVM or PVH guest uses its debug port; a PV guest
 * prints nothing.
 *
 * Context: any, from the first instruction on.
 */
void xen_raw_console_write(const char *str)
{
	xencons_raw_write(str, strlen(str));
}

/**
 * xen_raw_printk() - print to the hypervisor's console, with a format
 * @fmt: format, then its arguments
 *
 * As xen_raw_console_write(); text over 255 bytes is cut.
 */
void xen_raw_printk(const char *fmt, ...)
{
	char buf[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	xencons_raw_write(buf, len);
}

/**
 * struct xencons_boot - the boot console
 * @con: what is registered with printk; NULL before and when it is over
 * @dom0: the console will be the hypervisor's
 * @intf: the shared page; NULL if there is none
 * @mapped: @intf was mapped by us
 * @port: event channel
 * @prod: our index of the output ring
 * @stalled: it did not write a record, or may not write more; the rest is for the console
 * @seq: the first record of printk for the console then
 */
static struct xencons_boot {
	struct console *con;
	bool dom0;
	struct xencons_interface *intf;
	bool mapped;
	evtchn_port_t port;
	XENCONS_RING_IDX prod;
	bool stalled;
	u64 seq;
} xencons_boot;

static void __init xencons_boot_find_hvm(struct xencons_boot *boot)
{
	u64 port, gfn;

	if (hvm_get_parameter(HVM_PARAM_CONSOLE_EVTCHN, &port) || !port ||
	    hvm_get_parameter(HVM_PARAM_CONSOLE_PFN, &gfn) || !gfn)
		return;

	boot->port = (evtchn_port_t)port;
	boot->intf = early_memremap(gfn << XEN_PAGE_SHIFT, XEN_PAGE_SIZE);
	boot->mapped = !!boot->intf;
}

#ifdef CONFIG_X86
static void __init xencons_boot_find_pv(struct xencons_boot *boot)
{
	if (!xen_start_info->console.domU.evtchn ||
	    !xen_start_info->console.domU.mfn)
		return;

	boot->port = xen_start_info->console.domU.evtchn;
	boot->intf = gfn_to_virt(xen_start_info->console.domU.mfn);
}

/*
 * A plain HVM guest does not know yet that it is one. It has its debug port, and
 * the console prints the same again.
 */
static void __init xencons_boot_find(struct xencons_boot *boot)
{
	boot->dom0 = xen_initial_domain();
	if (boot->dom0)
		return;
	if (xen_pv_domain())
		xencons_boot_find_pv(boot);
	else if (xen_hvm_domain())
		xencons_boot_find_hvm(boot);
}
#else
/*
 * Arm parses its parameters before it knows about Xen: look into the device tree
 * for it, and ask it. The 32-bit one may not even have a counter yet to wait by.
 */
static void __init xencons_boot_find(struct xencons_boot *boot)
{
	int node = of_get_flat_dt_subnode_by_name(of_get_flat_dt_root(),
						  "hypervisor");

	if (node < 0 || !of_flat_dt_is_compatible(node, "xen,xen"))
		return;

	xen_setup_features();
	boot->dom0 = xen_feature(XENFEAT_dom0);
	if (!boot->dom0 && IS_ENABLED(CONFIG_ARM64))
		xencons_boot_find_hvm(boot);
}
#endif

static void xencons_boot_notify(const struct xencons_boot *boot)
{
	struct evtchn_send send = { .port = boot->port };

	HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
}

/*
 * Wait until no more than @most bytes are in the ring. Without events to hear, the
 * backend is notified again after each step of progress. Returns false if it took
 * nothing for too long, takes too long for all, or cannot be believed.
 */
static bool xencons_boot_wait(const struct xencons_boot *boot, int most)
{
	const struct xencons_interface *intf = boot->intf;
	const cycles_t begin = get_cycles();
	cycles_t step = begin, now = begin;
	int queued, before = INT_MAX;

	do {
		queued = xencons_page_queued(intf, boot->prod);
		if (queued <= most)
			return queued >= 0;
		if (queued < before) {
			before = queued;
			step = now;
			xencons_boot_notify(boot);
		}
		if (xencons_page_disconnected(intf))
			return false;
		HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
		now = get_cycles();
	} while (now - step < XENCONS_BOOT_PATIENCE &&
		 now - begin < 8 * XENCONS_BOOT_PATIENCE);

	return false;
}

/* Put bytes into the ring, however many they are. */
static bool xencons_boot_put(struct xencons_boot *boot, const char *text,
			     size_t len)
{
	struct xencons_interface *intf = boot->intf;
	int n;

	for (;;) {
		n = xencons_page_put(intf, &boot->prod, (const u8 *)text, len);
		if (n < 0)
			return false;
		text += n;
		len -= n;
		if (!len)
			return true;
		if (!xencons_boot_wait(boot, sizeof(intf->out) - 1))
			return false;
	}
}

/*
 * Put a record into the ring, each line feed as CR LF. Nothing of it is put before
 * there is room for all, so that the console need not repeat a part.
 */
static bool xencons_boot_put_record(struct xencons_boot *boot,
				    const char *text, size_t len)
{
	const int size = sizeof(boot->intf->out);
	size_t line, need = len;
	const char *end;

	for (line = 0; line < len; line++)
		need += text[line] == '\n';
	if (!xencons_boot_wait(boot, size - min_t(int, need, size)))
		return false;

	while ((end = memchr(text, '\n', len))) {
		line = end - text;
		if (!xencons_boot_put(boot, text, line) ||
		    !xencons_boot_put(boot, "\r\n", 2))
			return false;
		text += line + 1;
		len -= line + 1;
	}
	return xencons_boot_put(boot, text, len);
}

static bool xencons_boot_ring(struct xencons_boot *boot, const char *text,
			      size_t len)
{
	bool done = xencons_boot_put_record(boot, text, len);

	xencons_boot_notify(boot);
	/* The backend reads nothing from a domain that is gone. */
	if (done && oops_in_progress)
		boot->stalled = !xencons_boot_wait(boot, 0);
	return done;
}

/*
 * console_lock held, interrupts off; or early_printk(), with what is no record of printk:
 * so which records were written is only asked where there is one that was not.
 */
static void xencons_boot_write(struct console *con, const char *text,
			       unsigned int len)
{
	struct xencons_boot *boot = &xencons_boot;
	bool done;

	if (boot->con != con)
		return;
	if (!boot->intf && !boot->dom0) {
		xencons_raw_write(text, len);
		return;
	}
	if (boot->stalled)
		return;

	if (boot->intf)
		done = xencons_boot_ring(boot, text, len);
	else
		done = !HYPERVISOR_console_io(CONSOLEIO_write, len,
					      (char *)text);
	if (!done)
		boot->stalled = true;
	if (boot->stalled)
		boot->seq = con->seq + done;
}

/* Only one: they would print the same text twice. */
static int __init xencons_boot_open(struct console *con)
{
	struct xencons_boot *boot = &xencons_boot;

	if (boot->con)
		return boot->con == con ? 0 : -EBUSY;

	xencons_boot_find(boot);
	/* Go on where whoever used the page before left off. */
	if (boot->intf)
		boot->prod = READ_ONCE(boot->intf->out_prod);
	boot->con = con;
	return 0;
}

/**
 * xencons_boot_retire() - the boot console has done its work
 *
 * Unregisters it; it never touches the ring again.
 *
 * Context: console_initcall time.
 */
void __init xencons_boot_retire(void)
{
	struct xencons_boot *boot = &xencons_boot;
	struct console *con = boot->con;

	if (!con)
		return;

	/* printk takes it away by itself when a preferred console comes first. */
	if (con->flags & CON_ENABLED)
		unregister_console(con);
	if ((boot->intf || boot->dom0) && !boot->stalled)
		boot->seq = con->seq;

	boot->con = NULL;
	if (boot->mapped)
		early_memunmap(boot->intf, XEN_PAGE_SIZE);
	boot->intf = NULL;
}

/**
 * xencons_boot_seq() - where the console goes on
 * @hv: it is the hypervisor's
 *
 * Context: console_initcall time, after xencons_boot_retire().
 * Return: the first record of printk that the boot console did not print there, 0 if it
 * printed none.
 */
u64 __init xencons_boot_seq(bool hv)
{
	return hv == xencons_boot.dom0 ? xencons_boot.seq : 0;
}

#ifdef CONFIG_EARLY_PRINTK
static int __init xencons_boot_setup(struct console *con, char *options)
{
	return xencons_boot_open(con);
}

struct console xenboot_console = {
	.name = "xenboot",
	.write = xencons_boot_write,
	.setup = xencons_boot_setup,
	.flags = CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index = -1,
};
#endif

static int __init xencons_boot_earlycon(struct earlycon_device *device,
					const char *options)
{
	device->con->write = xencons_boot_write;
	return xencons_boot_open(device->con);
}

EARLYCON_DECLARE(xenboot, xencons_boot_earlycon);
