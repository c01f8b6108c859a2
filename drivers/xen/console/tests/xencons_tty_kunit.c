// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tty over the transport in memory: a real device node, opened, written and
 * read as a program does it, with the line discipline in between.
 */
#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/serial.h>
#include <linux/sysrq.h>
#include <linux/termios.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>
#include <linux/workqueue.h>

#include "../xencons_param.h"
#include "xencons_ram.h"

#define RING	XENCONS_RAM_RING
#define QUEUE	XENCONS_BUFSZ_MIN
#define FITS	(RING + QUEUE)
#define LONG	12000

/* Events the backend sends at most before a test gives up on a program. */
#define PATIENCE	1000

#define CTRL_O	"\x0f"

struct tty_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
	struct file *file;
	struct tty_struct *tty;
	const char *node;
	int loglevel;
	u8 text[20000], got[20000];
};

/* Open the device node. Without an error this is undone by tty_close(). */
static int tty_open(struct tty_ctx *ctx, int flags)
{
	struct file *file = xencons_ram_open("devtmpfs", ctx->node,
					     O_RDWR | O_NOCTTY | flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx->file = file;
	ctx->tty = ctx->xc->tty.port.tty;
	return 0;
}

static void tty_close(struct tty_ctx *ctx)
{
	if (ctx->file)
		__fput_sync(ctx->file);
	ctx->file = NULL;
	ctx->tty = NULL;
}

/* No echo, no lines, no signals, every byte as it is. */
static void make_raw(struct tty_ctx *ctx)
{
	struct ktermios termios = ctx->tty->termios;

	termios.c_iflag = 0;
	termios.c_oflag = 0;
	termios.c_lflag = 0;
	termios.c_cc[VMIN] = 1;
	termios.c_cc[VTIME] = 0;
	tty_set_termios(ctx->tty, &termios);
}

static void open_cooked(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, tty_open(test->priv, O_NONBLOCK), 0);
}

static void open_raw(struct kunit *test)
{
	open_cooked(test);
	make_raw(test->priv);
}

static ssize_t write_file(struct tty_ctx *ctx, const void *buf, size_t len)
{
	return kernel_write(ctx->file, buf, len, NULL);
}

/* All that can be read without waiting, NUL terminated. Returns how much. */
static size_t read_all(struct tty_ctx *ctx)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = kernel_read(ctx->file, ctx->got + done,
				sizeof(ctx->got) - 1 - done, NULL);
		if (n > 0)
			done += n;
	} while (n > 0);
	ctx->got[done] = '\0';
	return done;
}

/* Input that came in goes on to the line discipline in a work item. */
static void deliver(struct tty_ctx *ctx)
{
	flush_work(&ctx->xc->tty.port.buf.work);
}

/*
 * The backend types as long as the transport takes it, with an event for each
 * piece. Returns how much it could type.
 */
static size_t type(struct tty_ctx *ctx, const void *text, size_t len)
{
	size_t done = 0, n;

	do {
		n = xencons_ram_type(ctx->ram, text + done, len - done);
		done += n;
		xencons_ram_event(ctx->ram);
		deliver(ctx);
	} while (n && done < len);
	return done;
}

static void type_string(struct tty_ctx *ctx, const char *text)
{
	type(ctx, text, strlen(text));
}

static void expect_read(struct kunit *test, const char *expected)
{
	struct tty_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, read_all(ctx), strlen(expected));
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->got, expected);
}

static void expect_log(struct kunit *test, const char *expected)
{
	struct tty_ctx *ctx = test->priv;

	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, expected);
}

/* A program that may sleep, while the test goes on being the backend. */
struct program {
	struct work_struct work;
	struct completion done;
	struct tty_ctx *ctx;
	ssize_t (*run)(struct tty_ctx *ctx);
	ssize_t result;
};

static void program_work(struct work_struct *work)
{
	struct program *program = container_of(work, struct program, work);

	program->result = program->run(program->ctx);
	complete_all(&program->done);
}

static void program_start(struct program *program, struct tty_ctx *ctx,
			  ssize_t (*run)(struct tty_ctx *ctx))
{
	INIT_WORK_ONSTACK(&program->work, program_work);
	init_completion(&program->done);
	program->ctx = ctx;
	program->run = run;
	queue_work(system_unbound_wq, &program->work);
}

/* Does it come to sleep there? It gets a while to get that far. */
static bool program_waits_in(struct wait_queue_head *wq)
{
	int i;

	for (i = 0; i < PATIENCE && !wq_has_sleeper(wq); i++)
		schedule_timeout_uninterruptible(1);
	return wq_has_sleeper(wq);
}

/*
 * Serve output until the program is done. If it sleeps for ever a hangup ends it,
 * and the answer is false.
 */
static bool program_ends(struct program *program)
{
	struct tty_ctx *ctx = program->ctx;
	bool ends = false;
	int i;

	for (i = 0; i < PATIENCE && !ends; i++) {
		xencons_ram_serve(ctx->ram);
		ends = wait_for_completion_timeout(&program->done, 1);
	}
	if (!ends) {
		tty_vhangup(ctx->tty);
		wait_for_completion(&program->done);
	}
	destroy_work_on_stack(&program->work);
	return ends;
}

/* The device */

static void the_tty_is_xvc0_at_major_204_minor_191(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	KUNIT_EXPECT_EQ(test, tty_devnum(ctx->tty), MKDEV(204, 191));
	KUNIT_EXPECT_STREQ(test, tty_name(ctx->tty), "xvc0");
}

static void the_tty_has_no_modem_to_wait_for(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	KUNIT_EXPECT_TRUE(test, C_CLOCAL(ctx->tty));
}

static void numbers_in_use_are_refused(struct kunit *test)
{
	struct xencons_ram *second = xencons_ram_create(test, QUEUE);

	KUNIT_EXPECT_EQ(test, xencons_tty_register(&second->xc), -EBUSY);
	KUNIT_EXPECT_NULL(test, second->xc.tty.driver);
	xencons_ram_tty_unregister(test, &second->xc);
	xencons_ram_destroy(second);
}

static void a_tty_unregistered_is_gone(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	xencons_ram_tty_unregister(test, ctx->xc);
	KUNIT_EXPECT_EQ(test, tty_open(ctx, O_NONBLOCK), -ENOENT);
}

static void a_tty_unregistered_can_be_registered_again(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	tty_close(ctx);
	xencons_ram_tty_unregister(test, ctx->xc);
	KUNIT_EXPECT_EQ(test, xencons_tty_register(ctx->xc), 0);
	open_raw(test);
	write_file(ctx, "again", 5);
	expect_log(test, "again");
	type_string(ctx, "typed");
	expect_read(test, "typed");
}

static void its_numbers_are_free_for_another_console(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct xencons_ram *second = xencons_ram_create(test, QUEUE);

	xencons_ram_tty_unregister(test, ctx->xc);
	KUNIT_EXPECT_EQ(test, xencons_tty_register(&second->xc), 0);
	xencons_ram_tty_unregister(test, &second->xc);
	xencons_ram_destroy(second);
}

