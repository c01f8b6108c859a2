// SPDX-License-Identifier: GPL-2.0-only
/*
 * printk on a kernel where a thread prints: the callbacks of the console one by one, and
 * real printk over the transport in memory.
 */
#include <kunit/test.h>
#include <linux/console.h>
#include <linux/irqflags.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "xencons_ram.h"

#define REPLAY	"** replaying previous printk message **\n"

/* Waits until the last words are given up without progress: 2 s. */
#define FLUSH_WAITS	200

/* What fills the ring, and with it the queue. */
#define QUEUE	4096
#define FITS	(XENCONS_RAM_RING + QUEUE)

struct nbcon_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
	int loglevel;
	bool no_thread;
	unsigned long seq;
	struct delayed_work come_back;
	struct xencons_ops ops;
	const struct xencons_ops *real;
	unsigned int notified, in_unsafe;
	char text[FITS + 1], unused[1];
};

static struct nbcon_ctx *the_ctx;

static void wake_thread(struct irq_work *work)
{
}

/* Own the console as printk's thread does, on this CPU. */
static void own(struct nbcon_ctx *ctx, enum nbcon_prio prio)
{
	struct nbcon_state owner = { .prio = prio, .cpu = smp_processor_id() };

	atomic_set(&ACCESS_PRIVATE(&ctx->xc->sink.console, nbcon_state), owner.atom);
}

/*
 * Offer a text to the console as printk would: record ctx->seq, if @record. If not, as
 * kdb does: owning the console it has printk's buffer, too, and does not use it (Linux
 * 6.19). Returns whether it was taken.
 */
static bool offer_text(struct nbcon_ctx *ctx, const char *text, bool record,
		       bool may_sleep)
{
	struct nbcon_write_context wctxt = { .len = strlen(text) };
	struct console *con = &ctx->xc->sink.console;

	strscpy(ctx->text, text, sizeof(ctx->text));
	wctxt.outbuf = ctx->text;
	con->data = ctx->xc;
	init_irq_work(&con->irq_work, wake_thread);
	con->kthread = ctx->no_thread ? NULL : current;
	xencons_printk_setup(&ctx->xc->sink);

	migrate_disable();
	own(ctx, NBCON_PRIO_NORMAL);
	ACCESS_PRIVATE(&wctxt, ctxt).console = con;
	ACCESS_PRIVATE(&wctxt, ctxt).prio = NBCON_PRIO_NORMAL;
	ACCESS_PRIVATE(&wctxt, ctxt).pbufs =
		(void *)(record ? ctx->text : ctx->unused);
	atomic_long_set(&ACCESS_PRIVATE(con, nbcon_prev_seq), ctx->seq);
	if (may_sleep)
		con->write_thread(con, &wctxt);
	else
		con->write_atomic(con, &wctxt);
	migrate_enable();

	irq_work_sync(&con->irq_work);
	/* It is not registered. */
	con->kthread = NULL;
	con->data = NULL;
	return wctxt.outbuf;
}

/* Offer the next record. */
static bool offer(struct nbcon_ctx *ctx, const char *text, bool may_sleep)
{
	ctx->seq++;
	return offer_text(ctx, text, true, may_sleep);
}

/* Offer the same record once more. */
static bool offer_again(struct nbcon_ctx *ctx, const char *text, bool may_sleep)
{
	return offer_text(ctx, text, true, may_sleep);
}

static bool print_atomic(struct nbcon_ctx *ctx, const char *text)
{
	return offer(ctx, text, false);
}

/* The backend is dead and there is room for @room more bytes. */
static void fill(struct nbcon_ctx *ctx, size_t room)
{
	memset(ctx->text, 'x', FITS);
	xencons_write_text(ctx->out, ctx->text, XENCONS_RAM_RING);
	xencons_write_text(ctx->out, ctx->text, QUEUE - room);
}

static void a_record_is_taken_whole(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\ntwo\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "one\r\ntwo\r\n");
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
}

static void a_record_that_just_fits_is_taken(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 10);
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\ntwo\n"));
}

static void a_record_that_does_not_fit_stays_with_printk(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 9);
	KUNIT_EXPECT_FALSE(test, offer(ctx, "one\ntwo\n", true));
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
	xencons_ram_forget(ctx->ram);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NULL(test, strstr(ctx->ram->log, "one"));
}

