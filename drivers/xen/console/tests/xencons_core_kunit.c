// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path over the transport in memory: what reaches the backend, in which
 * order, who is notified when, and how long anybody waits. No tty, no printk.
 *
 * The ring holds 64 bytes and each queue 128, so 192 bytes of one kind fit while
 * the backend is dead.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "xencons_ram.h"

#define RING	XENCONS_RAM_RING
#define QUEUE	XENCONS_RAM_QUEUE
#define FITS	(RING + QUEUE)

/* Waits until a backend without progress counts as stalled: 250 ms. */
#define STALL_WAITS	25
/* And until a slow one does, whatever its progress: 1 s. */
#define STALL_MAX_WAITS	100
/* Waits until the last words are given up without progress: 2 s. */
#define FLUSH_WAITS	200
/* And whatever the progress: 30 s. */
#define FLUSH_MAX_WAITS	3000

/* A text whose bytes do not repeat at any power of two. */
static char byte_at(size_t i)
{
	return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678"
		[i % 61];
}

struct core_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
	char text[4096];	/* byte_at() of each index */
	char expect[4096];
};

static void write_text(struct core_ctx *ctx, const char *text)
{
	xencons_write_text(ctx->out, text, strlen(text));
}

static size_t write_user(struct core_ctx *ctx, const char *text)
{
	return xencons_write_user(ctx->out, (const u8 *)text, strlen(text));
}

/* The backend has taken this since it was made to forget, and nothing else. */
static void expect_log(struct kunit *test, const char *expected)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, expected);
}

/* Likewise: @len bytes of ctx->text, then @end. */
static void expect_log_text(struct kunit *test, size_t len, const char *end)
{
	struct core_ctx *ctx = test->priv;

	snprintf(ctx->expect, sizeof(ctx->expect), "%.*s%s", (int)len,
		 ctx->text, end);
	expect_log(test, ctx->expect);
}

/* Output */

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
	xencons_send(ctx->out);
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

/* A backend that is slow, stalled or dead */

static void kernel_text_that_fits_does_not_wait(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, RING);
	xencons_write_text(ctx->out, ctx->text, QUEUE);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	KUNIT_EXPECT_FALSE(test, xencons_stalled(ctx->out));
}

static void kernel_text_waits_for_a_backend_that_moves(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->pace = 32;
	xencons_write_text(ctx->out, ctx->text, 2000);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, 2000, "");
}

/* (2006 bug 1) */
static void the_wait_for_a_dead_backend_is_bounded(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 1);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, STALL_WAITS);
	KUNIT_EXPECT_TRUE(test, xencons_stalled(ctx->out));
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 1);
}

static void nobody_waits_for_a_backend_known_to_be_stalled(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 1);
	xencons_ram_forget(ctx->ram);
	xencons_write_text(ctx->out, ctx->text, 1000);
	write_text(ctx, "\n");
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 1);
}

static void text_that_does_not_fit_a_stalled_backend_is_counted(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	xencons_write_text(ctx->out, ctx->text, 1000);
	write_text(ctx, "\n");
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 1008);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.text, FITS);
}

/* One loss, one line, at the place where the text is missing. */
static void one_line_says_how_much_a_stall_has_cost(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	xencons_write_text(ctx->out, ctx->text, 1000);
	xencons_ram_serve(ctx->ram);
	write_text(ctx, "next\n");
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, FITS,
			"\r\nxencons: 1007 bytes of kernel text lost\r\nnext\r\n");
}

static void the_line_comes_without_anybody_writing(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log,
					   "xencons: 7 bytes of kernel text lost"));
}

static void the_line_stands_before_the_first_text_after_the_stall(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	char *lost, *next;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	/* It moves, but there is no room for the line yet. */
	xencons_ram_take(ctx->ram, 10);
	ctx->ram->pace = 5;
	write_text(ctx, "next\n");
	xencons_ram_serve(ctx->ram);

	lost = strstr(ctx->ram->log, "xencons: 7 bytes");
	next = strstr(ctx->ram->log, "next");
	KUNIT_ASSERT_NOT_NULL(test, lost);
	KUNIT_ASSERT_NOT_NULL(test, next);
	KUNIT_EXPECT_TRUE(test, lost < next);
	KUNIT_EXPECT_NULL(test, strstr(lost + 1, "xencons:"));
}

static void each_stall_is_counted_and_reported_by_itself(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	xencons_ram_serve(ctx->ram);
	xencons_ram_forget(ctx->ram);
	xencons_write_text(ctx->out, ctx->text, FITS + 9);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, STALL_WAITS);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 2);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log,
					   "xencons: 9 bytes of kernel text lost"));
}