/* Settings */

static void there_is_no_wire_to_set_up(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct ktermios termios;

	open_cooked(test);
	termios = ctx->tty->termios;
	termios.c_cflag &= ~(CSIZE | CREAD);
	termios.c_cflag |= CS7 | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS;
	tty_set_termios(ctx->tty, &termios);
	KUNIT_EXPECT_EQ(test, ctx->tty->termios.c_cflag & ~CBAUD,
			CS8 | CREAD | HUPCL | CLOCAL);
}

static void any_speed_will_do(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct ktermios termios;

	open_cooked(test);
	termios = ctx->tty->termios;
	tty_termios_encode_baud_rate(&termios, 9600, 9600);
	tty_set_termios(ctx->tty, &termios);
	KUNIT_EXPECT_EQ(test, tty_get_baud_rate(ctx->tty), 9600);
}

/* agetty tells serial lines by that. */
static void the_modem_is_ready_whatever_it_is_told(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	int ready = TIOCM_CAR | TIOCM_DSR | TIOCM_CTS | TIOCM_RTS | TIOCM_DTR;

	open_cooked(test);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->tiocmget(ctx->tty), ready);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->tiocmset(ctx->tty, 0, TIOCM_DTR),
			0);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->tiocmget(ctx->tty), ready);
}

static void the_counters_count_bytes_of_the_tty(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct serial_icounter_struct icount;

	open_raw(test);
	write_file(ctx, ctx->text, 150);
	xencons_write_text(ctx->out, "kernel", 6);
	type_string(ctx, "input");
	KUNIT_EXPECT_EQ(test, tty_get_icount(ctx->tty, &icount), 0);
	KUNIT_EXPECT_EQ(test, icount.tx, 150);
	KUNIT_EXPECT_EQ(test, icount.rx, 5);
}

static void proc_tty_driver_shows_the_counters(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct file *file;
	ssize_t n;

	open_raw(test);
	write_file(ctx, ctx->text, 150);
	xencons_write_text(ctx->out, "kernel", 6);
	type_string(ctx, "input");
	file = xencons_ram_open("proc", "tty/driver/xencons", O_RDONLY);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	n = kernel_read(file, ctx->got, sizeof(ctx->got) - 1, NULL);
	__fput_sync(file);
	KUNIT_ASSERT_GT(test, n, 0);
	ctx->got[n] = '\0';
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->got,
			   "serinfo:1.0 driver revision:\n"
			   "0: uart:xencons tx:150 rx:5 text:6 dropped:0 RTS|CTS|DTR|DSR|CD\n");
}

/* Only a line of that name has them. */
static int get_serial(struct tty_ctx *ctx, struct serial_struct *ss)
{
	ctx->xc->line.name = "ttyS";
	memset(ss, 0, sizeof(*ss));
	return ctx->tty->ops->get_serial(ctx->tty, ss);
}

static void get_serial_tells_the_line_and_its_times(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct serial_struct ss;

	ctx->xc->line.num = 7;
	open_cooked(test);
	KUNIT_EXPECT_EQ(test, get_serial(ctx, &ss), 0);
	KUNIT_EXPECT_EQ(test, ss.line, 7);
	KUNIT_EXPECT_EQ(test, ss.xmit_fifo_size, QUEUE);
	KUNIT_EXPECT_EQ(test, ss.close_delay, 50);
	KUNIT_EXPECT_EQ(test, ss.closing_wait, 50);
}

static void set_serial_sets_the_times(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct serial_struct ss;

	open_cooked(test);
	get_serial(ctx, &ss);
	ss.close_delay = 100;
	ss.closing_wait = ASYNC_CLOSING_WAIT_NONE;
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss), 0);
	KUNIT_EXPECT_EQ(test, ctx->xc->tty.port.close_delay, HZ);
	KUNIT_EXPECT_EQ(test, ctx->xc->tty.port.closing_wait,
			ASYNC_CLOSING_WAIT_NONE);
	get_serial(ctx, &ss);
	KUNIT_EXPECT_EQ(test, ss.close_delay, 100);
	KUNIT_EXPECT_EQ(test, ss.closing_wait, ASYNC_CLOSING_WAIT_NONE);
}

static void set_serial_sets_nothing_else(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct serial_struct ss;

	open_cooked(test);
	get_serial(ctx, &ss);
	ss.irq = 4;
	ss.closing_wait = 100;
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, ctx->xc->tty.port.closing_wait, HZ / 2);
}

/* As of setserial low_latency: nothing here is slow for the sake of throughput. */
static void flags_that_anybody_may_set_are_taken_without_effect(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct serial_struct ss;

	open_cooked(test);
	get_serial(ctx, &ss);
	ss.flags |= ASYNC_LOW_LATENCY;
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss), 0);
	ss.flags |= ASYNC_SAK;
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss),
			-EINVAL);
}

/* Who asks takes the number for that of a ttyS, and opens that. (row 12) */
static void what_is_no_ttys_is_no_serial_line(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct serial_struct ss = { };

	open_cooked(test);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->get_serial(ctx->tty, &ss),
			-ENOTTY);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss),
			-ENOTTY);
}

/* Is the echo back at the second open, that the first one switched off? */
static bool forgets_settings(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	bool echo;

	open_raw(test);
	tty_close(ctx);
	open_cooked(test);
	echo = L_ECHO(ctx->tty);
	tty_close(ctx);
	return echo;
}

/* (row 11) */
static void a_ttys_keeps_its_settings_over_the_last_close(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	xencons_ram_tty_unregister(test, ctx->xc);
	ctx->xc->line.name = "ttyS";
	ctx->xc->line.num = 200;
	ctx->node = "ttyS200";
	KUNIT_ASSERT_EQ(test, xencons_tty_register(ctx->xc), 0);
	KUNIT_EXPECT_FALSE(test, forgets_settings(test));
}

static void other_lines_forget_settings_at_the_last_close(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, forgets_settings(test));
}

static void who_is_not_root_can_only_set_what_is(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct cred *user = prepare_creds();
	const struct cred *root;
	struct serial_struct ss;

	KUNIT_ASSERT_NOT_NULL(test, user);
	open_cooked(test);
	get_serial(ctx, &ss);
	cap_clear(user->cap_effective);
	root = override_creds(user);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss), 0);
	ss.closing_wait = 100;
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->set_serial(ctx->tty, &ss), -EPERM);
	revert_creds(root);
	put_cred(user);
	KUNIT_EXPECT_EQ(test, ctx->xc->tty.port.closing_wait, HZ / 2);
}

/* Output */

static void a_line_feed_of_a_program_becomes_cr_lf(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	KUNIT_EXPECT_EQ(test, write_file(ctx, "one\ntwo\n", 8), 8);
	expect_log(test, "one\r\ntwo\r\n");
}