/* Though the transport wants small pieces. The timer is for what nobody waits for. */
static void a_record_in_pieces_is_sent_when_the_thread_is_done(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	ctx->ram->piece = 5;
	KUNIT_EXPECT_TRUE(test, offer(ctx, "kernel text\n", true));
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 13);
	ctx->no_thread = true;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "kernel text\n"));
	KUNIT_EXPECT_EQ(test, ctx->ram->out_prod, 26);
}

static void a_record_offered_again_is_no_replay(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	KUNIT_EXPECT_FALSE(test, offer(ctx, "one\n", true));
	KUNIT_EXPECT_FALSE(test, offer_again(ctx, REPLAY "one\n", true));
	xencons_ram_serve(ctx->ram);
	xencons_ram_forget(ctx->ram);
	KUNIT_EXPECT_TRUE(test, offer_again(ctx, REPLAY "one\n", true));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "one\r\n");
}

/*
 * (row 8) The console was taken over before printk had noted that the record was printed:
 * it is offered again, and its number tells.
 */
static void a_record_printed_before_is_not_printed_again(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_TRUE(test, offer_again(ctx, REPLAY "one\n", false));
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "two\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "one\r\ntwo\r\n");
}

/* panic_print= can have all of the log printed once more. */
static void the_log_may_be_printed_all_over_again(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	ctx->xc->sink.first_seq = 1;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "two\n"));
	ctx->seq = 0;
	KUNIT_EXPECT_TRUE(test, offer_again(ctx, "zero\n", false));
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log,
			   "one\r\ntwo\r\nzero\r\none\r\n");
}

static void what_the_boot_console_printed_is_passed_by(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	ctx->xc->sink.first_seq = 2;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "two\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "two\r\n");
}

/* hvc_xen prints them; but it may be gone when the machine goes down. */
static void a_held_console_leaves_its_records_to_printk(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	ctx->xc->sink.held = true;
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "one\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "");
	ctx->xc->wire.last_words = true;
	KUNIT_EXPECT_TRUE(test, offer_again(ctx, "one\n", false));
	ctx->xc->wire.last_words = false;
	ctx->xc->sink.held = false;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "two\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "one\r\ntwo\r\n");
}

/*
 * (finding 9) printk asked for the first record, but the log holds only later ones: what
 * counts is the number of the record that is offered.
 */
static void the_oldest_record_left_is_printed_if_nobody_did(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	ctx->xc->sink.first_seq = 2;
	ctx->seq = 6;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "** 7 printk messages dropped **\nseven\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log, "dropped **\r\nseven\r\n"));
}

/* (row 10) Nor is it one of printk's records that count as printed from then on. */
static void what_kdb_prints_has_no_number(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	ctx->xc->sink.first_seq = 2;
	KUNIT_EXPECT_TRUE(test, offer_text(ctx, "kdb> ", false, false));
	ctx->xc->sink.first_seq = 0;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_TRUE(test, offer_text(ctx, "kdb> ", false, false));
	ctx->seq = 2;
	KUNIT_EXPECT_TRUE(test, offer_text(ctx, "kdb> ", false, false));
	KUNIT_EXPECT_TRUE(test, offer_again(ctx, "two\n", false));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log,
			   "kdb> one\r\nkdb> kdb> two\r\n");
}

/* (row 10) Nor is it printed again on each look at a backend that is slow. */
static void what_kdb_prints_is_printed_once(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 100);
	ctx->xc->wire.last_words = true;
	ctx->ram->pace = 16;
	KUNIT_EXPECT_TRUE(test, offer_text(ctx, "kdb> ", false, false));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, strchr(ctx->ram->log, 'k'), "kdb> ");
}

static void spy_notify(struct xencons_wire *wire)
{
	struct nbcon_ctx *ctx = the_ctx;
	struct nbcon_state state;

	state.atom = atomic_read(&ACCESS_PRIVATE(&ctx->xc->sink.console, nbcon_state));
	ctx->notified++;
	ctx->in_unsafe += state.unsafe || irqs_disabled();
	ctx->real->notify(wire);
}

/* (finding 6) */
static void the_backend_is_notified_outside_of_unsafe_sections(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	the_ctx = ctx;
	ctx->real = ctx->xc->wire.ops;
	ctx->ops = *ctx->real;
	ctx->ops.notify = spy_notify;
	ctx->xc->wire.ops = &ctx->ops;
	KUNIT_EXPECT_TRUE(test, offer(ctx, "one\n", true));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "two\n"));
	ctx->xc->wire.ops = ctx->real;
	KUNIT_EXPECT_EQ(test, ctx->notified, 2);
	KUNIT_EXPECT_EQ(test, ctx->in_unsafe, 0);
}

