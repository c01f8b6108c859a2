// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output: what reaches the backend and in which order; user text, its purge, tcdrain and
 * flow control.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "xencons_core.h"

/* (2006 bug 14) */
static void kernel_text_is_sent_with_cr_lf(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "one\ntwo\n");
	xencons_ram_serve(ctx->ram);
	expect_log(test, "one\r\ntwo\r\n");
}

static void user_text_is_sent_as_it_is(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, write_user(ctx, "one\ntwo\n"), 8);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "one\ntwo\n");
}

static void output_is_in_the_transport_when_write_returns(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "kernel");
	write_user(ctx, "user");
	xencons_ram_take(ctx->ram, RING);
	expect_log(test, "kerneluser");
}

static void user_text_that_does_not_fit_is_not_taken(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, xencons_write_user(ctx->out, ctx->text, 1000),
			FITS);
	KUNIT_EXPECT_EQ(test, xencons_user_room(ctx->out), 0);
	KUNIT_EXPECT_EQ(test, xencons_write_user(ctx->out, "x", 1), 0);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, FITS, "");
}

static void writing_user_text_never_waits(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, 1000);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
}

static void user_text_goes_on_with_the_events_of_the_backend(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	size_t done = 0;

	while (done < 1000) {
		size_t n = xencons_write_user(ctx->out, ctx->text + done,
					      1000 - done);

		KUNIT_ASSERT_GT(test, n, 0);
		done += n;
		xencons_ram_take(ctx->ram, RING);
		xencons_ram_event(ctx->ram);
	}
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, 1000, "");
}

/* As it is, or queued and flushed */
static void user_text_behind_text_that_waits_is_left_to_the_event(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	unsigned int notifies;

	xencons_write_user(ctx->out, ctx->text, RING + 1);
	xencons_ram_take(ctx->ram, RING);
	notifies = ctx->ram->notifies;
	xencons_write_user(ctx->out, ctx->text + RING + 1, 9);
	xencons_queue_user(ctx->out, ctx->text + RING + 10, 5);
	xencons_send(ctx->out, false);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, RING);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, notifies);

	xencons_ram_event(ctx->ram);
	xencons_ram_take(ctx->ram, RING);
	expect_log_text(test, RING + 15, "");
}

static void user_text_waits_for_no_event_of_a_backend_that_sends_none(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, 2 * RING + 1);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_tick(ctx->ram);
	xencons_ram_take(ctx->ram, RING);
	xencons_write_user(ctx->out, ctx->text + 2 * RING + 1, 9);
	xencons_ram_take(ctx->ram, RING);
	expect_log_text(test, 2 * RING + 10, "");
}

static void a_late_event_is_waited_for_again(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, 3 * RING);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_tick(ctx->ram);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_event(ctx->ram);
	write_user(ctx, "x");
	xencons_ram_take(ctx->ram, RING);
	write_user(ctx, "y");
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 3 * RING);
}

static void user_text_behind_what_was_dropped_is_sent_at_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 1);
	xencons_purge_user(ctx->out);
	xencons_ram_take(ctx->ram, RING);
	write_user(ctx, "next");
	xencons_ram_take(ctx->ram, RING);
	expect_log_text(test, RING, "next");
}

static void user_text_is_sent_at_once_where_no_event_will_come(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_resume(ctx->xc, false);
	xencons_write_user(ctx->out, ctx->text, RING + 1);
	xencons_ram_take(ctx->ram, RING);
	xencons_write_user(ctx->out, ctx->text + RING + 1, 9);
	xencons_ram_take(ctx->ram, RING);
	expect_log_text(test, RING + 10, "");
}

static void user_text_that_fills_the_queue_is_sent_at_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 1);
	xencons_ram_take(ctx->ram, RING);
	KUNIT_EXPECT_EQ(test, xencons_write_user(ctx->out, ctx->text + RING + 1,
						 QUEUE + 10), QUEUE + 10);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING + QUEUE + 11, "");
}

/* (2006 bug 15) */
static void the_room_promised_is_there_at_every_fill_level(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	size_t fill, room;

	for (fill = 0; fill <= FITS; fill++) {
		xencons_write_user(ctx->out, ctx->text, fill);
		room = xencons_user_room(ctx->out);
		KUNIT_EXPECT_GE(test, xencons_write_user(ctx->out, ctx->text,
							 room), room);
		while (xencons_ram_take(ctx->ram, RING))
			xencons_event(ctx->xc);
	}
}

