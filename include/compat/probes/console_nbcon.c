// SPDX-License-Identifier: GPL-2.0-only
#include <linux/console.h>

/* Linux 6.4 has CON_NBCON, but what goes with it came until 6.12. */
static_assert(__same_type(&nbcon_cpu_emergency_enter, void (*)(void)));