static void user_text_survives_a_stall_complete(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	char picked[FITS];

	memset(ctx->expect, '.', FITS);
	xencons_write_user(ctx->out, ctx->text, RING + 40);
	xencons_write_text(ctx->out, ctx->expect, FITS);
	KUNIT_EXPECT_TRUE(test, xencons_stalled(ctx->out));
	xencons_write_user(ctx->out, ctx->text + RING + 40, 60);
	xencons_ram_serve(ctx->ram);

	/* In front of the kernel's text, and behind the line that ends it. */
	memcpy(picked, ctx->ram->log, RING);
	memcpy(picked + RING, ctx->ram->log + ctx->ram->logged - 100, 100);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + QUEUE +
			strlen("\r\nxencons: 64 bytes of kernel text lost\r\n") +
			100);
	KUNIT_EXPECT_EQ(test, memcmp(picked, ctx->text, RING + 100), 0);
}

static void after_a_stall_kernel_text_waits_again(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	xencons_ram_serve(ctx->ram);
	xencons_ram_forget(ctx->ram);
	ctx->ram->pace = 32;
	xencons_write_text(ctx->out, ctx->text, 1000);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, 1000, "");
}

/* How slow a backend may be before it counts as stalled. */
struct pace_case {
	const char *name;
	unsigned int every;
	bool lost;
};

static const struct pace_case paces[] = {
	{ "a byte every 10 ms is progress", 1, false },
	{ "a byte every 200 ms is progress", 20, false },
	{ "a byte every 250 ms is progress", 25, false },
	{ "a byte every 260 ms is none", 26, true },
	{ "a byte every 10 s is none", 1000, true },
};

static void pace_name(const struct pace_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pace, paces, pace_name);

static void only_a_backend_without_progress_loses_text(struct kunit *test)
{
	const struct pace_case *c = test->param_value;
	struct core_ctx *ctx = test->priv;

	ctx->ram->every = c->every;
	ctx->ram->pace = 1;
	xencons_write_text(ctx->out, ctx->text, FITS + 3);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped != 0, c->lost);
}

/* (row 17) The caller may have interrupts off. */
static void the_wait_for_a_slow_backend_is_bounded_in_all(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->pace = 1;
	xencons_write_text(ctx->out, ctx->text, 2000);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, STALL_MAX_WAITS);
}

/* Its first step is progress, all others were there before. */
static void a_backend_that_moves_back_and_forth_is_stalled(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->wobbles = true;
	xencons_write_text(ctx->out, ctx->text, 1000);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 1 + STALL_WAITS);
	KUNIT_EXPECT_TRUE(test, xencons_stalled(ctx->out));
}

static void only_a_step_forward_ends_a_stall(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	ctx->ram->out_cons--;
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_TRUE(test, xencons_stalled(ctx->out));
	ctx->ram->out_cons++;
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_TRUE(test, xencons_stalled(ctx->out));
	ctx->ram->out_cons++;
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_FALSE(test, xencons_stalled(ctx->out));
}

/* Nobody may be able to hear the event while printk waits. */
static void kernel_text_that_waits_notifies_after_each_step(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->every = 5;
	ctx->ram->pace = 10;
	xencons_write_text(ctx->out, ctx->text, FITS + 50);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, ctx->ram->waits / 5);
}

/* Lines of kernel text without end, and a program that has something to say. */
static void user_text_gets_a_turn_between_lines_of_kernel_text(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	char *turn;
	int i;

	xencons_write_user(ctx->out, ctx->text, RING - 1);
	write_user(ctx, "\nuser text\r\n");
	ctx->ram->pace = 16;
	for (i = 0; i < 200; i++)
		write_text(ctx, "<kernel text>\n");

	KUNIT_EXPECT_GT(test, xencons_txq_len(&ctx->out->text), 0);
	turn = strstr(ctx->ram->log, "user text");
	KUNIT_ASSERT_NOT_NULL(test, turn);
	KUNIT_EXPECT_GE(test, turn - ctx->ram->log, 2048);
	KUNIT_EXPECT_LT(test, turn - ctx->ram->log, 2048 + FITS);
	KUNIT_EXPECT_EQ(test, strncmp(turn - 3, ">\r\nuser text\r\n<", 15), 0);
}

static void kernel_text_that_ends_needs_no_turns(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	write_user(ctx, "user");
	write_text(ctx, "one\ntwo\nthree\n");
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "one\r\ntwo\r\nthree\r\nuser");
}

/* Two writers, or n_tty, or a full ring would put it into the line. (row 13) */
static void kernel_text_waits_for_the_end_of_a_line_that_is_there(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 5);
	write_user(ctx, "\r\nnext\r\n");
	write_text(ctx, "kernel\n");
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING + 5, "\r\nkernel\r\nnext\r\n");
}

