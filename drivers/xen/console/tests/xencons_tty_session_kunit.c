// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a session: what is left for the next, and who is woken by a hangup.
 */
#include <kunit/test.h>

#include "xencons_terminal.h"

/* (2006 bug 19) */
static void text_not_taken_at_close_still_goes_out(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	tty_close(ctx);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS);
}

/* tcflow(TCOOFF), where the tty layer asks for all of it to be dropped. (row 1) */
static void text_stopped_at_close_still_goes_out(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	ctx->xc->tty.port.closing_wait = 1;
	open_raw(test);
	write_file(ctx, ctx->text, RING);
	stop_tty(ctx->tty);
	ctx->tty->flow.tco_stopped = true;
	write_file(ctx, ctx->text + RING, QUEUE);
	tty_close(ctx);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->text, FITS), 0);
}

/* (row 1) */
static void text_not_taken_at_a_hangup_goes_out_before_the_next_session(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_event(ctx->ram);
	write_file(ctx, "next", 4);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, FITS + 4);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->ram->log, ctx->text, FITS), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + FITS, "next");
}

/* agetty flushes the line before it asks for a name. (row 1) */
static void the_next_session_drops_only_its_own_text(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	write_file(ctx, ctx->text, RING + 40);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	write_file(ctx, "dropped", 7);
	ctx->tty->ops->flush_buffer(ctx->tty);
	write_file(ctx, "next", 4);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 40 + 4);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + RING + 40, "next");
}

static void ctrl_c_drops_what_the_backend_cannot_see_yet(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_cooked(test);
	write_file(ctx, ctx->text, RING + 100);
	type_string(ctx, "\x03");
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->logged, RING + 2);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log + RING, "^C");
}

static void the_next_session_is_not_stopped(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	stop_tty(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	write_file(ctx, "user", 4);
	expect_log(test, "user");
}

static void the_next_session_is_not_throttled(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type(ctx, ctx->text, sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
	tty_close(ctx);
	KUNIT_EXPECT_NE(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
}

static void sysrq_works_after_a_session_that_did_not_read(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type(ctx, ctx->text, sizeof(ctx->text));
	tty_close(ctx);
	type_string(ctx, CTRL_O "7");
	expect_fired(test, true);
}

static void a_sysrq_stuck_behind_a_session_fires_when_it_ends(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	ctx->tty->ops->throttle(ctx->tty);
	type_string(ctx, CTRL_O "7");
	expect_fired(test, false);
	tty_close(ctx);
	expect_fired(test, true);
}

/* Whoever is notified lets the line discipline have what was pushed. */
static void notify_and_deliver(struct xencons_wire *wire)
{
	struct xencons *xc = container_of(wire, struct xencons, wire);

	flush_work(&xc->tty.port.buf.work);
}

/*
 * The session's line discipline lives on for a moment when its tty is closed, and takes
 * what it is given. (finding 11)
 */
static void what_a_session_left_is_for_who_opens_next(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	const struct xencons_ops *before = ctx->xc->wire.ops;
	struct xencons_ops ops = *before;

	open_raw(test);
	ctx->tty->ops->throttle(ctx->tty);
	KUNIT_EXPECT_EQ(test, type(ctx, ctx->text, RING), RING);
	ops.notify = notify_and_deliver;
	ctx->xc->wire.ops = &ops;
	tty_close(ctx);
	ctx->xc->wire.ops = before;
	open_raw(test);
	deliver(ctx);
	KUNIT_EXPECT_EQ(test, read_all(ctx), RING);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->got, ctx->text, RING), 0);
}

/* A line discipline that was fed too late may still say that it is full. (finding 11) */
static void a_session_that_is_over_holds_no_sysrq_up(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	tty_vhangup(ctx->tty);
	ctx->tty->ops->throttle(ctx->tty);
	type_string(ctx, CTRL_O "7");
	expect_fired(test, true);
}

static void a_hangup_ends_the_session(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	tty_vhangup(ctx->tty);
	KUNIT_EXPECT_EQ(test, write_file(ctx, "user", 4), -EIO);
	KUNIT_EXPECT_EQ(test, read_all(ctx), 0);
}

/* (2006 bug 33) */
static void after_a_hangup_the_tty_can_be_opened_again(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	KUNIT_EXPECT_EQ(test, write_file(ctx, "user", 4), 4);
	expect_log(test, "user");
}

static ssize_t read_one(struct tty_ctx *ctx)
{
	return kernel_read(ctx->file, ctx->got, 1, NULL);
}

static void each_hangup_wakes_a_reader_that_sleeps(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program reader;
	int i, woken = 0;

	for (i = 0; i < 100 && woken == i; i++) {
		KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
		make_raw(ctx);
		program_start(&reader, ctx, read_one);
		KUNIT_EXPECT_TRUE(test,
				  program_waits_in(&ctx->tty->read_wait));
		tty_vhangup(ctx->tty);
		woken += program_ends(&reader) && !reader.result;
		tty_close(ctx);
	}
	KUNIT_EXPECT_EQ(test, woken, 100);
}

static void a_hangup_wakes_a_program_that_drains(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain;

	open_raw(test);
	write_file(ctx, "a", 1);
	program_start(&drain, ctx, drain_tty);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->out->sent_wait));
	tty_vhangup(ctx->tty);
	KUNIT_EXPECT_TRUE(test, program_is_done(&drain));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, 0);
}