/* Write lines at once, and count the notifications of a backend that is as fast as can be. */
static unsigned int notifies_of_three_lines(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	unsigned int notifies;

	open_cooked(test);
	ctx->ram->notifies = 0;
	ctx->ram->alive = true;
	write_file(ctx, "one\ntwo\nthree\n", 14);
	notifies = ctx->ram->notifies;
	expect_log(test, "one\r\ntwo\r\nthree\r\n");
	return notifies;
}

/* Or a screen of lines takes all the wake-ups the daemon has in 200 ms. */
static void lines_of_one_write_notify_once(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, notifies_of_three_lines(test), 1);
}

/* As of tty_write_message(), with which the kernel tells users of quotas. (row 18) */
static void text_that_nobody_flushes_is_sent_without_the_timer(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	ctx->tty->ops->write(ctx->tty, (const u8 *)"message\r\n", 9);
	xencons_ram_await_send(ctx->xc);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 9);
}

/* Who was interrupted in a write(2) flushes when it goes on. (row 13) */
static void text_of_a_write_under_way_is_not_sent_in_pieces(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	mutex_lock(&ctx->tty->atomic_write_lock);
	ctx->tty->ops->write(ctx->tty, (const u8 *)"user", 4);
	xencons_send_unflushed(ctx->out, xencons_writing(ctx->xc));
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 0);
	/* Where there are no ticks the work would never let the writer go on. */
	irq_work_sync(&ctx->xc->wire.time.send_work);
	KUNIT_EXPECT_FALSE(test, irq_work_is_pending(&ctx->xc->wire.time.send_work));
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 0);
	mutex_unlock(&ctx->tty->atomic_write_lock);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 4);
}

/* Who frames packets flushes nothing. */
static void text_that_is_not_processed_is_sent_at_once(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	ctx->tty->ops->write(ctx->tty, (const u8 *)"frame", 5);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 5);
}

static void every_byte_goes_out_raw_as_it_is(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	int i;

	open_raw(test);
	for (i = 0; i < 256; i++)
		ctx->text[i] = i;
	KUNIT_EXPECT_EQ(test, write_file(ctx, ctx->text, 128), 128);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, write_file(ctx, ctx->text + 128, 128), 128);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, 256);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->text, 256), 0);
}

static void a_write_that_does_not_fit_returns_a_short_count(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	KUNIT_EXPECT_EQ(test, write_file(ctx, ctx->text, LONG), FITS);
	KUNIT_EXPECT_EQ(test, write_file(ctx, ctx->text, 1), -EAGAIN);
}

static void poll_promises_room_when_the_backend_made_some(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	KUNIT_EXPECT_TRUE(test, vfs_poll(ctx->file, NULL) & EPOLLOUT);
	write_file(ctx, ctx->text, LONG);
	KUNIT_EXPECT_FALSE(test, vfs_poll(ctx->file, NULL) & EPOLLOUT);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_TRUE(test, vfs_poll(ctx->file, NULL) & EPOLLOUT);
	KUNIT_EXPECT_EQ(test, write_file(ctx, ctx->text, LONG), FITS);
}

/* (2006 bug 15) */
static void the_room_promised_can_be_filled_byte_by_byte(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	unsigned int room, i;

	open_raw(test);
	write_file(ctx, ctx->text, RING + 100);
	room = ctx->tty->ops->write_room(ctx->tty);
	KUNIT_EXPECT_EQ(test, room, QUEUE - 100);
	for (i = 0; i < room; i++)
		KUNIT_EXPECT_EQ(test, ctx->tty->ops->put_char(ctx->tty, 'x'),
				1);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->put_char(ctx->tty, 'y'), 0);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->write_room(ctx->tty), 0);
}

static void put_char_sends_nothing_until_flush_chars(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	ctx->tty->ops->put_char(ctx->tty, 'a');
	ctx->tty->ops->put_char(ctx->tty, 'b');
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 0);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->chars_in_buffer(ctx->tty), 2);
	ctx->tty->ops->flush_chars(ctx->tty);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 2);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->chars_in_buffer(ctx->tty), 0);
	expect_log(test, "ab");
}

static ssize_t write_long(struct tty_ctx *ctx)
{
	return write_file(ctx, ctx->text, LONG);
}

static void a_writer_that_sleeps_is_woken_for_every_byte(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program writer;

	KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
	make_raw(ctx);
	program_start(&writer, ctx, write_long);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	KUNIT_EXPECT_TRUE(test, program_ends(&writer));
	KUNIT_EXPECT_EQ(test, writer.result, LONG);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, LONG);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->text, LONG), 0);
}

/*
 * Lines of every length, so that every CR LF meets every fill level.
 * (2006 bug 17)
 */
static void cr_lf_stays_whole_when_the_queue_is_full(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program writer;
	size_t i, n = 0, width = 1, column = 0;

	for (i = 0; i < LONG; i++) {
		bool end = column++ == width;

		ctx->text[i] = end ? '\n' : 'a' + i % 26;
		if (end)
			ctx->got[n++] = '\r';
		ctx->got[n++] = ctx->text[i];
		if (end) {
			column = 0;
			width = width % 70 + 1;
		}
	}
	KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
	program_start(&writer, ctx, write_long);
	KUNIT_EXPECT_TRUE(test, program_ends(&writer));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, n);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->got, n), 0);
}

/* (2006 bug 18) */
static void flushing_output_drops_what_the_backend_cannot_see_yet(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, RING + 50);
	xencons_write_text(ctx->out, "kernel", 6);
	tty_driver_flush_buffer(ctx->tty);
	KUNIT_EXPECT_EQ(test, ctx->tty->ops->chars_in_buffer(ctx->tty), 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 6);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + RING, "kernel");
}

static void flushing_output_makes_room_for_a_writer(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, LONG);
	KUNIT_EXPECT_FALSE(test, vfs_poll(ctx->file, NULL) & EPOLLOUT);
	tty_driver_flush_buffer(ctx->tty);
	KUNIT_EXPECT_TRUE(test, vfs_poll(ctx->file, NULL) & EPOLLOUT);
}

static ssize_t drain_tty(struct tty_ctx *ctx)
{
	tty_wait_until_sent(ctx->tty, 0);
	return ctx->ram->logged;
}

/* A writer that sleeps is woken by it, too. (2006 bug 18) */
static void flushing_output_wakes_a_writer_that_sleeps(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program writer;
	int i;

	KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
	make_raw(ctx);
	program_start(&writer, ctx, write_long);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	KUNIT_EXPECT_EQ(test, ctx->out->stats.user, FITS);
	tty_driver_flush_buffer(ctx->tty);
	for (i = 0; i < PATIENCE && ctx->out->stats.user == FITS; i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.user, FITS + QUEUE);
	KUNIT_EXPECT_TRUE(test, program_ends(&writer));
	KUNIT_EXPECT_EQ(test, writer.result, LONG);
}

/*
 * tcdrain(): not when it is in the ring, but when the backend took it.
 * (2006 bug 21)
 */
static void draining_waits_for_the_backend_to_take_the_last_byte(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain;

	open_raw(test);
	write_file(ctx, "0123456789", 10);
	program_start(&drain, ctx, drain_tty);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->out->sent_wait));
	xencons_ram_take(ctx->ram, 9);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->out->sent_wait));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, 10);
}

