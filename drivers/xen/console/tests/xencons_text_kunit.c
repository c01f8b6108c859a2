// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel text of an oops while somebody else has the lock: on another CPU, which was
 * stopped or has only lost its processor for a while.
 */
#include <kunit/test.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "xencons_ram.h"

/* Waits until a lock is passed by: 250 ms. */
#define LOCK_WAITS	25

struct text_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
};

/* What there is to see of a lock that somebody has, on any number of processors. */
static void hold(struct text_ctx *ctx)
{
	ctx->out->tx_lock.held = true;
}

static void let_go(struct text_ctx *ctx)
{
	ctx->out->tx_lock.held = false;
}

static void oops(struct text_ctx *ctx, const char *text)
{
	oops_in_progress = 1;
	xencons_write_text(ctx->out, text, strlen(text));
	oops_in_progress = 0;
}

/* (finding 2) */
static void an_oops_waits_for_the_lock_before_it_goes_on_without(struct kunit *test)
{
	struct text_ctx *ctx = test->priv;

	hold(ctx);
	oops(ctx, "one\n");
	let_go(ctx);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, LOCK_WAITS);
	KUNIT_EXPECT_TRUE(test, ctx->out->tx_lock.lost);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "one\r\n");
}

static void a_lock_passed_by_is_not_waited_for_as_long_again(struct kunit *test)
{
	struct text_ctx *ctx = test->priv;

	hold(ctx);
	oops(ctx, "one\n");
	ctx->ram->waits = 0;
	oops(ctx, "two\n");
	let_go(ctx);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 1);
}

static void let_go_at_last(struct xencons_ram *ram)
{
	if (ram->waits == LOCK_WAITS - 1)
		ram->xc.output.tx_lock.held = false;
}

/* (finding 2) The hypervisor gave its processor back. */
static void a_holder_that_comes_back_is_not_passed_by(struct kunit *test)
{
	struct text_ctx *ctx = test->priv;

	hold(ctx);
	ctx->ram->while_waiting = let_go_at_last;
	oops(ctx, "one\n");
	ctx->ram->while_waiting = NULL;
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, LOCK_WAITS - 1);
	KUNIT_EXPECT_FALSE(test, ctx->out->tx_lock.lost);
}

/* (finding 16) As an NMI on a kernel for one processor would, which is let in anyway. */
static void who_may_not_wait_leaves_a_lock_that_is_held_alone(struct kunit *test)
{
	struct text_ctx *ctx = test->priv;
	bool kick = false;

	hold(ctx);
	KUNIT_EXPECT_FALSE(test, xencons_put_text(ctx->out, "one\n", 4, &kick));
	let_go(ctx);
	KUNIT_EXPECT_TRUE(test, xencons_put_text(ctx->out, "two\n", 4, &kick));
	KUNIT_EXPECT_TRUE(test, kick);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
}

/* (finding 2) From then on the backend could have moved our own index. */
static void that_a_lock_was_passed_by_is_forgotten(struct kunit *test)
{
	struct text_ctx *ctx = test->priv;

	hold(ctx);
	oops(ctx, "one\n");
	let_go(ctx);
	xencons_write_text(ctx->out, "two\n", 4);
	KUNIT_EXPECT_FALSE(test, ctx->out->tx_lock.lost);
}

static int text_init(struct kunit *test)
{
	struct text_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void text_exit(struct kunit *test)
{
	struct text_ctx *ctx = test->priv;

	xencons_ram_destroy(ctx->ram);
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(an_oops_waits_for_the_lock_before_it_goes_on_without),
	KUNIT_CASE(a_lock_passed_by_is_not_waited_for_as_long_again),
	KUNIT_CASE(a_holder_that_comes_back_is_not_passed_by),
	KUNIT_CASE(who_may_not_wait_leaves_a_lock_that_is_held_alone),
	KUNIT_CASE(that_a_lock_was_passed_by_is_forgotten),
	{}
};

static struct kunit_suite text_suite = {
	.name = "xencons_text",
	.init = text_init,
	.exit = text_exit,
	.test_cases = text_cases,
};

kunit_test_suite(text_suite);