/* However much kernel text there was before. (row 13) */
static void a_line_begun_is_ended_before_kernel_text_that_comes_later(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	int i;

	for (i = 0; i < 100; i++) {
		write_text(ctx, "a line of a boot that has many\n");
		xencons_ram_serve(ctx->ram);
	}
	xencons_ram_forget(ctx->ram);
	xencons_write_user(ctx->out, ctx->text, RING + 5);
	write_user(ctx, "\r\n");
	write_text(ctx, "kernel\n");
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING + 5, "\r\nkernel\r\n");
}

/* Though a prompt has begun a line, and its rest comes. (row 13) */
static void a_line_of_kernel_text_is_ended_before_user_text(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "$ ");
	xencons_ram_serve(ctx->ram);
	xencons_ram_forget(ctx->ram);
	xencons_write_text(ctx->out, ctx->text, RING + 20);
	write_text(ctx, "\n");
	write_user(ctx, "ls\r\n");
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING + 20, "\r\nls\r\n");
}

/* As n_tty does, which cuts a line in two. (row 13) */
static void kernel_text_waits_for_the_rest_of_a_write(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_queue_user(ctx->out, "user", 4);
	write_text(ctx, "kernel\n");
	xencons_queue_user(ctx->out, "\r\n", 2);
	xencons_send(ctx->out);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "kernel\r\nuser\r\n");
}

static void kernel_text_waits_for_no_line_whose_end_is_not_there(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 5);
	write_text(ctx, "kernel\n");
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, strncmp(ctx->ram->log, "kernel\r\n", 8), 0);
}

static void kernel_text_waits_for_no_line_of_more_than_256_bytes(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, 512);
	struct core_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, xencons_start(&ram->xc), 0);
	xencons_write_user(&ram->xc.output, ctx->text, RING + 256);
	xencons_write_user(&ram->xc.output, "\n", 1);
	xencons_write_text(&ram->xc.output, "kernel\n", 7);
	xencons_ram_take(ram, RING);
	xencons_ram_forget(ram);
	xencons_ram_event(ram);
	xencons_ram_serve(ram);
	KUNIT_EXPECT_EQ(test, strncmp(ram->log, "kernel\r\n", 8), 0);
	xencons_ram_destroy(ram);
}

static void kernel_text_waits_for_no_line_that_is_stopped(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 5);
	write_user(ctx, "\r\n");
	xencons_stop_user(ctx->out, true);
	write_text(ctx, "kernel\n");
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, RING, "kernel\r\n");
}

static void the_last_words_wait_for_no_line(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 5);
	write_user(ctx, "\r\n");
	ctx->xc->wire.last_words = true;
	ctx->ram->pace = RING;
	write_text(ctx, "kernel\n");
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, strncmp(ctx->ram->log + RING, "kernel\r\n", 8), 0);
}

/* A turn is for the line it begins, too. (row 13) */
static void the_turn_of_user_text_ends_with_its_line(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, 1024);
	struct core_ctx *ctx = test->priv;
	char *kernel;
	int i;

	KUNIT_ASSERT_EQ(test, xencons_start(&ram->xc), 0);
	xencons_write_user(&ram->xc.output, ctx->text, RING - 1);
	xencons_write_user(&ram->xc.output, "\n", 1);
	for (i = 0; i < 8; i++) {
		xencons_write_user(&ram->xc.output, ctx->text, 100);
		xencons_write_user(&ram->xc.output, "\n", 1);
	}
	ram->pace = 16;
	for (i = 0; i < 400; i++)
		xencons_write_text(&ram->xc.output, "<kernel text>\n", 14);
	xencons_ram_serve(ram);
	KUNIT_EXPECT_LT(test, ram->logged, XENCONS_RAM_LOG);
	for (kernel = ram->log; (kernel = strchr(kernel + 1, '<'));)
		KUNIT_EXPECT_EQ(test, kernel[-1], '\n');
	xencons_ram_destroy(ram);
}

/*
 * The hypervisor's own console may take its time with the lock held: small pieces, and
 * the lock is dropped in between. (row 14) (finding 7)
 */
static void a_transport_that_wants_small_pieces_gets_them(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->piece = 5;
	xencons_write_user(ctx->out, ctx->text, 32);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 32);
	KUNIT_EXPECT_EQ(test, ctx->ram->sends, 7);
	KUNIT_EXPECT_EQ(test, ctx->ram->greedy, 0);
	write_text(ctx, "kernel text\n");
	KUNIT_EXPECT_EQ(test, ctx->ram->greedy, 0);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, 32, "kernel text\r\n");
}

