// SPDX-License-Identifier: GPL-2.0-only
/*
 * SysRq from a tty. Key 7 sets the log level to 7, and every test starts with 8.
 */
#include <kunit/test.h>
#include <linux/sysrq.h>

#include "xencons_terminal.h"

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

static struct kunit_case tty_sysrq_cases[] = {
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
	{}
};

static struct kunit_suite tty_sysrq_suite = {
	.name = "xencons_tty_sysrq",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_sysrq_cases,
};

kunit_test_suite(tty_sysrq_suite);
