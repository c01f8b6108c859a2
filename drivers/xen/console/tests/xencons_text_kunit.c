// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel text: how long anybody waits for a backend that is slow, stalled or dead; last
 * words and suspend; and an oops while somebody else has the lock, on another CPU, which was
 * stopped or has only lost its processor for a while.
 */
#include <kunit/test.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "xencons_core.h"

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

/* There may be many channels, each with a backend that does not read. */
static void settling_waits_for_no_backend_that_is_stalled(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	write_text(ctx, "a");
	ctx->out->stall = XENCONS_STALLED;
	xencons_settle(ctx->out);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
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

/* Waits until a lock is passed by: 250 ms. */
#define LOCK_WAITS	25

/* What there is to see of a lock that somebody has, on any number of processors. */
static void hold(struct core_ctx *ctx)
{
	ctx->out->tx_lock.held = true;
}

static void let_go(struct core_ctx *ctx)
{
	ctx->out->tx_lock.held = false;
}

static void oops(struct core_ctx *ctx, const char *text)
{
	oops_in_progress = 1;
	xencons_write_text(ctx->out, text, strlen(text));
	oops_in_progress = 0;
}

/* A crash does not begin in the middle of a line for whose rest there is room. */
static void an_oops_sends_first_what_was_there_first(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_write_user(ctx->out, ctx->text, RING);
	write_user(ctx, "user\r\n");
	xencons_ram_take(ctx->ram, RING);
	xencons_ram_forget(ctx->ram);
	oops(ctx, "kernel\n");
	xencons_ram_serve(ctx->ram);
	expect_log(test, "user\r\nkernel\r\n");
}

/* (finding 2) */
static void an_oops_waits_for_the_lock_before_it_goes_on_without(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

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
	struct core_ctx *ctx = test->priv;

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
	struct core_ctx *ctx = test->priv;

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
	struct core_ctx *ctx = test->priv;
	bool kick = false;

	hold(ctx);
	KUNIT_EXPECT_EQ(test, xencons_put_text(ctx->out, "one\n", 4, &kick),
			XENCONS_TEXT_REFUSED);
	let_go(ctx);
	KUNIT_EXPECT_EQ(test, xencons_put_text(ctx->out, "two\n", 4, &kick),
			XENCONS_TEXT_SENT);
	KUNIT_EXPECT_TRUE(test, kick);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
}

/* (finding 2) From then on the backend could have moved our own index. */
static void that_a_lock_was_passed_by_is_forgotten(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	hold(ctx);
	oops(ctx, "one\n");
	let_go(ctx);
	xencons_write_text(ctx->out, "two\n", 4);
	KUNIT_EXPECT_FALSE(test, ctx->out->tx_lock.lost);
}

/* Two readers at once may have moved an index past the other. */
static void what_an_oops_left_of_the_queues_is_not_sent(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	ctx->out->tx_lock.lost = true;
	ctx->out->text.out += 3;
	ctx->out->user.out += 3;
	write_text(ctx, "text\n");
	write_user(ctx, "user");
	xencons_ram_take(ctx->ram, RING);
	expect_log(test, "text\r\nuser");
}

static struct kunit_case text_cases[] = {
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
	KUNIT_CASE(before_the_start_text_waits_until_it_is_sent),
	KUNIT_CASE(before_the_start_the_wait_is_bounded_too),
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
	KUNIT_CASE(settling_waits_for_no_backend_that_is_stalled),
	KUNIT_CASE(flush_lets_stopped_user_text_go),
	KUNIT_CASE(flush_notifies_on_each_step_of_the_backend),
	KUNIT_CASE(flush_reports_what_a_stall_has_cost),
	KUNIT_CASE(an_oops_sends_first_what_was_there_first),
	KUNIT_CASE(an_oops_waits_for_the_lock_before_it_goes_on_without),
	KUNIT_CASE(a_lock_passed_by_is_not_waited_for_as_long_again),
	KUNIT_CASE(a_holder_that_comes_back_is_not_passed_by),
	KUNIT_CASE(who_may_not_wait_leaves_a_lock_that_is_held_alone),
	KUNIT_CASE(that_a_lock_was_passed_by_is_forgotten),
	KUNIT_CASE(what_an_oops_left_of_the_queues_is_not_sent),
	{}
};

static struct kunit_suite text_suite = {
	.name = "xencons_text",
	.init = core_init,
	.exit = core_exit,
	.test_cases = text_cases,
};

kunit_test_suite(text_suite);
