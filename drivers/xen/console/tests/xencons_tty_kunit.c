// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tty: the device and its settings.
 */
#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/serial.h>

#include "xencons_terminal.h"

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
	{}
};

static struct kunit_suite tty_suite = {
	.name = "xencons_tty",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_cases,
};

kunit_test_suite(tty_suite);