static void take_over(struct xencons_ram *ram)
{
	struct nbcon_ctx *ctx = the_ctx;

	if (ram->waits != 2)
		return;
	/* An emergency elsewhere takes the console over, and uses the same buffer. */
	own(ctx, NBCON_PRIO_EMERGENCY);
	memset(ctx->text, 'E', strlen(ctx->text) - 1);
	ram->pace = 4096;
}

/* (finding 3) */
static void who_lost_the_console_prints_nothing_more(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	the_ctx = ctx;
	fill(ctx, 0);
	ctx->ram->waits = 0;
	ctx->ram->while_waiting = take_over;
	ctx->no_thread = true;
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "a record that has to wait\n"));
	ctx->ram->while_waiting = NULL;
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 2);
	KUNIT_EXPECT_NULL(test, strchr(ctx->ram->log, 'E'));
	KUNIT_EXPECT_NULL(test, strstr(ctx->ram->log, "record"));
}

/* (finding 1) There is no thread yet, no interrupt and no timer to send it later. */
static void before_the_start_a_record_is_in_the_transport(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;
	int i;

	xencons_stop(ctx->xc);
	ctx->no_thread = true;
	ctx->ram->pace = 16;
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "a line of the boot that is long\n"));
	KUNIT_EXPECT_EQ(test, xencons_txq_len(&ctx->out->text), 0);
	KUNIT_EXPECT_GT(test, ctx->ram->waits, 0);
}

static void before_the_start_a_dead_backend_costs_one_wait_and_no_text(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;
	bool taken = true;
	int i;

	xencons_stop(ctx->xc);
	ctx->no_thread = true;
	for (i = 0; i < 300; i++)
		taken = print_atomic(ctx, "a line of the boot that is long\n");
	KUNIT_EXPECT_FALSE(test, taken);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 25);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
}

/* (2006 bug 6) */
static void an_oops_waits_for_room(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->ram->pace = 16;
	oops_in_progress = 1;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	oops_in_progress = 0;
	/* Until it is where the domain's end cannot reach it. */
	KUNIT_EXPECT_EQ(test, xencons_txq_len(&ctx->out->text), 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log, "one\r\n"));
}

static void the_last_words_wait_for_a_dead_backend_once(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->xc->wire.last_words = true;
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "two\n"));
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_WAITS);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
}

/* Each record of a panic would be worth another 30 s to a backend that wants to hold it up. */
static void a_byte_taken_is_no_reason_for_the_last_words_to_wait_again(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->xc->wire.last_words = true;
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "one\n"));
	xencons_ram_take(ctx->ram, 1);
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "two\n"));
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_WAITS);
}

/* (row 4) With the thread an emergency does not wait for it, but for the backend. */
static void an_emergency_waits_for_room(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->ram->pace = XENCONS_RAM_RING;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_EQ(test, xencons_txq_len(&ctx->out->text), 0);
}

static void an_emergency_gives_a_dead_backend_up_and_keeps_the_record(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->ram->waits = 0;
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "two\n"));
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 25);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
}

static void without_a_thread_it_waits_as_printk_always_did(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->ram->pace = 16;
	ctx->no_thread = true;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_GT(test, ctx->ram->waits, 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log, "one\r\n"));
}

/* The number of times @what is in what the backend took. */
static unsigned int count(struct nbcon_ctx *ctx, const char *what)
{
	const char *at = ctx->ram->log;
	unsigned int n = 0;

	while ((at = strstr(at, what))) {
		at += strlen(what);
		n++;
	}
	return n;
}

/* (2006 bug 1) */
static void printk_never_waits_for_a_dead_backend(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;
	int i;

	xencons_console_register(ctx->xc, 0);
	for (i = 0; i < 300; i++)
		pr_info("xencons test: nobody reads line %d\n", i);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	KUNIT_EXPECT_EQ(test, ctx->out->stats.dropped, 0);
}

static void a_backend_come_back_gets_all_of_it_once(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;
	char line[80];
	int i;

	xencons_console_register(ctx->xc, 0);
	for (i = 0; i < 300; i++)
		pr_info("xencons test: nobody reads line %d\n", i);
	ctx->ram->alive = true;
	xencons_ram_event(ctx->ram);
	xencons_console_unregister(&ctx->xc->sink);
	xencons_ram_serve(ctx->ram);

	for (i = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "nobody reads line %d\r\n", i);
		KUNIT_EXPECT_EQ(test, count(ctx, line), 1);
	}
	KUNIT_EXPECT_EQ(test, count(ctx, "replaying"), 0);
	KUNIT_EXPECT_EQ(test, count(ctx, "dropped"), 0);
}