static void kernel_text_takes_no_room_from_user_text(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	size_t room;

	xencons_write_user(ctx->out, ctx->text, RING + 28);
	room = xencons_user_room(ctx->out);
	xencons_write_text(ctx->out, ctx->text, 1000);
	KUNIT_EXPECT_EQ(test, room, QUEUE - 28);
	KUNIT_EXPECT_EQ(test, xencons_user_room(ctx->out), room);
	KUNIT_EXPECT_EQ(test, xencons_write_user(ctx->out, ctx->text, room),
			room);
}

static void kernel_text_goes_ahead_of_user_text_that_waits(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	write_user(ctx, "user");
	write_text(ctx, "kernel\n");
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "kernel\r\nuser");
}

/* Take the letters of one case out of the log. */
static void pick(const char *log, char first, char last, char *to)
{
	for (; *log; log++)
		if (*log >= first && *log <= last)
			*to++ = *log;
	*to = '\0';
}

static void two_writers_keep_their_own_order(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	char upper[400] = {}, lower[400] = {};
	static char picked[400];
	size_t i, k = 0, u = 0;

	for (i = 0; i < sizeof(upper) - 1; i++) {
		upper[i] = 'A' + i % 26;
		lower[i] = 'a' + i % 25;
	}
	for (i = 1; k < 300 || u < 300; i++) {
		size_t n = min_t(size_t, i % 17, 300 - k);

		xencons_write_text(ctx->out, upper + k, n);
		k += n;
		u += xencons_write_user(ctx->out, lower + u,
					min_t(size_t, i % 23, 300 - u));
		xencons_ram_take(ctx->ram, i % 41);
		xencons_event(ctx->xc);
	}
	xencons_ram_serve(ctx->ram);

	upper[300] = '\0';
	lower[300] = '\0';
	pick(ctx->ram->log, 'A', 'Z', picked);
	KUNIT_EXPECT_STREQ(test, (const char *)picked, (const char *)upper);
	pick(ctx->ram->log, 'a', 'z', picked);
	KUNIT_EXPECT_STREQ(test, (const char *)picked, (const char *)lower);
}

static void cr_lf_stays_together_at_every_fill_level(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	size_t n;

	ctx->ram->pace = 1;
	for (n = FITS - 4; n <= FITS + 4; n++) {
		xencons_ram_forget(ctx->ram);
		xencons_write_text(ctx->out, ctx->text, n);
		write_text(ctx, "\n\nend");
		xencons_ram_serve(ctx->ram);
		expect_log_text(test, n, "\r\n\r\nend");
	}
}

static void bytes_of_text_are_counted_as_sent(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "one\n");
	write_user(ctx, "four\n");
	KUNIT_EXPECT_EQ(test, ctx->out->stats.text, 5);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.user, 5);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
}

/* (2006 bug 18) */
static void purge_drops_queued_user_text_and_no_kernel_text(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 30);
	write_text(ctx, "kernel\n");
	xencons_purge_user(ctx->out);
	KUNIT_EXPECT_EQ(test, xencons_user_queued(ctx->out), 0);
	KUNIT_EXPECT_EQ(test, xencons_user_room(ctx->out), QUEUE);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING, "kernel\r\n");
}

static void user_text_counts_as_queued_until_it_is_in_the_transport(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	KUNIT_EXPECT_EQ(test, xencons_user_queued(ctx->out), 0);
	xencons_write_user(ctx->out, ctx->text, 30);
	KUNIT_EXPECT_EQ(test, xencons_user_queued(ctx->out), 30);
	xencons_ram_take(ctx->ram, 20);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, xencons_user_queued(ctx->out), 10);
}

/* (2006 bug 21) */
static void user_text_is_taken_when_the_backend_took_its_last_byte(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, xencons_user_taken(ctx->out));
	xencons_write_user(ctx->out, ctx->text, RING + 10);
	KUNIT_EXPECT_FALSE(test, xencons_user_taken(ctx->out));
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_FALSE(test, xencons_user_taken(ctx->out));
	xencons_ram_take(ctx->ram, 9);
	KUNIT_EXPECT_FALSE(test, xencons_user_taken(ctx->out));
	xencons_ram_take(ctx->ram, 1);
	KUNIT_EXPECT_TRUE(test, xencons_user_taken(ctx->out));
}

static void kernel_text_behind_it_does_not_keep_user_text_waiting(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "user");
	write_text(ctx, "kernel");
	xencons_ram_take(ctx->ram, 4);
	KUNIT_EXPECT_TRUE(test, xencons_user_taken(ctx->out));
}

/* Free-running counters, as behind a backend that wrote nonsense. (finding 10) */
static void user_text_is_taken_also_where_counters_wrap(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->out->marks.sent = -5ULL;
	ctx->out->marks.taken = -5ULL;
	ctx->out->marks.user = -5ULL;
	write_user(ctx, "0123456789");
	KUNIT_EXPECT_FALSE(test, xencons_user_taken(ctx->out));
	xencons_ram_take(ctx->ram, 10);
	KUNIT_EXPECT_TRUE(test, xencons_user_taken(ctx->out));
}