/* Where interrupts are off they stay so: the rest is left to somebody else. (row 14) */
static void small_pieces_keep_interrupts_off_once_only(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	unsigned long flags;

	ctx->ram->piece = 5;
	local_irq_save(flags);
	xencons_write_user(ctx->out, ctx->text, 32);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 5);
	local_irq_restore(flags);
	xencons_ram_await_send(ctx->xc);
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 32);
	xencons_ram_serve(ctx->ram);
	expect_log_text(test, 32, "");
	KUNIT_EXPECT_EQ(test, ctx->ram->greedy, 0);
}

/* Purge, tcdrain, flow control */

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

/* Notifies and events */

static void the_first_byte_in_an_empty_ring_notifies(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "a");
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
}

static void more_bytes_in_a_ring_not_empty_do_not_notify(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "a");
	write_text(ctx, "b");
	write_user(ctx, "c");
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
}

static void a_ring_emptied_without_an_event_notifies_again(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "a");
	xencons_ram_take(ctx->ram, 1);
	write_user(ctx, "b");
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 2);
}

/* (2006 bug 9) */
static void a_write_that_sends_nothing_notifies_nobody(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, FITS);
	xencons_ram_forget(ctx->ram);
	write_user(ctx, "x");
	write_user(ctx, "");
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 0);
}

static void before_the_start_every_send_notifies(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);

	xencons_write_text(&ram->xc.output, "a", 1);
	xencons_write_text(&ram->xc.output, "b", 1);
	KUNIT_EXPECT_EQ(test, ram->notifies, 2);
	xencons_ram_destroy(ram);
}

static void starting_notifies_a_backend_that_has_work(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);

	xencons_write_text(&ram->xc.output, "a", 1);
	xencons_ram_forget(ram);
	KUNIT_EXPECT_EQ(test, xencons_start(&ram->xc), 0);
	KUNIT_EXPECT_EQ(test, ram->notifies, 1);
	xencons_ram_destroy(ram);
}

static void starting_notifies_nobody_without_work(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 0);
}

/* There is no timer yet that would send the rest. */
static void before_the_start_text_waits_until_it_is_sent(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	struct core_ctx *ctx = test->priv;

	ram->pace = 8;
	xencons_write_text(&ram->xc.output, ctx->text, FITS);
	KUNIT_EXPECT_EQ(test, xencons_txq_len(&ram->xc.output.text), 0);
	KUNIT_EXPECT_EQ(test, ram->xc.output.stats.dropped, 0);
	xencons_ram_destroy(ram);
}

/* (2006 bug 41) */
static void before_the_start_the_wait_is_bounded_too(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	struct core_ctx *ctx = test->priv;

	xencons_write_text(&ram->xc.output, ctx->text, FITS);
	KUNIT_EXPECT_EQ(test, ram->waits, STALL_WAITS);
	KUNIT_EXPECT_EQ(test, ram->xc.output.stats.dropped, 0);
	xencons_ram_destroy(ram);
}

/* (2006 bug 32) */
static void a_transport_that_does_not_start_still_carries_output(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);

	ram->start_error = -ENODEV;
	KUNIT_EXPECT_EQ(test, xencons_start(&ram->xc), -ENODEV);
	xencons_write_text(&ram->xc.output, "a", 1);
	xencons_write_text(&ram->xc.output, "b", 1);
	xencons_ram_take(ram, RING);
	KUNIT_EXPECT_STREQ(test, (const char *)ram->log, "ab");
	KUNIT_EXPECT_EQ(test, ram->notifies, 2);
	xencons_ram_destroy(ram);
}

static void an_event_that_refills_the_ring_notifies_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, FITS);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
	KUNIT_EXPECT_EQ(test, xencons_ram_take(ctx->ram, RING), RING);
}

/* It may have read the index before the rest of what it left was there. */
static void an_event_that_refills_part_of_the_ring_notifies_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, FITS);
	xencons_ram_take(ctx->ram, 10);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
	KUNIT_EXPECT_EQ(test, xencons_ram_take(ctx->ram, RING), RING);
}

static void an_event_that_leaves_bytes_behind_notifies_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "0123456789");
	xencons_ram_take(ctx->ram, 4);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
}

/* (2006 bug 10) */
static void an_event_with_nothing_left_notifies_nobody(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "0123456789");
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	xencons_ram_event(ctx->ram);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 0);
}

static void an_event_with_progress_is_useful(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "a");
	xencons_ram_take(ctx->ram, 1);
	KUNIT_EXPECT_TRUE(test, xencons_ram_event(ctx->ram));
	KUNIT_EXPECT_EQ(test, ctx->xc->wire.stats.events, 1);
	KUNIT_EXPECT_EQ(test, ctx->xc->wire.stats.useless, 0);
}

