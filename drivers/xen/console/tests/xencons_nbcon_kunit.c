// SPDX-License-Identifier: GPL-2.0-only
/*
 * printk on a kernel where a thread prints: the callbacks of the console one by one, and
 * real printk over the transport in memory.
 */
#include <kunit/test.h>
#include <linux/console.h>
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
	int loglevel;
	bool no_thread;
	struct delayed_work come_back;
	char text[FITS + 1];
};

static void wake_thread(struct irq_work *work)
{
}

/*
 * Offer a record to the console, as if this were printk's thread. Returns whether it was
 * taken.
 */
static bool offer(struct nbcon_ctx *ctx, const char *text, bool may_sleep)
{
	struct nbcon_write_context wctxt = { .len = strlen(text) };
	struct nbcon_state owner = { .prio = NBCON_PRIO_NORMAL };
	struct console *con = &ctx->xc->console;

	strscpy(ctx->text, text, sizeof(ctx->text));
	wctxt.outbuf = ctx->text;
	con->data = ctx->xc;
	init_irq_work(&con->irq_work, wake_thread);
	con->kthread = ctx->no_thread ? NULL : current;
	xencons_printk_setup(ctx->xc);

	migrate_disable();
	owner.cpu = smp_processor_id();
	atomic_set(&ACCESS_PRIVATE(con, nbcon_state), owner.atom);
	ACCESS_PRIVATE(&wctxt, ctxt).console = con;
	ACCESS_PRIVATE(&wctxt, ctxt).prio = NBCON_PRIO_NORMAL;
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

static bool print_atomic(struct nbcon_ctx *ctx, const char *text)
{
	return offer(ctx, text, false);
}

/* The backend is dead and there is room for @room more bytes. */
static void fill(struct nbcon_ctx *ctx, size_t room)
{
	memset(ctx->text, 'x', FITS);
	xencons_write_text(ctx->xc, ctx->text, XENCONS_RAM_RING);
	xencons_write_text(ctx->xc, ctx->text, QUEUE - room);
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
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "one\ntwo\n"));
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, 0);
	KUNIT_EXPECT_EQ(test, ctx->xc->stats.tx_dropped, 0);
	xencons_ram_forget(ctx->ram);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NULL(test, strstr(ctx->ram->log, "one"));
}

static void a_record_offered_again_is_no_replay(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, REPLAY "one\n"));
	xencons_ram_serve(ctx->ram);
	xencons_ram_forget(ctx->ram);
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, REPLAY "one\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "one\r\n");
}

static void a_record_printed_before_is_a_replay(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, REPLAY "one\n"));
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log, "** replaying"));
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
	KUNIT_EXPECT_EQ(test, xencons_txq_len(&ctx->xc->text), 0);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log, "one\r\n"));
}

static void the_last_words_wait_for_a_dead_backend_once(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	fill(ctx, 0);
	ctx->xc->last_words = true;
	KUNIT_EXPECT_TRUE(test, print_atomic(ctx, "one\n"));
	KUNIT_EXPECT_FALSE(test, print_atomic(ctx, "two\n"));
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, FLUSH_WAITS);
	KUNIT_EXPECT_EQ(test, ctx->xc->stats.tx_dropped, 4);
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
	KUNIT_EXPECT_EQ(test, ctx->xc->stats.tx_dropped, 0);
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
	xencons_console_unregister(ctx->xc);
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
	KUNIT_EXPECT_GE(test, xencons_txq_room(&ctx->xc->text), 8);
	KUNIT_EXPECT_TRUE(test, offer(ctx, REPLAY "two\n", true));
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
	xencons_console_unregister(ctx->xc);
	KUNIT_EXPECT_NULL(test, ctx->xc->console.kthread);
	KUNIT_EXPECT_FALSE(test, irq_work_is_busy(&ctx->xc->console.irq_work));
}

static int nbcon_test_init(struct kunit *test)
{
	struct nbcon_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->loglevel = console_loglevel;
	console_loglevel = 8;
	ctx->ram = xencons_ram_create(test, QUEUE);
	ctx->xc = &ctx->ram->xc;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void nbcon_test_exit(struct kunit *test)
{
	struct nbcon_ctx *ctx = test->priv;

	xencons_console_unregister(ctx->xc);
	xencons_ram_destroy(ctx->ram);
	console_loglevel = ctx->loglevel;
}

static struct kunit_case nbcon_cases[] = {
	KUNIT_CASE(a_record_is_taken_whole),
	KUNIT_CASE(a_record_that_just_fits_is_taken),
	KUNIT_CASE(a_record_that_does_not_fit_stays_with_printk),
	KUNIT_CASE(a_record_offered_again_is_no_replay),
	KUNIT_CASE(a_record_printed_before_is_a_replay),
	KUNIT_CASE(an_oops_waits_for_room),
	KUNIT_CASE(the_last_words_wait_for_a_dead_backend_once),
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
