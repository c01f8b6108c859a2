// SPDX-License-Identifier: GPL-2.0-only
/*
 * How printk prints on kernels where its caller does: under the console lock, one
 * record at a time.
 */
#include <linux/console.h>
#include <linux/panic.h>
#include <linux/smp.h>
#include <linux/sysrq.h>

#include "xencons.h"

/* console_lock held, interrupts off; in a panic whatever the panic left */
static void xencons_legacy_write(struct console *con, const char *text,
				 unsigned int len)
{
	struct xencons *xc = con->data;
	struct xencons_sink *sink = &xc->sink;

	if ((sink->held && !xencons_may_wait(&xc->wire)) ||
	    con->seq < sink->first_seq)
		return;
	xencons_write_text(&xc->output, text, len);
	/* Records may be offered again, see panic_print=. */
	sink->first_seq = 0;
}

void xencons_printk_setup(struct xencons_sink *sink)
{
	sink->console.write = xencons_legacy_write;
}

void xencons_printk_undo(struct xencons_sink *sink)
{
}

void xencons_printk_sysrq(u8 key)
{
	handle_sysrq(key);
}

/* Who logs a message prints it. */
void xencons_printk_watch(void)
{
}

#ifdef MODULE
/* What it takes is not exported. */
void xencons_printk_flush(void)
{
}

struct console *xencons_printk_find(bool (*match)(const struct console *con))
{
	struct console *con;

	console_lock();
	for_each_console(con)
		if (match(con))
			break;
	console_unlock();
	return con;
}

bool xencons_printk_registered(const struct xencons_sink *sink)
{
	return true;
}

void xencons_printk_release(struct xencons_sink *sink, u64 seq)
{
	console_lock();
	sink->console.seq = seq;
	sink->held = false;
	console_unlock();
}

u64 xencons_printk_next(struct xencons_sink *sink)
{
	return sink->console.seq;
}
#else
/* Who logged it has printed it, but perhaps not if it was stopped with the console lock. */
void xencons_printk_flush(void)
{
	if (atomic_read(&panic_cpu) == raw_smp_processor_id())
		console_flush_on_panic(CONSOLE_FLUSH_PENDING);
}
#endif
