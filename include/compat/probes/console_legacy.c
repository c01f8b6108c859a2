// SPDX-License-Identifier: GPL-2.0-only
#include <linux/console.h>

/* Fails where the name is taken. */
enum { nbcon_cpu_emergency_enter };
