// SPDX-License-Identifier: GPL-2.0-only
#include <linux/console.h>

static_assert(CON_NBCON);
