/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the Xen console driver offers to the rest of the kernel.
 */
#ifndef _XEN_XENCONS_H
#define _XEN_XENCONS_H

#include <linux/compiler_attributes.h>
#include <linux/kconfig.h>

#if IS_REACHABLE(CONFIG_XENCONS)
void xencons_force_flush(void);
#else
static inline void xencons_force_flush(void) { }
#endif

#if IS_BUILTIN(CONFIG_XENCONS)
__printf(1, 2) int xprintk(const char *fmt, ...);
#else
static inline __printf(1, 2) int xprintk(const char *fmt, ...)
{
	return 0;
}
#endif

#endif /* _XEN_XENCONS_H */
