// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input of a tty: what programs read, its echo, and who is kept from typing.
 */
#include <kunit/test.h>

#include "xencons_terminal.h"

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

static struct kunit_case tty_in_cases[] = {
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
	{}
};

static struct kunit_suite tty_in_suite = {
	.name = "xencons_tty_in",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_in_cases,
};

kunit_test_suite(tty_in_suite);