static void an_event_with_input_is_useful(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, "a", 1);
	KUNIT_EXPECT_TRUE(test, xencons_ram_event(ctx->ram));
	KUNIT_EXPECT_EQ(test, ctx->xc->wire.stats.useless, 0);
}

/* (2006 bug 37) */
static void an_event_without_input_and_progress_is_useless(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_FALSE(test, xencons_ram_event(ctx->ram));
	write_user(ctx, "a");
	KUNIT_EXPECT_FALSE(test, xencons_ram_event(ctx->ram));
	KUNIT_EXPECT_EQ(test, ctx->xc->wire.stats.events, 2);
	KUNIT_EXPECT_EQ(test, ctx->xc->wire.stats.useless, 2);
}

static void an_event_is_useful_even_if_its_progress_was_seen_before(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "a");
	xencons_ram_take(ctx->ram, 1);
	KUNIT_EXPECT_TRUE(test, xencons_user_taken(ctx->out));
	KUNIT_EXPECT_TRUE(test, xencons_ram_event(ctx->ram));
	KUNIT_EXPECT_FALSE(test, xencons_ram_event(ctx->ram));
}

/*
 * It may be filling the ring nobody empties; that ends when the ring is full.
 * (2006 bug 37)
 */
static void while_input_is_throttled_sixteen_events_are_useful(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	int i;

	tty_port_set_initialized(&ctx->xc->tty.port, true);
	xencons_throttle(&ctx->xc->input, true);
	xencons_ram_type(ctx->ram, "a", 1);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_TRUE(test, xencons_ram_event(ctx->ram));
	KUNIT_EXPECT_FALSE(test, xencons_ram_event(ctx->ram));
}

/* No output waits, and input is for the reader to ask for. (finding 15) */
static void the_timer_rests_while_input_is_throttled(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	tty_port_set_initialized(&ctx->xc->tty.port, true);
	WRITE_ONCE(ctx->xc->input.echo, true);
	xencons_write_user(ctx->out, ctx->text, FITS);
	xencons_ram_type(ctx->ram, "typed", 5);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_BLOCKED);
	xencons_throttle(&ctx->xc->input, true);
	xencons_purge_user(ctx->out);
	xencons_ram_serve(ctx->ram);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
}

static void input_from_a_full_ring_notifies_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, ctx->text, RING);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
}

/* (2006 bug 10) */
static void input_from_a_ring_not_full_notifies_nobody(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, ctx->text, RING - 1);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 0);
}

/* The timer */

static void the_timer_notifies_a_backend_without_progress(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "a");
	xencons_ram_tick(ctx->ram);
	xencons_ram_forget(ctx->ram);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 2);
}

static void the_timer_leaves_a_backend_that_moves_alone(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "0123456789");
	xencons_ram_tick(ctx->ram);
	xencons_ram_forget(ctx->ram);
	xencons_ram_take(ctx->ram, 1);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 0);
}

/* (2006 bug 11) */
static void the_timer_moves_on_what_waits(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING + 10);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_tick(ctx->ram);
	xencons_ram_take(ctx->ram, RING);
	expect_log_text(test, RING + 10, "");
}

static void the_timer_runs_while_bytes_wait(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "a");
	KUNIT_EXPECT_TRUE(test, xencons_ram_tick(ctx->ram));
	KUNIT_EXPECT_TRUE(test, xencons_ram_tick(ctx->ram));
}

static void the_timer_rests_when_nothing_waits(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "a");
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
}

/* ^Q is an event; until then there is nothing to look for. (finding 15) */
static void the_timer_rests_while_user_text_is_stopped(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	write_user(ctx, "user");
	KUNIT_EXPECT_FALSE(test, xencons_ram_tick(ctx->ram));
	xencons_stop_user(ctx->out, false);
	KUNIT_EXPECT_TRUE(test, xencons_ram_tick(ctx->ram));
}

/* Not at one: the bytes may have been sent just before. (row 2) */
static void the_second_tick_without_progress_finds_a_stall(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "user");
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stall, XENCONS_LATE);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stall, XENCONS_STALLED);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 1);
	xencons_ram_take(ctx->ram, 1);
	xencons_ram_event(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stall, XENCONS_MOVING);
}

static void a_backend_that_moves_at_each_tick_is_not_stalled(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	int i;

	xencons_write_user(ctx->out, ctx->text, FITS);
	for (i = 0; i < 50; i++) {
		xencons_ram_take(ctx->ram, 1);
		xencons_ram_tick(ctx->ram);
	}
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 0);
}

