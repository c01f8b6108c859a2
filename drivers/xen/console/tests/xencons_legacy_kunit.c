// SPDX-License-Identifier: GPL-2.0-only
/*
 * printk on a kernel where its caller prints: real printk over the transport in memory,
 * with a backend that is dead.
 */
#include <kunit/test.h>
#include <linux/console.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "xencons_ram.h"

#define STALL_WAITS	25

struct legacy_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	int loglevel;
};

/* (2006 bug 1) */
static void printk_waits_for_a_dead_backend_once(struct kunit *test)
{
	struct legacy_ctx *ctx = test->priv;
	int i;

	xencons_console_register(ctx->xc, 0);
	for (i = 0; i < 20; i++)
		pr_info("xencons test: nobody reads line %d\n", i);
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_EQ(test, ctx->ram->waits, STALL_WAITS);
}

static void printk_tells_a_backend_come_back_what_it_missed(struct kunit *test)
{
	struct legacy_ctx *ctx = test->priv;
	char line[80];
	int i;

	xencons_console_register(ctx->xc, 0);
	for (i = 0; i < 20; i++)
		pr_info("xencons test: nobody reads line %d\n", i);
	snprintf(line, sizeof(line),
		 "\r\nxencons: %llu bytes of kernel text lost\r\n",
		 ctx->xc->output.stats.dropped);
	xencons_ram_serve(ctx->ram);
	pr_info("xencons test: back\n");
	xencons_console_unregister(&ctx->xc->sink);
	xencons_ram_serve(ctx->ram);

	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log, line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->ram->log,
					   "xencons test: back\r\n"));
}

static int legacy_test_init(struct kunit *test)
{
	struct legacy_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->loglevel = console_loglevel;
	console_loglevel = 8;
	ctx->ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	ctx->xc = &ctx->ram->xc;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void legacy_test_exit(struct kunit *test)
{
	struct legacy_ctx *ctx = test->priv;

	xencons_console_unregister(&ctx->xc->sink);
	xencons_ram_destroy(ctx->ram);
	console_loglevel = ctx->loglevel;
}

static struct kunit_case legacy_cases[] = {
	KUNIT_CASE(printk_waits_for_a_dead_backend_once),
	KUNIT_CASE(printk_tells_a_backend_come_back_what_it_missed),
	{}
};

static struct kunit_suite legacy_suite = {
	.name = "xencons_legacy",
	.init = legacy_test_init,
	.exit = legacy_test_exit,
	.test_cases = legacy_cases,
};

kunit_test_suite(legacy_suite);