static void come_back(struct work_struct *work)
{
	struct nbcon_ctx *ctx = container_of(to_delayed_work(work),
					     struct nbcon_ctx, come_back);

	xencons_ram_serve(ctx->ram);
}

/*
 * What was read before the wait may not be the oldest any more. Printed as it is, it
 * would be in front of the line that tells what was lost, or behind a line that is
 * followed by a second one.
 */
static void a_record_that_had_to_wait_is_read_again(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	INIT_DELAYED_WORK(&ctx->come_back, come_back);
	schedule_delayed_work(&ctx->come_back, 2);
	KUNIT_EXPECT_FALSE(test, offer(ctx, "one\n", true));
	KUNIT_EXPECT_GE(test, xencons_txq_room(&ctx->out->text), 8);
	KUNIT_EXPECT_TRUE(test, offer_again(ctx, REPLAY "two\n", true));
	flush_delayed_work(&ctx->come_back);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_EQ(test, count(ctx, "one"), 0);
	KUNIT_EXPECT_EQ(test, count(ctx, "replaying"), 0);
	KUNIT_EXPECT_EQ(test, count(ctx, "two\r\n"), 1);
}

/* It stops the thread in the middle of a record it cannot print. */
static void a_console_with_a_dead_backend_can_be_unregistered(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;
	int i;

	xencons_console_register(ctx->xc, 0);
	for (i = 0; i < 300; i++)
		pr_info("xencons test: nobody reads line %d\n", i);
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_NULL(test, ctx->xc->sink.console.kthread);
	KUNIT_EXPECT_FALSE(test, irq_work_is_busy(&ctx->xc->sink.console.irq_work));
}

static int nbcon_test_init(struct kunit *test)
{
	struct nbcon_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->loglevel = console_loglevel;
	console_loglevel = 8;
	ctx->ram = xencons_ram_create(test, QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void nbcon_test_exit(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	xencons_console_unregister(&ctx->xc->sink);
	xencons_ram_destroy(ctx->ram);
	console_loglevel = ctx->loglevel;
}

static struct kunit_case nbcon_cases[] = {
	KUNIT_CASE(a_record_is_taken_whole),
	KUNIT_CASE(a_record_that_just_fits_is_taken),
	KUNIT_CASE(a_record_that_does_not_fit_stays_with_printk),
	KUNIT_CASE(a_record_in_pieces_is_sent_when_the_thread_is_done),
	KUNIT_CASE(a_record_offered_again_is_no_replay),
	KUNIT_CASE(a_record_printed_before_is_not_printed_again),
	KUNIT_CASE(the_log_may_be_printed_all_over_again),
	KUNIT_CASE(what_the_boot_console_printed_is_passed_by),
	KUNIT_CASE(a_held_console_leaves_its_records_to_printk),
	KUNIT_CASE(the_oldest_record_left_is_printed_if_nobody_did),
	KUNIT_CASE(what_kdb_prints_has_no_number),
	KUNIT_CASE(what_kdb_prints_is_printed_once),
	KUNIT_CASE(the_backend_is_notified_outside_of_unsafe_sections),
	KUNIT_CASE(who_lost_the_console_prints_nothing_more),
	KUNIT_CASE(before_the_start_a_record_is_in_the_transport),
	KUNIT_CASE(before_the_start_a_dead_backend_costs_one_wait_and_no_text),
	KUNIT_CASE(an_oops_waits_for_room),
	KUNIT_CASE(the_last_words_wait_for_a_dead_backend_once),
	KUNIT_CASE(a_byte_taken_is_no_reason_for_the_last_words_to_wait_again),
	KUNIT_CASE(an_emergency_waits_for_room),
	KUNIT_CASE(an_emergency_gives_a_dead_backend_up_and_keeps_the_record),
	KUNIT_CASE(without_a_thread_it_waits_as_printk_always_did),
	KUNIT_CASE(printk_never_waits_for_a_dead_backend),
	KUNIT_CASE(a_backend_come_back_gets_all_of_it_once),
	KUNIT_CASE(a_record_that_had_to_wait_is_read_again),
	KUNIT_CASE(a_console_with_a_dead_backend_can_be_unregistered),
	{}
};

static struct kunit_suite nbcon_suite = {
	.name = "xencons_nbcon",
	.init = nbcon_test_init,
	.exit = nbcon_test_exit,
	.test_cases = nbcon_cases,
};

kunit_test_suite(nbcon_suite);