static void a_backend_is_not_stalled_while_nothing_waits_for_it(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	int i;

	xencons_stop_user(ctx->out, true);
	write_user(ctx, "user");
	for (i = 0; i < 5; i++)
		xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 0);
}

/* The domain was suspended: the backend of the new one gets its time. */
static void after_a_resume_the_first_tick_finds_no_stall(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "user");
	xencons_ram_tick(ctx->ram);
	xencons_resume(ctx->xc, true);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 0);
}

/* A domain that lost its console, or a ring whose indices make no sense. (row 2) */
static void a_transport_that_takes_nothing_is_stalled(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->held = true;
	write_user(ctx, "user");
	xencons_ram_tick(ctx->ram);
	xencons_ram_tick(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->out->stall, XENCONS_STALLED);
}

static void writing_starts_the_timer(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	timer_delete_sync(&ctx->xc->wire.time.timer);
	write_text(ctx, "a");
	irq_work_sync(&ctx->xc->wire.time.timer_work);
	KUNIT_EXPECT_TRUE(test, timer_pending(&ctx->xc->wire.time.timer));
}

static void before_the_start_there_is_no_timer(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);

	timer_delete_sync(&ram->xc.wire.time.timer);
	xencons_write_text(&ram->xc.output, "a", 1);
	irq_work_sync(&ram->xc.wire.time.timer_work);
	KUNIT_EXPECT_FALSE(test, timer_pending(&ram->xc.wire.time.timer));
	xencons_ram_destroy(ram);
}

static void stopping_ends_the_timer(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "a");
	xencons_stop(ctx->xc);
	KUNIT_EXPECT_FALSE(test, timer_pending(&ctx->xc->wire.time.timer));
	write_text(ctx, "b");
	irq_work_sync(&ctx->xc->wire.time.timer_work);
	KUNIT_EXPECT_FALSE(test, timer_pending(&ctx->xc->wire.time.timer));
}

static void without_events_the_timer_runs_and_fetches_input(struct kunit *test)
{
	struct xencons_ram *ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);

	ram->start_error = -ENODEV;
	xencons_start(&ram->xc);
	xencons_ram_type(ram, "a", 1);
	KUNIT_EXPECT_TRUE(test, xencons_ram_tick(ram));
	KUNIT_EXPECT_EQ(test, ram->in_cons, 1);
	xencons_ram_destroy(ram);
}

/* Last words */

/* (2006 bug 3) (2006 bug 6) */
static void flush_waits_until_a_live_backend_took_everything(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, RING);
	write_user(ctx, "user");
	ctx->ram->pace = 3;
	xencons_flush(ctx->out);
	expect_log_text(test, RING, "user");
}

static void the_last_words_wait_once_more_for_a_stalled_backend(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 1);
	xencons_ram_forget(ctx->ram);
	ctx->xc->wire.last_words = true;
	xencons_write_text(ctx->out, ctx->text, 10);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_WAITS);
	xencons_write_text(ctx->out, ctx->text, 10);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_WAITS);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.stalls, 1);
}

/* What is queued only would be lost with the domain. */
static void the_last_words_wait_until_they_are_sent(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, RING);
	ctx->ram->pace = 3;
	ctx->xc->wire.last_words = true;
	xencons_write_text(ctx->out, ctx->text, 10);
	KUNIT_EXPECT_EQ(test, xencons_txq_len(&ctx->out->text), 0);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 4);
}

static void purge_while_waiting(struct xencons_ram *ram)
{
	xencons_purge_user(&ram->xc.output);
}

/* The flush waits without the lock. (2006 bug 5) */
static void user_text_may_be_purged_while_a_flush_waits(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, RING);
	write_user(ctx, "user");
	ctx->ram->pace = 3;
	ctx->ram->while_waiting = purge_while_waiting;
	xencons_flush(ctx->out);
	expect_log_text(test, RING, "");
}

/*
 * As a serial line discipline does, from the wake-up itself: it must not come under
 * the lock that writing takes. (2006 bug 8)
 */
static void write_once_woken(struct tty_port *port)
{
	struct xencons *xc = container_of(port, struct xencons, tty.port);

	if (!xencons_user_queued(&xc->output))
		xencons_write_user(&xc->output, "more", 4);
}

static const struct tty_port_client_operations eager_client = {
	.write_wakeup = write_once_woken,
};

static void who_is_woken_may_write_at_once(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_user(ctx, "user");
	ctx->xc->tty.port.client_ops = &eager_client;
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_event(ctx->ram);
	xencons_ram_take(ctx->ram, RING);
	expect_log(test, "usermore");
}

static void flush_waits_for_a_backend_that_takes_400_ms_a_step(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, 10);
	ctx->ram->every = 40;
	ctx->ram->pace = 1;
	xencons_flush(ctx->out);
	expect_log_text(test, 10, "");
}

