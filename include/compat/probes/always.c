// SPDX-License-Identifier: GPL-2.0-only
#include <linux/console.h>
#include <linux/kmsg_dump.h>
#include <linux/tty.h>

/* What the other probes include: where this does not compile, nothing does. */