/* The hangup waits for the line discipline before it calls the driver. */
static ssize_t drain_in_the_line_discipline(struct tty_ctx *ctx)
{
	struct tty_ldisc *ld = tty_ldisc_ref_wait(ctx->tty);

	tty_wait_until_sent(ctx->tty, 0);
	tty_ldisc_deref(ld);
	return ctx->ram->logged;
}

static ssize_t hang_up(struct tty_ctx *ctx)
{
	tty_vhangup(ctx->tty);
	return 0;
}

/* The hangup drops nothing that would end the wait. (row 1) */
static void a_hangup_wakes_a_program_that_drains_a_full_queue(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain, hangup;

	open_raw(test);
	write_file(ctx, ctx->text, FITS);
	program_start(&drain, ctx, drain_in_the_line_discipline);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	program_start(&hangup, ctx, hang_up);
	KUNIT_EXPECT_TRUE(test, program_is_done(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
}

static void a_hangup_wakes_a_program_that_drains_to_change_settings(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program drain, hangup;

	open_raw(test);
	write_file(ctx, "a", 1);
	program_start(&drain, ctx, drain_in_the_line_discipline);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->out->sent_wait));
	program_start(&hangup, ctx, hang_up);
	KUNIT_EXPECT_TRUE(test, program_is_done(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&hangup));
	KUNIT_EXPECT_TRUE(test, program_ends(&drain));
	KUNIT_EXPECT_EQ(test, drain.result, 0);
}

static void after_a_hangup_input_flows_again(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	open_raw(test);
	type(ctx, ctx->text, sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->xc->input.intake, XENCONS_INTAKE_THROTTLED);
	tty_vhangup(ctx->tty);
	tty_close(ctx);
	open_raw(test);
	deliver(ctx);
	read_all(ctx);
	type_string(ctx, "fresh");
	expect_read(test, "fresh");
}

/* (2006 bug 33) */
static void a_hangup_wakes_a_writer_that_sleeps(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;
	struct program writer;

	KUNIT_ASSERT_EQ(test, tty_open(ctx, 0), 0);
	make_raw(ctx);
	program_start(&writer, ctx, write_long);
	KUNIT_EXPECT_TRUE(test, program_waits_in(&ctx->tty->write_wait));
	tty_vhangup(ctx->tty);
	KUNIT_EXPECT_TRUE(test, program_ends(&writer));
	KUNIT_EXPECT_EQ(test, writer.result, FITS);
}

static struct kunit_case tty_session_cases[] = {
	KUNIT_CASE(text_not_taken_at_close_still_goes_out),
	KUNIT_CASE(text_stopped_at_close_still_goes_out),
	KUNIT_CASE(text_not_taken_at_a_hangup_goes_out_before_the_next_session),
	KUNIT_CASE(the_next_session_drops_only_its_own_text),
	KUNIT_CASE(ctrl_c_drops_what_the_backend_cannot_see_yet),
	KUNIT_CASE(the_next_session_is_not_stopped),
	KUNIT_CASE(the_next_session_is_not_throttled),
	KUNIT_CASE(sysrq_works_after_a_session_that_did_not_read),
	KUNIT_CASE(a_sysrq_stuck_behind_a_session_fires_when_it_ends),
	KUNIT_CASE(what_a_session_left_is_for_who_opens_next),
	KUNIT_CASE(a_session_that_is_over_holds_no_sysrq_up),
	KUNIT_CASE(a_hangup_ends_the_session),
	KUNIT_CASE(after_a_hangup_the_tty_can_be_opened_again),
	KUNIT_CASE(a_hangup_wakes_a_program_that_drains),
	KUNIT_CASE(a_hangup_wakes_a_program_that_drains_a_full_queue),
	KUNIT_CASE(a_hangup_wakes_a_program_that_drains_to_change_settings),
	KUNIT_CASE(after_a_hangup_input_flows_again),
	KUNIT_CASE(a_hangup_wakes_a_writer_that_sleeps),
	KUNIT_CASE(each_hangup_wakes_a_reader_that_sleeps),
	{}
};

static struct kunit_suite tty_session_suite = {
	.name = "xencons_tty_session",
	.init = tty_test_init,
	.exit = tty_test_exit,
	.test_cases = tty_session_cases,
};

kunit_test_suite(tty_session_suite);