/* (2006 bug 4) */
static void flush_gives_a_dead_backend_up_after_2_s(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "a");
	xencons_flush(ctx->out);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_WAITS);
}

static void flush_gives_a_slow_backend_up_after_30_s(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS);
	ctx->ram->waits = 0;
	ctx->ram->every = 40;
	ctx->ram->pace = 1;
	xencons_flush(ctx->out);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_MAX_WAITS);
}

static void flush_of_nothing_does_nothing(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_flush(ctx->out);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 0);
}

/* Suspend */

static void settling_waits_for_what_was_sent_and_nothing_else(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, RING);
	ctx->ram->held = true;
	write_user(ctx, "user");
	ctx->ram->pace = 3;
	xencons_settle(ctx->out);
	expect_log_text(test, RING, "");
	KUNIT_EXPECT_EQ(test, xencons_user_queued(ctx->out), 4);

	ctx->ram->held = false;
	xencons_ram_forget(ctx->ram);
	xencons_resume(ctx->xc, true);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
	xencons_ram_serve(ctx->ram);
	expect_log(test, "user");
}

static void settling_gives_a_dead_backend_up_after_250_ms(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "a");
	xencons_settle(ctx->out);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, STALL_WAITS);
}

static void input_that_came_meanwhile_is_fetched_on_resume(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, "typed", 5);
	xencons_resume(ctx->xc, true);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.bytes, 5);
}

static void flush_lets_stopped_user_text_go(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	write_user(ctx, "user");
	ctx->ram->pace = RING;
	xencons_flush(ctx->out);
	expect_log(test, "user");
}

static void flush_notifies_on_each_step_of_the_backend(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "0123456789");
	xencons_ram_forget(ctx->ram);
	ctx->ram->pace = 2;
	xencons_flush(ctx->out);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 5);
	/* At the start and after each step but the last, which left nothing. */
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 5);
}

static void flush_reports_what_a_stall_has_cost(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_text(ctx->out, ctx->text, FITS + 7);
	ctx->ram->pace = RING;
	xencons_flush(ctx->out);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log,
					   "xencons: 7 bytes of kernel text lost"));
}

