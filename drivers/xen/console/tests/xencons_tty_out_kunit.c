// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output of a tty: what programs write, how they sleep for room, and how they stop it.
 */
#include <kunit/test.h>
#include <linux/poll.h>

#include "xencons_terminal.h"

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
	xencons_send(ctx->out, xencons_writing(ctx->xc));
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

struct sleeper {
	struct wait_queue_entry entry;
	unsigned int woken;
};

static int count_wake_up(struct wait_queue_entry *entry, unsigned int mode,
			 int sync, void *key)
{
	container_of(entry, struct sleeper, entry)->woken++;
	return 0;
}

/* Or there is a switch to it for each ring full. */
static void a_writer_is_woken_when_half_of_the_queue_is_free(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct sleeper sleeper = {};
	size_t i;

	open_raw(test);
	KUNIT_EXPECT_EQ(test, write_file(ctx, ctx->text, RING + QUEUE), RING + QUEUE);
	init_waitqueue_func_entry(&sleeper.entry, count_wake_up);
	add_wait_queue(&ctx->tty->write_wait, &sleeper.entry);
	for (i = 0; i < QUEUE / 2 / RING; i++) {
		KUNIT_EXPECT_EQ(test, sleeper.woken, 0);
		xencons_ram_take(ctx->ram, RING);
		xencons_ram_event(ctx->ram);
	}
	KUNIT_EXPECT_EQ(test, sleeper.woken, 1);
	remove_wait_queue(&ctx->tty->write_wait, &sleeper.entry);
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

static struct kunit_case tty_out_cases[] = {
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
	KUNIT_CASE(a_writer_is_woken_when_half_of_the_queue_is_free),
	KUNIT_CASE(cr_lf_stays_whole_when_the_queue_is_full),
	KUNIT_CASE(a_stopped_tty_holds_user_text_and_starts_again),
	KUNIT_CASE(an_x_char_passes_a_stopped_tty),
	KUNIT_CASE(nul_is_an_x_char_like_any_other),
	KUNIT_CASE(typing_ctrl_s_stops_output_and_ctrl_q_starts_it),
	{}
};

static struct kunit_suite tty_out_suite = {
	.name = "xencons_tty_out",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_out_cases,
};

kunit_test_suite(tty_out_suite);