static void draining_gives_up_after_its_time(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, "a", 1);
	tty_wait_until_sent(ctx->tty, 2);
	KUNIT_EXPECT_FALSE(test, xencons_user_taken(ctx->out));
}

/* Nothing but the timer says that it does not. */
static void find_stall(struct tty_ctx *ctx)
{
	int i;

	for (i = 0; i < 3; i++)
		xencons_ram_tick(ctx->ram);
}

static bool program_is_done(struct program *program)
{
	return wait_for_completion_timeout(&program->done, 10 * HZ);
}

static void draining_gives_up_when(struct kunit *test, size_t len,
				   struct wait_queue_head *wq)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain;

	write_file(ctx, ctx->text, len);
	program_start(&drain, ctx, drain_tty);
	KUNIT_EXPECT_TRUE(test, program_waits_in(wq));
	find_stall(ctx);
	KUNIT_EXPECT_TRUE(test, program_is_done(&drain));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, len);
}

/* (row 2) */
static void draining_gives_up_when_the_backend_stalls(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	draining_gives_up_when(test, 10, &ctx->out->sent_wait);
}

/* The tty layer waits, and has to be told. (row 2) */
static void draining_a_full_queue_gives_up_when_the_backend_stalls(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	draining_gives_up_when(test, FITS, &ctx->tty->write_wait);
}

static void draining_waits_as_long_as_the_backend_moves(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain;
	int i;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	program_start(&drain, ctx, drain_tty);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
		xencons_ram_take(ctx->ram, 1);
		xencons_ram_tick(ctx->ram);
	}
	KUNIT_EXPECT_FALSE(test, completion_done(&drain.done));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, FITS);
}

/* As on a serial line: somebody said that output is to wait. */
static void draining_waits_while_output_is_stopped(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain;

	open_raw(test);
	stop_tty(ctx->tty);
	write_file(ctx, "user", 4);
	program_start(&drain, ctx, drain_tty);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	find_stall(ctx);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	start_tty(ctx->tty);
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, 4);
}

static ssize_t write_and_close(struct tty_ctx *ctx)
{
	int i;

	for (i = 0; i < 20; i++) {
		write_file(ctx, "line", 4);
		tty_close(ctx);
		if (tty_open(ctx, O_NONBLOCK))
			return -EIO;
	}
	return 0;
}

/* Who opens the line for each of its messages. A close may wait for ever here. (row 3) */
static void a_stalled_backend_is_not_waited_for_at_each_close(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program closing;

	ctx->xc->tty.port.closing_wait = 0;
	open_raw(test);
	write_file(ctx, "line", 4);
	find_stall(ctx);
	program_start(&closing, ctx, write_and_close);
	KUNIT_EXPECT_TRUE(test, program_is_done(&closing));
	KUNIT_EXPECT_TRUE(test, program_ends(&closing));
	KUNIT_EXPECT_EQ(test, closing.result, 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, 21 * 4);
}

static void a_stopped_tty_holds_user_text_and_starts_again(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	stop_tty(ctx->tty);
	ctx->tty->ops->write(ctx->tty, (const u8 *)"user", 4);
	expect_log(test, "");
	start_tty(ctx->tty);
	expect_log(test, "user");
}

static void an_x_char_passes_a_stopped_tty(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	stop_tty(ctx->tty);
	ctx->tty->ops->write(ctx->tty, (const u8 *)"user", 4);
	ctx->tty->ops->send_xchar(ctx->tty, '!');
	expect_log(test, "!");
	start_tty(ctx->tty);
	expect_log(test, "!user");
}

/* (2006 bug 23) */
static void nul_is_an_x_char_like_any_other(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	stop_tty(ctx->tty);
	ctx->tty->ops->send_xchar(ctx->tty, '\0');
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, 1);
	KUNIT_EXPECT_EQ(test, ctx->ram->log[0], '\0');
}

static void typing_ctrl_s_stops_output_and_ctrl_q_starts_it(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	write_file(ctx, ctx->text, RING);
	write_file(ctx, "user", 4);
	type_string(ctx, "\x13");
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING);
	type_string(ctx, "\x11");
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 4);
}

/* Input */

static void a_line_typed_is_echoed(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	type_string(ctx, "ls -l\r");
	expect_log(test, "ls -l\r\n");
}

/* Lines as people paste them; what their echo should look like goes into got. */
static size_t paste_lines(struct tty_ctx *ctx)
{
	size_t i, n = 0;

	for (i = 0; i < LONG; i++) {
		ctx->text[i] = i % 61 == 60 || i == LONG - 1 ? '\n' : 'a' + i % 26;
		if (ctx->text[i] == '\n')
			ctx->got[n++] = '\r';
		ctx->got[n++] = ctx->text[i];
	}
	return n;
}

/* The backend types whenever it can, and takes little output and seldom. */
static void a_paste_is_echoed_whole_however_slow_the_backend(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	size_t typed = 0, echoed = paste_lines(ctx);
	u8 line[128];
	int i;

	open_cooked(test);
	for (i = 0; i < LONG && ctx->ram->logged < echoed; i++) {
		typed += xencons_ram_type(ctx->ram, ctx->text + typed,
					  min(LONG - typed, RING / 2));
		if (i % 4 == 0)
			xencons_ram_take(ctx->ram, 16);
		/* Not in hardirq context, where each would take a tick. */
		xencons_event(ctx->xc);
		deliver(ctx);
		kernel_read(ctx->file, line, sizeof(line), NULL);
	}
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, echoed);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->got, echoed), 0);
}

/* All of the output queue is full and stays so. Returns what is typed then. */
static size_t type_blindly(struct kunit *test, size_t len)
{
	struct tty_ctx *ctx = test->priv;

	write_file(ctx, ctx->text, LONG);
	xencons_ram_type(ctx->ram, ctx->text, len);
	xencons_ram_event(ctx->ram);
	return ctx->ram->in_cons;
}

static void input_whose_echo_has_no_room_stays_in_the_transport(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	KUNIT_EXPECT_EQ(test, type_blindly(test, 40), 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 40);
}

/* The echo of the least the flip buffer can hold needs 1024 bytes. */
static void output_and_input_of_one_event_count_in_this_order(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	write_file(ctx, ctx->text, QUEUE - 1023 + RING);
	KUNIT_EXPECT_EQ(test, xencons_user_room(ctx->out), 1023);
	xencons_ram_type(ctx->ram, "x", 1);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 0);
	xencons_ram_take(ctx->ram, 1);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 1);
}

/* ^C and SysRq, to a domain whose output nobody takes. */
static void a_few_bytes_get_through_at_each_tick(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	type_blindly(test, 40);
	KUNIT_EXPECT_TRUE(test, xencons_ram_tick(ctx->ram));
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 16);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 32);
}

static void input_without_echo_waits_for_no_output(struct kunit *test)
{
	open_raw(test);
	KUNIT_EXPECT_EQ(test, type_blindly(test, 40), 40);
}

