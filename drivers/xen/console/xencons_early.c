// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words straight to the hypervisor, past the console: for debugging the console.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/xen.h>
#include <xen/xen.h>
#include <xen/xencons.h>

/**
 * xprintk() - print to the hypervisor's console
 * @fmt: format, then its arguments
 *
 * Appears where the hypervisor lets this domain write: always in dom0, in a domU
 * only if the hypervisor was built or told to. Text over 511 bytes is cut.
 *
 * Context: any but NMI.
 * Return: bytes printed, 0 if not running on Xen, or what the hypervisor says.
 */
int xprintk(const char *fmt, ...)
{
	static DEFINE_RAW_SPINLOCK(lock);
	static char buf[512];
	unsigned long flags;
	va_list args;
	int len, err;

	if (!xen_domain())
		return 0;

	raw_spin_lock_irqsave(&lock, flags);
	va_start(args, fmt);
	len = vscnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	err = HYPERVISOR_console_io(CONSOLEIO_write, len, buf);
	raw_spin_unlock_irqrestore(&lock, flags);

	return err < 0 ? err : len;
}
