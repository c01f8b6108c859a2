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

/**
 * xencons_printk_setup() - tell printk how to print on a console
 * @sink: of the console, about to be registered
 */
void xencons_printk_setup(struct xencons_sink *sink)
{
	sink->console.write = xencons_legacy_write;
}

/**
 * xencons_printk_undo() - wait for what printk still has under way for a console
 * @sink: of the console, just unregistered
 *
 * Nothing.
 */
void xencons_printk_undo(struct xencons_sink *sink)
{
}

/**
 * xencons_printk_sysrq() - handle a SysRq key; what it says is seen at once
 * @key: the key
 *
 * Context: any but NMI, without locks.
 */
void xencons_printk_sysrq(u8 key)
{
	handle_sysrq(key);
}

/**
 * xencons_printk_watch() - see to it that messages appear while a CPU hangs
 *
 * Nothing: who logs them prints them.
 */
void xencons_printk_watch(void)
{
}

#ifdef MODULE
/* What it takes is not exported. */
void xencons_printk_flush(void)
{
}

/**
 * xencons_printk_find() - one of printk's consoles
 * @match: which
 *
 * Context: process.
 * Return: the console, NULL if there is none. It stays registered by its owner's grace.
 */
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

/**
 * xencons_printk_registered() - did printk accept a console?
 * @sink: of the console, which was registered
 *
 * Context: process.
 * Return: that it did.
 */
bool xencons_printk_registered(const struct xencons_sink *sink)
{
	return true;
}

/**
 * xencons_printk_release() - let a held console print
 * @sink: of the console
 * @seq: its first record
 *
 * Context: process.
 */
void xencons_printk_release(struct xencons_sink *sink, u64 seq)
{
	console_lock();
	sink->console.seq = seq;
	sink->held = false;
	console_unlock();
}

/**
 * xencons_printk_next() - which record comes next
 * @sink: of the console, which is not registered any more
 *
 * Context: process.
 * Return: the first record that was not printed.
 */
u64 xencons_printk_next(struct xencons_sink *sink)
{
	return sink->console.seq;
}
#else
/**
 * xencons_printk_flush() - print what printk still has
 *
 * What was logged was printed by who logged it; only in a panic may a CPU have been
 * stopped that held the console lock.
 *
 * Context: any.
 */
void xencons_printk_flush(void)
{
	if (atomic_read(&panic_cpu) == raw_smp_processor_id())
		console_flush_on_panic(CONSOLE_FLUSH_PENDING);
}
#endif