/* ^Q is input, too. */
static void input_waits_for_no_output_that_is_stopped(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	stop_tty(ctx->tty);
	KUNIT_EXPECT_EQ(test, type_blindly(test, 40), 40);
}

static void input_of_nobody_waits_for_no_output(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	write_file(ctx, ctx->text, LONG);
	tty_close(ctx);
	xencons_ram_type(ctx->ram, CTRL_O "7", 2);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 2);
}

static void a_line_typed_is_read(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	type_string(ctx, "ls -l\r");
	expect_read(test, "ls -l\n");
}

static void every_byte_but_ctrl_o_comes_in_raw_as_it_is(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	int i, n = 0;

	open_raw(test);
	for (i = 0; i < 256; i++)
		if (i != XENCONS_SYSRQ_INTRO)
			ctx->text[n++] = i;
	KUNIT_EXPECT_EQ(test, type(ctx, ctx->text, n), n);
	KUNIT_EXPECT_EQ(test, read_all(ctx), n);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got, ctx->text, n), 0);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.bytes, n);
}

static void input_typed_before_the_open_is_read_after_it(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	type_string(ctx, "early");
	open_raw(test);
	deliver(ctx);
	expect_read(test, "early");
}

static void input_left_in_the_transport_is_fetched_at_open(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, "early", 5);
	open_raw(test);
	deliver(ctx);
	expect_read(test, "early");
}

/* (2006 bug 22) */
static void throttled_input_stays_in_the_transport(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	ctx->tty->ops->throttle(ctx->tty);
	xencons_ram_type(ctx->ram, "later", 5);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 0);
	ctx->tty->ops->unthrottle(ctx->tty);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 5);
	deliver(ctx);
	expect_read(test, "later");
}

static void set_iflag(struct tty_ctx *ctx, tcflag_t iflag)
{
	struct ktermios termios = ctx->tty->termios;

	termios.c_iflag = iflag;
	tty_set_termios(ctx->tty, &termios);
}

/* More input than a program that does not read has room for. */
static void throttle_by_typing(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	type(ctx, ctx->text, sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
}

/* Until the line discipline wants more. */
static void unthrottle_by_reading(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	int i;

	for (i = 0; i < PATIENCE &&
	     ctx->xc->input.intake == XENCONS_INTAKE_THROTTLED; i++)
		kernel_read(ctx->file, ctx->got, 100, NULL);
	KUNIT_EXPECT_NE(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
}

/* (2006 bug 22) */
static void nobody_is_sent_an_xoff_unasked(struct kunit *test)
{
	open_raw(test);
	throttle_by_typing(test);
	unthrottle_by_reading(test);
	expect_log(test, "");
}

/* agetty leaves ixoff on: they would be in the log of each login. */
static void nobody_is_sent_an_xoff_for_ixoff(struct kunit *test)
{
	open_raw(test);
	set_iflag(test->priv, IXOFF);
	throttle_by_typing(test);
	unthrottle_by_reading(test);
	expect_log(test, "");
}

static void output_flows_while_input_is_throttled(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	ctx->tty->ops->throttle(ctx->tty);
	write_file(ctx, ctx->text, FITS);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS);
}

/* Nobody reads: the line discipline fills up, and the rest waits in the ring. */
static void a_program_that_does_not_read_stops_the_backend(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	KUNIT_EXPECT_LT(test, type(ctx, ctx->text, sizeof(ctx->text)),
			sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_prod - ctx->ram->in_cons, RING);
}

static void a_program_that_reads_late_misses_nothing(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	size_t typed = 0, done = 0, len = 3 * 4096;
	ssize_t n;
	int i;

	open_raw(test);
	for (i = 0; i < PATIENCE && done < len; i++) {
		typed += type(ctx, ctx->text + typed, len - typed);
		n = kernel_read(ctx->file, ctx->got + done, 1000, NULL);
		if (n > 0)
			done += n;
		deliver(ctx);
	}
	KUNIT_EXPECT_EQ(test, done, len);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got, ctx->text, len), 0);
}

/*
 * The line discipline is busy, and the memory of the tty's buffer is limited.
 * (2006 bug 27)
 */
static void input_there_is_no_memory_for_stays_in_the_transport(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	size_t typed = 0, n;

	open_raw(test);
	KUNIT_ASSERT_EQ(test, tty_buffer_set_limit(&ctx->xc->tty.port, 512), 0);
	tty_buffer_lock_exclusive(&ctx->xc->tty.port);
	do {
		n = xencons_ram_type(ctx->ram, ctx->text + typed, RING);
		typed += n;
		xencons_ram_event(ctx->ram);
	} while (n && typed < 4096);
	KUNIT_EXPECT_LT(test, typed, 4096);
	KUNIT_EXPECT_EQ(test, ctx->ram->in_prod - ctx->ram->in_cons, RING);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_BLOCKED);

	tty_buffer_unlock_exclusive(&ctx->xc->tty.port);
	deliver(ctx);
	xencons_ram_tick(ctx->ram);
	deliver(ctx);
	KUNIT_EXPECT_EQ(test, read_all(ctx), typed);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got, ctx->text, typed), 0);
}

/* More than the tty's buffer may hold, with the tty closed. */
static void type_to_nobody(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, tty_buffer_set_limit(&ctx->xc->tty.port, 512), 0);
	KUNIT_EXPECT_EQ(test, type(ctx, ctx->text, sizeof(ctx->text)),
			sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, ctx->ram->in_prod);
}

/* (row 5) */
static void what_is_typed_to_nobody_first_is_kept(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	size_t len;

	type_to_nobody(test);
	open_raw(test);
	deliver(ctx);
	len = read_all(ctx);
	KUNIT_EXPECT_GT(test, len, 500);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got, ctx->text, len), 0);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.bytes, len);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.dropped,
			sizeof(ctx->text) - len);
	type_string(ctx, "fresh");
	expect_read(test, "fresh");
}

/* (row 5) */
static void what_is_typed_to_nobody_keeps_the_timer_at_rest(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	type_to_nobody(test);
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
}

/* SysRq. Key 7 sets the log level to 7, and every test starts with 8. */

static void expect_fired(struct kunit *test, bool fired)
{
	KUNIT_EXPECT_EQ(test, console_loglevel, fired ? 7 : 8);
	console_loglevel = 8;
}

static void ctrl_o_and_a_key_are_sysrq(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O "7");
	expect_fired(test, true);
	expect_read(test, "");
}

static void a_key_without_ctrl_o_is_input(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, "7");
	expect_fired(test, false);
	expect_read(test, "7");
}

/* (2006 bug 24) */
static void sysrq_works_while_the_tty_is_closed(struct kunit *test)
{
	type_string(test->priv, CTRL_O "7");
	expect_fired(test, true);
}

/* (row 5) */
static void sysrq_works_however_much_was_typed_to_nobody(struct kunit *test)
{
	type_to_nobody(test);
	type_string(test->priv, CTRL_O "7");
	expect_fired(test, true);
}

static void sysrq_does_not_wait_for_the_key_in_the_same_event(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	type_string(ctx, CTRL_O);
	expect_fired(test, false);
	type_string(ctx, "7");
	expect_fired(test, true);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.sysrq, 1);
}