static int core_init(struct kunit *test)
{
	struct core_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	for (i = 0; i < sizeof(ctx->text); i++)
		ctx->text[i] = byte_at(i);
	ctx->ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void core_exit(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_destroy(ctx->ram);
}

static struct kunit_case core_cases[] = {
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
	KUNIT_CASE(kernel_text_that_fits_does_not_wait),
	KUNIT_CASE(kernel_text_waits_for_a_backend_that_moves),
	KUNIT_CASE(the_wait_for_a_dead_backend_is_bounded),
	KUNIT_CASE(nobody_waits_for_a_backend_known_to_be_stalled),
	KUNIT_CASE(text_that_does_not_fit_a_stalled_backend_is_counted),
	KUNIT_CASE(one_line_says_how_much_a_stall_has_cost),
	KUNIT_CASE(the_line_comes_without_anybody_writing),
	KUNIT_CASE(the_line_stands_before_the_first_text_after_the_stall),
	KUNIT_CASE(each_stall_is_counted_and_reported_by_itself),
	KUNIT_CASE(user_text_survives_a_stall_complete),
	KUNIT_CASE(after_a_stall_kernel_text_waits_again),
	KUNIT_CASE_PARAM(only_a_backend_without_progress_loses_text,
			 pace_gen_params),
	KUNIT_CASE(the_wait_for_a_slow_backend_is_bounded_in_all),
	KUNIT_CASE(a_backend_that_moves_back_and_forth_is_stalled),
	KUNIT_CASE(only_a_step_forward_ends_a_stall),
	KUNIT_CASE(kernel_text_that_waits_notifies_after_each_step),
	KUNIT_CASE(user_text_gets_a_turn_between_lines_of_kernel_text),
	KUNIT_CASE(kernel_text_that_ends_needs_no_turns),
	KUNIT_CASE(kernel_text_waits_for_the_end_of_a_line_that_is_there),
	KUNIT_CASE(a_line_begun_is_ended_before_kernel_text_that_comes_later),
	KUNIT_CASE(a_line_of_kernel_text_is_ended_before_user_text),
	KUNIT_CASE(kernel_text_waits_for_the_rest_of_a_write),
	KUNIT_CASE(kernel_text_waits_for_no_line_whose_end_is_not_there),
	KUNIT_CASE(kernel_text_waits_for_no_line_of_more_than_256_bytes),
	KUNIT_CASE(kernel_text_waits_for_no_line_that_is_stopped),
	KUNIT_CASE(the_last_words_wait_for_no_line),
	KUNIT_CASE(the_turn_of_user_text_ends_with_its_line),
	KUNIT_CASE(a_transport_that_wants_small_pieces_gets_them),
	KUNIT_CASE(small_pieces_keep_interrupts_off_once_only),
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
	KUNIT_CASE(the_first_byte_in_an_empty_ring_notifies),
	KUNIT_CASE(more_bytes_in_a_ring_not_empty_do_not_notify),
	KUNIT_CASE(a_ring_emptied_without_an_event_notifies_again),
	KUNIT_CASE(a_write_that_sends_nothing_notifies_nobody),
	KUNIT_CASE(before_the_start_every_send_notifies),
	KUNIT_CASE(starting_notifies_a_backend_that_has_work),
	KUNIT_CASE(starting_notifies_nobody_without_work),
	KUNIT_CASE(before_the_start_text_waits_until_it_is_sent),
	KUNIT_CASE(before_the_start_the_wait_is_bounded_too),
	KUNIT_CASE(a_transport_that_does_not_start_still_carries_output),
	KUNIT_CASE(an_event_that_refills_the_ring_notifies_once),
	KUNIT_CASE(an_event_that_refills_part_of_the_ring_notifies_once),
	KUNIT_CASE(an_event_that_leaves_bytes_behind_notifies_once),
	KUNIT_CASE(an_event_with_nothing_left_notifies_nobody),
	KUNIT_CASE(an_event_with_progress_is_useful),
	KUNIT_CASE(an_event_with_input_is_useful),
	KUNIT_CASE(an_event_without_input_and_progress_is_useless),
	KUNIT_CASE(an_event_is_useful_even_if_its_progress_was_seen_before),
	KUNIT_CASE(while_input_is_throttled_sixteen_events_are_useful),
	KUNIT_CASE(the_timer_rests_while_input_is_throttled),
	KUNIT_CASE(input_from_a_full_ring_notifies_once),
	KUNIT_CASE(input_from_a_ring_not_full_notifies_nobody),
	KUNIT_CASE(the_timer_notifies_a_backend_without_progress),
	KUNIT_CASE(the_timer_leaves_a_backend_that_moves_alone),
	KUNIT_CASE(the_timer_moves_on_what_waits),
	KUNIT_CASE(the_timer_runs_while_bytes_wait),
	KUNIT_CASE(the_timer_rests_when_nothing_waits),
	KUNIT_CASE(the_timer_rests_while_user_text_is_stopped),
	KUNIT_CASE(the_second_tick_without_progress_finds_a_stall),
	KUNIT_CASE(a_backend_that_moves_at_each_tick_is_not_stalled),
	KUNIT_CASE(a_backend_is_not_stalled_while_nothing_waits_for_it),
	KUNIT_CASE(after_a_resume_the_first_tick_finds_no_stall),
	KUNIT_CASE(a_transport_that_takes_nothing_is_stalled),
	KUNIT_CASE(writing_starts_the_timer),
	KUNIT_CASE(before_the_start_there_is_no_timer),
	KUNIT_CASE(stopping_ends_the_timer),
	KUNIT_CASE(without_events_the_timer_runs_and_fetches_input),
	KUNIT_CASE(flush_waits_until_a_live_backend_took_everything),
	KUNIT_CASE(the_last_words_wait_once_more_for_a_stalled_backend),
	KUNIT_CASE(the_last_words_wait_until_they_are_sent),
	KUNIT_CASE(user_text_may_be_purged_while_a_flush_waits),
	KUNIT_CASE(who_is_woken_may_write_at_once),
	KUNIT_CASE(flush_waits_for_a_backend_that_takes_400_ms_a_step),
	KUNIT_CASE(flush_gives_a_dead_backend_up_after_2_s),
	KUNIT_CASE(flush_gives_a_slow_backend_up_after_30_s),
	KUNIT_CASE(flush_of_nothing_does_nothing),
	KUNIT_CASE(settling_waits_for_what_was_sent_and_nothing_else),
	KUNIT_CASE(settling_gives_a_dead_backend_up_after_250_ms),
	KUNIT_CASE(input_that_came_meanwhile_is_fetched_on_resume),
	KUNIT_CASE(flush_lets_stopped_user_text_go),
	KUNIT_CASE(flush_notifies_on_each_step_of_the_backend),
	KUNIT_CASE(flush_reports_what_a_stall_has_cost),
	{}
};

static struct kunit_suite core_suite = {
	.name = "xencons_core",
	.init = core_init,
	.exit = core_exit,
	.test_cases = core_cases,
};

kunit_test_suite(core_suite);
