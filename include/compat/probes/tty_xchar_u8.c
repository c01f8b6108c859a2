// SPDX-License-Identifier: GPL-2.0-only
#include <linux/tty.h>

static_assert(__same_type(((struct tty_operations *)NULL)->send_xchar,
			  void (*)(struct tty_struct *, u8)));