static void input_around_a_sysrq_is_delivered(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, "be" CTRL_O "7fore");
	expect_fired(test, true);
	expect_read(test, "before");
}

static void two_sysrqs_in_one_event_both_fire(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	type_string(ctx, CTRL_O "7" CTRL_O "7");
	expect_fired(test, true);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.sysrq, 2);
}

/* (2006 bug 26) */
static void ctrl_o_twice_is_one_ctrl_o_for_the_program(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O CTRL_O "7");
	expect_fired(test, false);
	expect_read(test, CTRL_O "7");
}

/* As if the ^O kept back had come so long ago. */
static void age_ctrl_o(struct kunit *test, unsigned long age)
{
	struct tty_ctx *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, ctx->xc->input.sysrq.held);
	ctx->xc->input.sysrq.since = jiffies - age;
}

static void a_key_within_two_seconds_is_sysrq(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O);
	age_ctrl_o(test, HZ);
	type_string(test->priv, "7");
	expect_fired(test, true);
	expect_read(test, "");
}

/* (2006 bug 26) */
static void a_late_ctrl_o_is_delivered_with_the_next_input(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O);
	expect_read(test, "");
	age_ctrl_o(test, 2 * HZ);
	type_string(test->priv, "7");
	expect_fired(test, false);
	expect_read(test, CTRL_O "7");
}

/* (row 6) */
static void a_ctrl_o_that_nothing_follows_comes_in_alone(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type_string(ctx, CTRL_O);
	KUNIT_EXPECT_TRUE(test, xencons_ram_tick(ctx->ram));
	deliver(ctx);
	expect_read(test, "");
	age_ctrl_o(test, 2 * HZ);
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
	deliver(ctx);
	expect_read(test, CTRL_O);
}

/* (row 6) */
static void a_ctrl_o_comes_in_alone_with_the_tty_closed(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	type_to_nobody(test);
	type_string(ctx, CTRL_O);
	age_ctrl_o(test, 2 * HZ);
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
	type_string(ctx, "7");
	expect_fired(test, false);
}

/* (row 6) */
static void a_ctrl_o_comes_in_alone_while_input_is_throttled(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type_string(ctx, CTRL_O);
	ctx->tty->ops->throttle(ctx->tty);
	age_ctrl_o(test, 2 * HZ);
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
	deliver(ctx);
	expect_read(test, CTRL_O);
}

/* As of nano, that writes a file when ^O and Enter are typed. (row 6) */
static void what_is_no_command_comes_in_behind_its_ctrl_o(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O "\r" CTRL_O "\x18");
	expect_read(test, CTRL_O "\r" CTRL_O "\x18");
}

static void a_ctrl_o_after_a_late_one_starts_anew(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O);
	age_ctrl_o(test, 2 * HZ);
	type_string(test->priv, CTRL_O "7");
	expect_fired(test, true);
	expect_read(test, CTRL_O);
}

/* One more byte comes out of the filter than went in. */
static void a_late_ctrl_o_before_a_full_ring_loses_nothing(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type_string(ctx, CTRL_O);
	age_ctrl_o(test, 2 * HZ);
	KUNIT_EXPECT_EQ(test, type(ctx, ctx->text, RING), RING);
	KUNIT_EXPECT_EQ(test, read_all(ctx), RING + 1);
	KUNIT_EXPECT_EQ(test, ctx->got[0], XENCONS_SYSRQ_INTRO);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got + 1, ctx->text, RING), 0);
}

/* Type with another kernel.sysrq. */
static void type_masked(struct tty_ctx *ctx, int mask, const char *text)
{
	int before = sysrq_mask();

	sysrq_toggle_support(mask);
	type_string(ctx, text);
	sysrq_toggle_support(before);
}

static void with_sysrq_switched_off_ctrl_o_is_input(struct kunit *test)
{
	open_raw(test);
	type_masked(test->priv, 0, CTRL_O "7");
	expect_fired(test, false);
	expect_read(test, CTRL_O "7");
}

/* (row 6) */
static void a_command_that_is_forbidden_is_input(struct kunit *test)
{
	open_raw(test);
	type_masked(test->priv, SYSRQ_ENABLE_REMOUNT, CTRL_O "7");
	expect_fired(test, false);
	expect_read(test, CTRL_O "7");
	type_masked(test->priv, SYSRQ_ENABLE_LOG, CTRL_O "7");
	expect_fired(test, true);
	expect_read(test, "");
}

/* (finding 21) */
static void a_ctrl_o_is_input_when_sysrq_is_switched_off_behind_it(struct kunit *test)
{
	open_raw(test);
	type_string(test->priv, CTRL_O);
	type_masked(test->priv, 0, "7");
	expect_fired(test, false);
	expect_read(test, CTRL_O "7");
}

/* The end of a session */

/* (2006 bug 19) */
static void text_not_taken_at_close_still_goes_out(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	tty_close(ctx);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS);
}

/* tcflow(TCOOFF), where the tty layer asks for all of it to be dropped. (row 1) */
static void text_stopped_at_close_still_goes_out(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	ctx->xc->tty.port.closing_wait = 1;
	open_raw(test);
	write_file(ctx, ctx->text, RING);
	stop_tty(ctx->tty);
	ctx->tty->flow.tco_stopped = true;
	write_file(ctx, ctx->text + RING, QUEUE);
	tty_close(ctx);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->text, FITS), 0);
}

/* (row 1) */
static void text_not_taken_at_a_hangup_goes_out_before_the_next_session(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_event(ctx->ram);
	write_file(ctx, "next", 4);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS + 4);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->text, FITS), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + FITS, "next");
}

/* agetty flushes the line before it asks for a name. (row 1) */
static void the_next_session_drops_only_its_own_text(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, RING + 40);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	write_file(ctx, "dropped", 7);
	ctx->tty->ops->flush_buffer(ctx->tty);
	write_file(ctx, "next", 4);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 40 + 4);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + RING + 40, "next");
}

static void ctrl_c_drops_what_the_backend_cannot_see_yet(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	write_file(ctx, ctx->text, RING + 100);
	type_string(ctx, "\x03");
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 2);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + RING, "^C");
}

