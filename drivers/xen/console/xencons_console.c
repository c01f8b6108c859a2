// SPDX-License-Identifier: GPL-2.0-only
/*
 * The printk sink.
 */
#include <linux/console.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "xencons.h"

/* console_lock held, interrupts off; in a panic whatever the panic left */
static void xencons_console_write(struct console *con, const char *text,
				  unsigned int len)
{
	xencons_write_text(con->data, text, len);
}

static struct tty_driver *xencons_console_device(struct console *con,
						 int *index)
{
	struct xencons *xc = con->data;

	*index = 0;
	return xc->driver;
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
	struct console *con = &xc->console;

	memset(con, 0, sizeof(*con));
	strscpy(con->name, xc->line.name, sizeof(con->name));
	con->index = (short)xc->line.num;
	con->flags = flags | CON_ENABLED;
	con->write = xencons_console_write;
	con->device = xencons_console_device;
	con->data = xc;
	register_console(con);
}

/**
 * xencons_console_unregister() - undo xencons_console_register()
 * @xc: the console; fine if it is not registered
 *
 * When this returns, printk is out of the driver. Context: process.
 */
void xencons_console_unregister(struct xencons *xc)
{
	if (xc->console.data)
		unregister_console(&xc->console);
	xc->console.data = NULL;
}