static void user_text_waits_while_it_is_stopped(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	KUNIT_EXPECT_EQ(test, write_user(ctx, "user"), 4);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "");
	xencons_stop_user(ctx->out, false);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "user");
}

static void kernel_text_flows_while_user_text_is_stopped(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	write_user(ctx, "user");
	write_text(ctx, "kernel");
	xencons_ram_serve(ctx->ram);
	expect_log(test, "kernel");
}

static void a_stopped_console_takes_no_more_than_its_queue(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	KUNIT_EXPECT_EQ(test, xencons_write_user(ctx->out, ctx->text, 1000),
			QUEUE);
}

static void an_x_char_goes_ahead_of_user_text(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	write_user(ctx, "user");
	xencons_send_xchar(ctx->out, '!');
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "!user");
}

static void an_x_char_goes_while_user_text_is_stopped(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	write_user(ctx, "user");
	xencons_send_xchar(ctx->out, 0x11);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "\x11");
}

/* (2006 bug 23) */
static void nul_is_an_x_char_like_any_other(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_send_xchar(ctx->out, 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, 1);
	KUNIT_EXPECT_EQ(test, ctx->ram->log[0], 0);
}

static void an_x_char_is_sent_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_send_xchar(ctx->out, 'x');
	xencons_ram_serve(ctx->ram);
	write_user(ctx, "user");
	xencons_ram_serve(ctx->ram);
	expect_log(test, "xuser");
}

/* (2006 bug 2) */
static void an_x_char_that_does_not_fit_keeps_nobody_waiting(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, RING);
	xencons_send_xchar(ctx->out, 'x');
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING, "x");
}

static struct kunit_case tx_cases[] = {
	KUNIT_CASE(kernel_text_is_sent_with_cr_lf),
	KUNIT_CASE(user_text_is_sent_as_it_is),
	KUNIT_CASE(output_is_in_the_transport_when_write_returns),
	KUNIT_CASE(user_text_that_does_not_fit_is_not_taken),
	KUNIT_CASE(writing_user_text_never_waits),
	KUNIT_CASE(user_text_goes_on_with_the_events_of_the_backend),
	KUNIT_CASE(user_text_behind_text_that_waits_is_left_to_the_event),
	KUNIT_CASE(user_text_waits_for_no_event_of_a_backend_that_sends_none),
	KUNIT_CASE(a_late_event_is_waited_for_again),
	KUNIT_CASE(user_text_behind_what_was_dropped_is_sent_at_once),
	KUNIT_CASE(user_text_is_sent_at_once_where_no_event_will_come),
	KUNIT_CASE(user_text_that_fills_the_queue_is_sent_at_once),
	KUNIT_CASE(the_room_promised_is_there_at_every_fill_level),
	KUNIT_CASE(kernel_text_takes_no_room_from_user_text),
	KUNIT_CASE(kernel_text_goes_ahead_of_user_text_that_waits),
	KUNIT_CASE(two_writers_keep_their_own_order),
	KUNIT_CASE(cr_lf_stays_together_at_every_fill_level),
	KUNIT_CASE(bytes_of_text_are_counted_as_sent),
	KUNIT_CASE(purge_drops_queued_user_text_and_no_kernel_text),
	KUNIT_CASE(user_text_counts_as_queued_until_it_is_in_the_transport),
	KUNIT_CASE(user_text_is_taken_when_the_backend_took_its_last_byte),
	KUNIT_CASE(kernel_text_behind_it_does_not_keep_user_text_waiting),
	KUNIT_CASE(user_text_is_taken_also_where_counters_wrap),
	KUNIT_CASE(user_text_waits_while_it_is_stopped),
	KUNIT_CASE(kernel_text_flows_while_user_text_is_stopped),
	KUNIT_CASE(a_stopped_console_takes_no_more_than_its_queue),
	KUNIT_CASE(an_x_char_goes_ahead_of_user_text),
	KUNIT_CASE(an_x_char_goes_while_user_text_is_stopped),
	KUNIT_CASE(nul_is_an_x_char_like_any_other),
	KUNIT_CASE(an_x_char_is_sent_once),
	KUNIT_CASE(an_x_char_that_does_not_fit_keeps_nobody_waiting),
	{}
};

static struct kunit_suite tx_suite = {
	.name = "xencons_tx",
	.init = core_init,
	.exit = core_exit,
	.test_cases = tx_cases,
};

kunit_test_suite(tx_suite);
