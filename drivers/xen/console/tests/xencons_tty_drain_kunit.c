// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushing and draining the output of a tty.
 */
#include <kunit/test.h>
#include <linux/poll.h>

#include "xencons_terminal.h"

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

static struct kunit_case tty_drain_cases[] = {
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
	{}
};

static struct kunit_suite tty_drain_suite = {
	.name = "xencons_tty_drain",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_drain_cases,
};

kunit_test_suite(tty_drain_suite);
