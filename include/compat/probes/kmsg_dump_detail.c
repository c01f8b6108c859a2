// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kmsg_dump.h>

static_assert(__same_type(((struct kmsg_dumper *)NULL)->dump,
			  void (*)(struct kmsg_dumper *, struct kmsg_dump_detail *)));
