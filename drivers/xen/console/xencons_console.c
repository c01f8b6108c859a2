// SPDX-License-Identifier: GPL-2.0-only
/*
 * The printk sink: its name, and its coming and going. How printk prints is in
 * xencons_nbcon.c or xencons_legacy.c.
 */
#include <linux/console.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "xencons.h"

static struct tty_driver *xencons_console_device(struct console *con,
						 int *index)
{
	struct xencons *xc = con->data;

	*index = 0;
	return xc->tty.driver;
}

/**
 * xencons_console_register() - make printk write to a console
 * @xc: the console; its line gives the name
 * @flags: CON_PRINTBUFFER to print what was logged before, or 0
 *
 * The console is enabled whatever console= says: whoever wants none says
 * xencons=off.
 *
 * Context: process, or console_initcall time.
 */
void xencons_console_register(struct xencons *xc, short flags)
{
	struct console *con = &xc->sink.console;

	memset(con, 0, sizeof(*con));
	strscpy(con->name, xc->line.name, sizeof(con->name));
	con->index = (short)xc->line.num;
	con->flags = flags | CON_ENABLED;
	con->device = xencons_console_device;
	con->data = xc;
	xencons_printk_setup(&xc->sink);
	register_console(con);
}

/**
 * xencons_console_unregister() - undo xencons_console_register()
 * @sink: of the console; fine if it is not registered
 *
 * When this returns, printk is out of the driver. Context: process.
 */
void xencons_console_unregister(struct xencons_sink *sink)
{
	if (!sink->console.data)
		return;
	unregister_console(&sink->console);
	xencons_printk_undo(sink);
	sink->console.data = NULL;
}
