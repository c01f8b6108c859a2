// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a kernel debugger does to the console, over the transport in memory.
 */
#include <kunit/test.h>
#include <linux/serial_core.h>
#include <linux/string.h>
#include <linux/tty_driver.h>

#include "xencons_ram.h"

#define RING	XENCONS_RAM_RING
#define QUEUE	XENCONS_RAM_QUEUE

struct poll_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
	struct tty_driver driver;
	u8 text[RING + QUEUE];
};

static int poll_get(struct poll_ctx *ctx)
{
	return xencons_poll_get_char(&ctx->driver, 0);
}

static void poll_put(struct poll_ctx *ctx, const char *text)
{
	while (*text)
		xencons_poll_put_char(&ctx->driver, 0, *text++);
}

static void a_byte_typed_is_polled_without_an_event(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, poll_get(ctx), NO_POLL_CHAR);
	xencons_ram_type(ctx->ram, "$\xff", 2);
	KUNIT_EXPECT_EQ(test, poll_get(ctx), '$');
	KUNIT_EXPECT_EQ(test, poll_get(ctx), 0xff);
	KUNIT_EXPECT_EQ(test, poll_get(ctx), NO_POLL_CHAR);
}

static void the_debugger_gets_ctrl_o_and_nul(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, "\x0f\0", 2);
	KUNIT_EXPECT_EQ(test, poll_get(ctx), 0x0f);
	KUNIT_EXPECT_EQ(test, poll_get(ctx), 0);
}

static void polling_a_full_ring_notifies(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, ctx->text, RING);
	xencons_ram_forget(ctx->ram);
	poll_get(ctx);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
	poll_get(ctx);
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 1);
}

static void bytes_go_out_each_with_an_event(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_ram_forget(ctx->ram);
	poll_put(ctx, "$OK#9a");
	KUNIT_EXPECT_EQ(test, ctx->ram->notifies, 6);
	xencons_ram_take(ctx->ram, RING);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "$OK#9a");
}

/* As kdb writes its lines. (row 9) */
static void a_line_feed_goes_out_as_cr_lf(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	poll_put(ctx, "kdb>\n\r\n");
	xencons_ram_take(ctx->ram, RING);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "kdb>\r\n\r\r\n");
}

/* (row 9) */
static void a_dead_backend_is_waited_for_once_with_both(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	poll_put(ctx, "\n\n");
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 1000000 / XENCONS_RAM_WAIT_US);
}

static void a_byte_goes_out_behind_what_is_queued(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	ctx->ram->pace = 10;
	xencons_write_user(ctx->out, ctx->text, RING + 20);
	poll_put(ctx, "+");
	xencons_ram_take(ctx->ram, RING);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 21);
	KUNIT_EXPECT_EQ(test, ctx->ram->log[RING + 20], '+');
}

static void user_text_that_was_stopped_does_not_hold_it_up(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_stop_user(ctx->out, true);
	xencons_write_user(ctx->out, "user", 4);
	poll_put(ctx, "+");
	xencons_ram_take(ctx->ram, RING);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "+");
}

/* A dead backend: a second of waiting, and no more until it moves. */
static void a_dead_backend_is_waited_for_once(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	poll_put(ctx, "x");
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 1000000 / XENCONS_RAM_WAIT_US);
	poll_put(ctx, "y");
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 1000000 / XENCONS_RAM_WAIT_US);

	xencons_ram_serve(ctx->ram);
	xencons_ram_forget(ctx->ram);
	poll_put(ctx, "z");
	xencons_ram_take(ctx->ram, RING);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "z");
}

static int poll_test_init(struct kunit *test)
{
	struct poll_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	memset(ctx->text, 'u', sizeof(ctx->text));
	ctx->ram = xencons_ram_create(test, QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	ctx->driver.driver_state = ctx->xc;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void poll_test_exit(struct kunit *test)
{
	struct poll_ctx *ctx = test->priv;

	xencons_ram_destroy(ctx->ram);
}

static struct kunit_case poll_cases[] = {
	KUNIT_CASE(a_byte_typed_is_polled_without_an_event),
	KUNIT_CASE(the_debugger_gets_ctrl_o_and_nul),
	KUNIT_CASE(polling_a_full_ring_notifies),
	KUNIT_CASE(bytes_go_out_each_with_an_event),
	KUNIT_CASE(a_line_feed_goes_out_as_cr_lf),
	KUNIT_CASE(a_dead_backend_is_waited_for_once_with_both),
	KUNIT_CASE(a_byte_goes_out_behind_what_is_queued),
	KUNIT_CASE(user_text_that_was_stopped_does_not_hold_it_up),
	KUNIT_CASE(a_dead_backend_is_waited_for_once),
	{}
};

static struct kunit_suite poll_suite = {
	.name = "xencons_poll",
	.init = poll_test_init,
	.exit = poll_test_exit,
	.test_cases = poll_cases,
};

kunit_test_suite(poll_suite);