static void the_next_session_is_not_stopped(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	stop_tty(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	write_file(ctx, "user", 4);
	expect_log(test, "user");
}

static void the_next_session_is_not_throttled(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type(ctx, ctx->text, sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
	tty_close(ctx);
	KUNIT_EXPECT_NE(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
}

static void sysrq_works_after_a_session_that_did_not_read(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type(ctx, ctx->text, sizeof(ctx->text));
	tty_close(ctx);
	type_string(ctx, CTRL_O "7");
	expect_fired(test, true);
}

static void a_sysrq_stuck_behind_a_session_fires_when_it_ends(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	ctx->tty->ops->throttle(ctx->tty);
	type_string(ctx, CTRL_O "7");
	expect_fired(test, false);
	tty_close(ctx);
	expect_fired(test, true);
}

/* Whoever is notified lets the line discipline have what was pushed. */
static void notify_and_deliver(struct xencons_wire *wire)
{
	struct xencons *xc = container_of(wire, struct xencons, wire);

	flush_work(&xc->tty.port.buf.work);
}

/*
 * The session's line discipline lives on for a moment when its tty is closed, and takes
 * what it is given. (finding 11)
 */
static void what_a_session_left_is_for_who_opens_next(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	const struct xencons_ops *before = ctx->xc->wire.ops;
	struct xencons_ops ops = *before;

	open_raw(test);
	ctx->tty->ops->throttle(ctx->tty);
	KUNIT_EXPECT_EQ(test, type(ctx, ctx->text, RING), RING);
	ops.notify = notify_and_deliver;
	ctx->xc->wire.ops = &ops;
	tty_close(ctx);
	ctx->xc->wire.ops = before;
	open_raw(test);
	deliver(ctx);
	KUNIT_EXPECT_EQ(test, read_all(ctx), RING);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got, ctx->text, RING), 0);
}

/* A line discipline that was fed too late may still say that it is full. (finding 11) */
static void a_session_that_is_over_holds_no_sysrq_up(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	tty_vhangup(ctx->tty);
	ctx->tty->ops->throttle(ctx->tty);
	type_string(ctx, CTRL_O "7");
	expect_fired(test, true);
}

static void a_hangup_ends_the_session(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	tty_vhangup(ctx->tty);
	KUNIT_EXPECT_EQ(test, write_file(ctx, "user", 4), -EIO);
	KUNIT_EXPECT_EQ(test, read_all(ctx), 0);
}

/* (2006 bug 33) */
static void after_a_hangup_the_tty_can_be_opened_again(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	KUNIT_EXPECT_EQ(test, write_file(ctx, "user", 4), 4);
	expect_log(test, "user");
}

static ssize_t read_one(struct tty_ctx *ctx)
{
	return kernel_read(ctx->file, ctx->got, 1, NULL);
}

static void each_hangup_wakes_a_reader_that_sleeps(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program reader;
	int i, woken = 0;

	for (i = 0; i < 100 && woken == i; i++) {
		KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
		make_raw(ctx);
		program_start(&reader, ctx, read_one);
		KUNIT_EXPECT_TRUE(test,
				  program_waits_in(&ctx->tty->read_wait));
		tty_vhangup(ctx->tty);
		woken += program_ends(&reader) && !reader.result;
		tty_close(ctx);
	}
	KUNIT_EXPECT_EQ(test, woken, 100);
}

static void a_hangup_wakes_a_program_that_drains(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain;

	open_raw(test);
	write_file(ctx, "a", 1);
	program_start(&drain, ctx, drain_tty);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->out->sent_wait));
	tty_vhangup(ctx->tty);
	KUNIT_EXPECT_TRUE(test, program_is_done(&drain));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, 0);
}

/* The hangup waits for the line discipline before it calls the driver. */
static ssize_t drain_in_the_line_discipline(struct tty_ctx *ctx)
{
	struct tty_ldisc *ld = tty_ldisc_ref_wait(ctx->tty);

	tty_wait_until_sent(ctx->tty, 0);
	tty_ldisc_deref(ld);
	return ctx->ram->logged;
}

static ssize_t hang_up(struct tty_ctx *ctx)
{
	tty_vhangup(ctx->tty);
	return 0;
}

