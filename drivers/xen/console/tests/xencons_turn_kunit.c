// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose turn it is while both kinds of text wait, and transports that want small pieces.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "xencons_core.h"

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

/* What was sent before there was any counts for nothing. */
static void a_turn_is_waited_for_from_when_there_is_user_text(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;
	char *turn;
	int i;

	ctx->ram->pace = 16;
	for (i = 0; i < 100; i++)
		write_text(ctx, "<kernel text>\n");
	KUNIT_ASSERT_GT(test, xencons_txq_len(&ctx->out->text), 0);
	KUNIT_EXPECT_EQ(test, ctx->out->turn.text, 0);
	xencons_ram_forget(ctx->ram);
	write_user(ctx, "user text\r\n");
	for (i = 0; i < 200; i++)
		write_text(ctx, "<kernel text>\n");

	turn = strstr(ctx->ram->log, "user text");
	KUNIT_ASSERT_NOT_NULL(test, turn);
	KUNIT_EXPECT_GE(test, turn - ctx->ram->log, 2048);
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
	xencons_send(ctx->out, false);
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

/* Who logs a message sends it before he goes on, where printk has no thread. */
static void kernel_text_in_small_pieces_is_sent_when_write_returns(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->ram->piece = 5;
	write_text(ctx, "kernel text\n");
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 13);
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

static struct kunit_case turn_cases[] = {
	KUNIT_CASE(user_text_gets_a_turn_between_lines_of_kernel_text),
	KUNIT_CASE(a_turn_is_waited_for_from_when_there_is_user_text),
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
	KUNIT_CASE(kernel_text_in_small_pieces_is_sent_when_write_returns),
	KUNIT_CASE(small_pieces_keep_interrupts_off_once_only),
	{}
};

static struct kunit_suite turn_suite = {
	.name = "xencons_turn",
	.init = core_init,
	.exit = core_exit,
	.test_cases = turn_cases,
};

kunit_test_suite(turn_suite);
