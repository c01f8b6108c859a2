// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events and the timer: who is notified when, and who fetches what.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "xencons_core.h"

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

/* A storm may come when input has to wait, too. (2006 bug 37) */
static void while_input_is_throttled_an_event_is_useless(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	tty_port_set_initialized(&ctx->xc->tty.port, true);
	xencons_throttle(&ctx->xc->input, true);
	xencons_ram_type(ctx->ram, "a", 1);
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

static void a_stopped_console_stays_stopped(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_stop(ctx->xc);
	xencons_resume(ctx->xc, true);
	write_text(ctx, "a");
	irq_work_sync(&ctx->xc->wire.time.timer_work);
	KUNIT_EXPECT_FALSE(test, timer_pending(&ctx->xc->wire.time.timer));
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

static void input_that_came_meanwhile_is_fetched_on_resume(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_type(ctx->ram, "typed", 5);
	xencons_resume(ctx->xc, true);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.bytes, 5);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(the_first_byte_in_an_empty_ring_notifies),
	KUNIT_CASE(more_bytes_in_a_ring_not_empty_do_not_notify),
	KUNIT_CASE(a_ring_emptied_without_an_event_notifies_again),
	KUNIT_CASE(a_write_that_sends_nothing_notifies_nobody),
	KUNIT_CASE(before_the_start_every_send_notifies),
	KUNIT_CASE(starting_notifies_a_backend_that_has_work),
	KUNIT_CASE(starting_notifies_nobody_without_work),
	KUNIT_CASE(a_transport_that_does_not_start_still_carries_output),
	KUNIT_CASE(an_event_that_refills_the_ring_notifies_once),
	KUNIT_CASE(an_event_that_refills_part_of_the_ring_notifies_once),
	KUNIT_CASE(an_event_that_leaves_bytes_behind_notifies_once),
	KUNIT_CASE(an_event_with_nothing_left_notifies_nobody),
	KUNIT_CASE(an_event_with_progress_is_useful),
	KUNIT_CASE(an_event_with_input_is_useful),
	KUNIT_CASE(an_event_without_input_and_progress_is_useless),
	KUNIT_CASE(an_event_is_useful_even_if_its_progress_was_seen_before),
	KUNIT_CASE(while_input_is_throttled_an_event_is_useless),
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
	KUNIT_CASE(a_stopped_console_stays_stopped),
	KUNIT_CASE(stopping_ends_the_timer),
	KUNIT_CASE(without_events_the_timer_runs_and_fetches_input),
	KUNIT_CASE(input_that_came_meanwhile_is_fetched_on_resume),
	{}
};

static struct kunit_suite event_suite = {
	.name = "xencons_event",
	.init = core_init,
	.exit = core_exit,
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