/* The hangup drops nothing that would end the wait. (row 1) */
static void a_hangup_wakes_a_program_that_drains_a_full_queue(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain, hangup;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	program_start(&drain, ctx, drain_in_the_line_discipline);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	program_start(&hangup, ctx, hang_up);
	KUNIT_EXPECT_TRUE(test, program_is_done(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
}

static void a_hangup_wakes_a_program_that_drains_to_change_settings(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain, hangup;

	open_raw(test);
	write_file(ctx, "a", 1);
	program_start(&drain, ctx, drain_in_the_line_discipline);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->out->sent_wait));
	program_start(&hangup, ctx, hang_up);
	KUNIT_EXPECT_TRUE(test, program_is_done(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, 0);
}

static void after_a_hangup_input_flows_again(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type(ctx, ctx->text, sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	deliver(ctx);
	read_all(ctx);
	type_string(ctx, "fresh");
	expect_read(test, "fresh");
}

/* (2006 bug 33) */
static void a_hangup_wakes_a_writer_that_sleeps(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program writer;

	KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
	make_raw(ctx);
	program_start(&writer, ctx, write_long);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	tty_vhangup(ctx->tty);
	KUNIT_EXPECT_TRUE(test, program_ends(&writer));
	KUNIT_EXPECT_EQ(test, writer.result, FITS);
}

static int tty_test_init(struct kunit *test)
{
	struct tty_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	for (i = 0; i < sizeof(ctx->text); i++)
		ctx->text[i] = ' ' + i % 89;
	ctx->loglevel = console_loglevel;
	console_loglevel = 8;
	ctx->ram = xencons_ram_create(test, QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	ctx->node = "xvc0";
	test->priv = ctx;
	KUNIT_ASSERT_EQ(test, xencons_start(ctx->xc), 0);
	return xencons_tty_register(ctx->xc);
}

static void tty_test_exit(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	/* Nothing may be left that a close would wait for. */
	xencons_ram_serve(ctx->ram);
	tty_close(ctx);
	xencons_ram_tty_unregister(test, ctx->xc);
	xencons_ram_destroy(ctx->ram);
	console_loglevel = ctx->loglevel;
}

static struct kunit_case tty_cases[] = {
	KUNIT_CASE(the_tty_is_xvc0_at_major_204_minor_191),
	KUNIT_CASE(the_tty_has_no_modem_to_wait_for),
	KUNIT_CASE(numbers_in_use_are_refused),
	KUNIT_CASE(a_tty_unregistered_is_gone),
	KUNIT_CASE(a_tty_unregistered_can_be_registered_again),
	KUNIT_CASE(its_numbers_are_free_for_another_console),
	KUNIT_CASE(there_is_no_wire_to_set_up),
	KUNIT_CASE(any_speed_will_do),
	KUNIT_CASE(the_modem_is_ready_whatever_it_is_told),
	KUNIT_CASE(the_counters_count_bytes_of_the_tty),
	KUNIT_CASE(proc_tty_driver_shows_the_counters),
	KUNIT_CASE(get_serial_tells_the_line_and_its_times),
	KUNIT_CASE(set_serial_sets_the_times),
	KUNIT_CASE(set_serial_sets_nothing_else),
	KUNIT_CASE(flags_that_anybody_may_set_are_taken_without_effect),
	KUNIT_CASE(what_is_no_ttys_is_no_serial_line),
	KUNIT_CASE(a_ttys_keeps_its_settings_over_the_last_close),
	KUNIT_CASE(other_lines_forget_settings_at_the_last_close),
	KUNIT_CASE(who_is_not_root_can_only_set_what_is),
	KUNIT_CASE(a_line_feed_of_a_program_becomes_cr_lf),
	KUNIT_CASE(lines_of_one_write_notify_once),
	KUNIT_CASE(text_that_nobody_flushes_is_sent_without_the_timer),
	KUNIT_CASE(text_of_a_write_under_way_is_not_sent_in_pieces),
	KUNIT_CASE(text_that_is_not_processed_is_sent_at_once),
	KUNIT_CASE(every_byte_goes_out_raw_as_it_is),
	KUNIT_CASE(a_write_that_does_not_fit_returns_a_short_count),
	KUNIT_CASE(poll_promises_room_when_the_backend_made_some),
	KUNIT_CASE(the_room_promised_can_be_filled_byte_by_byte),
	KUNIT_CASE(put_char_sends_nothing_until_flush_chars),
	KUNIT_CASE(a_writer_that_sleeps_is_woken_for_every_byte),
	KUNIT_CASE(cr_lf_stays_whole_when_the_queue_is_full),
	KUNIT_CASE(flushing_output_drops_what_the_backend_cannot_see_yet),
	KUNIT_CASE(flushing_output_makes_room_for_a_writer),
	KUNIT_CASE(flushing_output_wakes_a_writer_that_sleeps),
	KUNIT_CASE(draining_waits_for_the_backend_to_take_the_last_byte),
	KUNIT_CASE(draining_gives_up_after_its_time),
	KUNIT_CASE(draining_gives_up_when_the_backend_stalls),
	KUNIT_CASE(draining_a_full_queue_gives_up_when_the_backend_stalls),
	KUNIT_CASE(draining_waits_as_long_as_the_backend_moves),
	KUNIT_CASE(draining_waits_while_output_is_stopped),
	KUNIT_CASE(a_stalled_backend_is_not_waited_for_at_each_close),
	KUNIT_CASE(a_stopped_tty_holds_user_text_and_starts_again),
	KUNIT_CASE(an_x_char_passes_a_stopped_tty),
	KUNIT_CASE(nul_is_an_x_char_like_any_other),
	KUNIT_CASE(typing_ctrl_s_stops_output_and_ctrl_q_starts_it),
	KUNIT_CASE(a_line_typed_is_echoed),
	KUNIT_CASE(a_paste_is_echoed_whole_however_slow_the_backend),
	KUNIT_CASE(input_whose_echo_has_no_room_stays_in_the_transport),
	KUNIT_CASE(output_and_input_of_one_event_count_in_this_order),
	KUNIT_CASE(a_few_bytes_get_through_at_each_tick),
	KUNIT_CASE(input_without_echo_waits_for_no_output),
	KUNIT_CASE(input_waits_for_no_output_that_is_stopped),
	KUNIT_CASE(input_of_nobody_waits_for_no_output),
	KUNIT_CASE(a_line_typed_is_read),
	KUNIT_CASE(every_byte_but_ctrl_o_comes_in_raw_as_it_is),
	KUNIT_CASE(input_typed_before_the_open_is_read_after_it),
	KUNIT_CASE(input_left_in_the_transport_is_fetched_at_open),
	KUNIT_CASE(throttled_input_stays_in_the_transport),
	KUNIT_CASE(nobody_is_sent_an_xoff_unasked),
	KUNIT_CASE(nobody_is_sent_an_xoff_for_ixoff),
	KUNIT_CASE(output_flows_while_input_is_throttled),
	KUNIT_CASE(a_program_that_does_not_read_stops_the_backend),
	KUNIT_CASE(a_program_that_reads_late_misses_nothing),
	KUNIT_CASE(input_there_is_no_memory_for_stays_in_the_transport),
	KUNIT_CASE(what_is_typed_to_nobody_first_is_kept),
	KUNIT_CASE(what_is_typed_to_nobody_keeps_the_timer_at_rest),
	KUNIT_CASE(ctrl_o_and_a_key_are_sysrq),
	KUNIT_CASE(a_key_without_ctrl_o_is_input),
	KUNIT_CASE(sysrq_works_while_the_tty_is_closed),
	KUNIT_CASE(sysrq_works_however_much_was_typed_to_nobody),
	KUNIT_CASE(sysrq_does_not_wait_for_the_key_in_the_same_event),
	KUNIT_CASE(input_around_a_sysrq_is_delivered),
	KUNIT_CASE(two_sysrqs_in_one_event_both_fire),
	KUNIT_CASE(ctrl_o_twice_is_one_ctrl_o_for_the_program),
	KUNIT_CASE(a_key_within_two_seconds_is_sysrq),
	KUNIT_CASE(a_late_ctrl_o_is_delivered_with_the_next_input),
	KUNIT_CASE(a_ctrl_o_that_nothing_follows_comes_in_alone),
	KUNIT_CASE(a_ctrl_o_comes_in_alone_with_the_tty_closed),
	KUNIT_CASE(a_ctrl_o_comes_in_alone_while_input_is_throttled),
	KUNIT_CASE(what_is_no_command_comes_in_behind_its_ctrl_o),
	KUNIT_CASE(a_ctrl_o_after_a_late_one_starts_anew),
	KUNIT_CASE(a_late_ctrl_o_before_a_full_ring_loses_nothing),
	KUNIT_CASE(with_sysrq_switched_off_ctrl_o_is_input),
	KUNIT_CASE(a_command_that_is_forbidden_is_input),
	KUNIT_CASE(a_ctrl_o_is_input_when_sysrq_is_switched_off_behind_it),
	KUNIT_CASE(text_not_taken_at_close_still_goes_out),
	KUNIT_CASE(text_stopped_at_close_still_goes_out),
	KUNIT_CASE(text_not_taken_at_a_hangup_goes_out_before_the_next_session),
	KUNIT_CASE(the_next_session_drops_only_its_own_text),
	KUNIT_CASE(ctrl_c_drops_what_the_backend_cannot_see_yet),
	KUNIT_CASE(the_next_session_is_not_stopped),
	KUNIT_CASE(the_next_session_is_not_throttled),
	KUNIT_CASE(sysrq_works_after_a_session_that_did_not_read),
	KUNIT_CASE(a_sysrq_stuck_behind_a_session_fires_when_it_ends),
	KUNIT_CASE(what_a_session_left_is_for_who_opens_next),
	KUNIT_CASE(a_session_that_is_over_holds_no_sysrq_up),
	KUNIT_CASE(a_hangup_ends_the_session),
	KUNIT_CASE(after_a_hangup_the_tty_can_be_opened_again),
	KUNIT_CASE(a_hangup_wakes_a_program_that_drains),
	KUNIT_CASE(a_hangup_wakes_a_program_that_drains_a_full_queue),
	KUNIT_CASE(a_hangup_wakes_a_program_that_drains_to_change_settings),
	KUNIT_CASE(after_a_hangup_input_flows_again),
	KUNIT_CASE(a_hangup_wakes_a_writer_that_sleeps),
	KUNIT_CASE(each_hangup_wakes_a_reader_that_sleeps),
	{}
};

static struct kunit_suite tty_suite = {
	.name = "xencons_tty",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_cases,
};

kunit_test_suite(tty_suite);
