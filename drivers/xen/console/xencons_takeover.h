/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the console is another driver's; module only. */
#ifndef __XENCONS_TAKEOVER_H
#define __XENCONS_TAKEOVER_H

#include <linux/types.h>

struct xencons;

int xencons_takeover_begin(struct xencons *xc, bool shared);
int xencons_takeover(struct xencons *xc);
void xencons_takeover_return(struct xencons *xc,
			     void (*close)(struct xencons *xc));

#endif /* __XENCONS_TAKEOVER_H */
