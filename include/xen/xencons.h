/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the Xen console driver offers to the rest of the kernel.
 */
#ifndef _XEN_XENCONS_H
#define _XEN_XENCONS_H

#include <linux/kconfig.h>

#if IS_REACHABLE(CONFIG_XENCONS)
void xencons_force_flush(void);
#else
static inline void xencons_force_flush(void) { }
#endif

#endif /* _XEN_XENCONS_H */
