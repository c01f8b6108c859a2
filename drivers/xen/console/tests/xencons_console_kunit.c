// SPDX-License-Identifier: GPL-2.0-only
/*
 * The printk sink over the transport in memory: real printk, real registration,
 * and what the rest of the system sees of it.
 */
#include <kunit/test.h>
#include <linux/console.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "xencons_ram.h"

struct console_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	int loglevel;
	char got[1024];
};

/* What the backend took, with all that was still on its way. */
static const char *backend_log(struct console_ctx *ctx)
{
	xencons_ram_serve(ctx->ram);
	return ctx->ram->log;
}

/* A file of a virtual file system, or NULL. */
static const char *read_file(struct console_ctx *ctx, const char *fs,
			     const char *path)
{
	struct file *file = xencons_ram_open(fs, path, O_RDONLY);
	ssize_t n;

	if (IS_ERR(file))
		return NULL;
	n = kernel_read(file, ctx->got, sizeof(ctx->got) - 1, NULL);
	__fput_sync(file);
	if (n < 0)
		return NULL;
	ctx->got[n] = '\0';
	return ctx->got;
}

/* The kernel cannot read(2) a file of debugfs, so call what would fill it. */
static void show_file(struct console_ctx *ctx, struct file *file)
{
	struct seq_file *m = file->private_data;

	m->buf = ctx->got;
	m->size = sizeof(ctx->got) - 1;
	m->op->show(m, NULL);
	ctx->got[m->count] = '\0';
	m->buf = NULL;
}

/* (2006 bug 14) */
static void printk_reaches_the_backend_with_cr_lf(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_console_register(ctx->xc, 0);
	pr_info("xencons test: hello\n");
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_NOT_NULL(test, strstr(backend_log(ctx),
					   "xencons test: hello\r\n"));
}

static void the_console_needs_no_console_parameter(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_console_register(ctx->xc, 0);
	KUNIT_EXPECT_TRUE(test, ctx->xc->sink.console.flags & CON_ENABLED);
	xencons_console_unregister(&ctx->xc->sink);
}

static void with_printbuffer_earlier_text_arrives(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	pr_info("xencons test: before\n");
	xencons_console_register(ctx->xc, CON_PRINTBUFFER);
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_NOT_NULL(test, strstr(backend_log(ctx),
					   "xencons test: before\r\n"));
}

static void without_printbuffer_earlier_text_does_not_arrive(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	pr_info("xencons test: too early\n");
	xencons_console_register(ctx->xc, 0);
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_NULL(test, strstr(backend_log(ctx), "too early"));
}

static void after_unregister_nothing_arrives(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_console_register(ctx->xc, 0);
	xencons_console_unregister(&ctx->xc->sink);
	pr_info("xencons test: too late\n");
	KUNIT_EXPECT_NULL(test, strstr(backend_log(ctx), "too late"));
}

static void the_console_can_be_registered_again(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_console_register(ctx->xc, 0);
	xencons_console_unregister(&ctx->xc->sink);
	xencons_console_register(ctx->xc, 0);
	pr_info("xencons test: again\n");
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_NOT_NULL(test, strstr(backend_log(ctx),
					   "xencons test: again\r\n"));
}

static void unregistering_twice_does_no_harm(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_console_unregister(&ctx->xc->sink);
	xencons_console_register(ctx->xc, 0);
	xencons_console_unregister(&ctx->xc->sink);
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_SUCCEED(test);
}

static void printk_and_programs_share_the_line(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;
	const char *log;

	xencons_console_register(ctx->xc, 0);
	xencons_write_user(&ctx->xc->output, "user before\n", 12);
	pr_info("xencons test: between\n");
	xencons_write_user(&ctx->xc->output, "user after\n", 11);
	xencons_console_unregister(&ctx->xc->sink);
	log = backend_log(ctx);
	KUNIT_EXPECT_NOT_NULL(test, strstr(log, "user before\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(log, "xencons test: between\r\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(log, "user after\n"));
}

/* It is printed while the input that brought the key is being handled. */
static void a_sysrq_key_prints_on_the_console_it_was_typed_on(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_console_register(ctx->xc, 0);
	/* Into an empty ring, so that it notifies, which asserts on locks. */
	xencons_ram_serve(ctx->ram);
	xencons_ram_type(ctx->ram, "\0178", 2);
	xencons_ram_event(ctx->ram);
	/* A context that may not print hands the text on to the next. */
	pr_info("xencons test: after SysRq\n");
	xencons_console_unregister(&ctx->xc->sink);
	KUNIT_EXPECT_NOT_NULL(test, strstr(backend_log(ctx),
					   "Loglevel set to 8\r\n"));
}

/* (2006 bug 30) */
static void the_console_names_its_tty(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;
	int index = 4711;

	KUNIT_ASSERT_EQ(test, xencons_tty_register(ctx->xc), 0);
	xencons_console_register(ctx->xc, 0);
	KUNIT_EXPECT_PTR_EQ(test,
			    ctx->xc->sink.console.device(&ctx->xc->sink.console, &index),
			    ctx->xc->tty.driver);
	KUNIT_EXPECT_EQ(test, index, 0);
	xencons_console_unregister(&ctx->xc->sink);
	xencons_ram_tty_unregister(test, ctx->xc);
}

static void a_console_without_tty_names_none(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;
	struct console *con = &ctx->xc->sink.console;
	int index;

	xencons_console_register(ctx->xc, 0);
	KUNIT_EXPECT_NULL(test, con->device(con, &index));
	xencons_console_unregister(&ctx->xc->sink);
}

static void sysfs_lists_xvc0_among_the_active_consoles(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;
	const char *active;

	KUNIT_ASSERT_EQ(test, xencons_tty_register(ctx->xc), 0);
	xencons_console_register(ctx->xc, 0);
	active = read_file(ctx, "sysfs", "class/tty/console/active");
	xencons_console_unregister(&ctx->xc->sink);
	xencons_ram_tty_unregister(test, ctx->xc);
	KUNIT_ASSERT_NOT_NULL(test, active);
	KUNIT_EXPECT_NOT_NULL(test, strstr(active, "xvc0"));
}

static void debugfs_shows_the_counters(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;
	struct file *file;

	ctx->ram->alive = false;
	xencons_write_text(&ctx->xc->output, "text\n", 5);
	xencons_write_user(&ctx->xc->output, "user\n", 5);
	xencons_debugfs_add(ctx->xc);
	file = xencons_ram_open("debugfs", "xencons/xvc0", O_RDONLY);
	KUNIT_EXPECT_FALSE(test, IS_ERR(file));
	if (!IS_ERR(file)) {
		show_file(ctx, file);
		__fput_sync(file);
	}
	xencons_debugfs_remove(ctx->xc);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->got, "transport memory\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->got, "in_flight 11\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->got, "tx_text 6\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->got, "tx_user 5\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->got, "waits 0\n"));
}

static bool in_debugfs(const char *path)
{
	struct file *file = xencons_ram_open("debugfs", path, O_RDONLY);

	if (IS_ERR(file))
		return false;
	__fput_sync(file);
	return true;
}

static void debugfs_is_clean_after_removal(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_debugfs_add(ctx->xc);
	KUNIT_EXPECT_TRUE(test, in_debugfs("xencons"));
	xencons_debugfs_remove(ctx->xc);
	KUNIT_EXPECT_FALSE(test, in_debugfs("xencons"));
	xencons_debugfs_remove(ctx->xc);
}

static void debugfs_keeps_one_console_when_another_goes(struct kunit *test)
{
	struct xencons_ram *second = xencons_ram_create(test, 4096);
	struct console_ctx *ctx = test->priv;

	second->xc.line.num = 1;
	xencons_debugfs_add(ctx->xc);
	xencons_debugfs_add(&second->xc);
	xencons_debugfs_remove(ctx->xc);
	KUNIT_EXPECT_FALSE(test, in_debugfs("xencons/xvc0"));
	KUNIT_EXPECT_TRUE(test, in_debugfs("xencons/xvc1"));
	xencons_debugfs_remove(&second->xc);
	xencons_ram_destroy(second);
}

static int console_test_init(struct kunit *test)
{
	struct console_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->loglevel = console_loglevel;
	console_loglevel = 8;
	ctx->ram = xencons_ram_create(test, 4096);
	ctx->ram->pace = XENCONS_RAM_RING;
	ctx->ram->alive = true;
	ctx->xc = &ctx->ram->xc;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static void console_test_exit(struct kunit *test)
{
	struct console_ctx *ctx = test->priv;

	xencons_ram_destroy(ctx->ram);
	console_loglevel = ctx->loglevel;
}

static struct kunit_case console_cases[] = {
	KUNIT_CASE(printk_reaches_the_backend_with_cr_lf),
	KUNIT_CASE(the_console_needs_no_console_parameter),
	KUNIT_CASE(with_printbuffer_earlier_text_arrives),
	KUNIT_CASE(without_printbuffer_earlier_text_does_not_arrive),
	KUNIT_CASE(after_unregister_nothing_arrives),
	KUNIT_CASE(the_console_can_be_registered_again),
	KUNIT_CASE(unregistering_twice_does_no_harm),
	KUNIT_CASE(printk_and_programs_share_the_line),
	KUNIT_CASE(a_sysrq_key_prints_on_the_console_it_was_typed_on),
	KUNIT_CASE(the_console_names_its_tty),
	KUNIT_CASE(a_console_without_tty_names_none),
	KUNIT_CASE(sysfs_lists_xvc0_among_the_active_consoles),
	KUNIT_CASE(debugfs_shows_the_counters),
	KUNIT_CASE(debugfs_is_clean_after_removal),
	KUNIT_CASE(debugfs_keeps_one_console_when_another_goes),
	{}
};

static struct kunit_suite console_suite = {
	.name = "xencons_console",
	.init = console_test_init,
	.exit = console_test_exit,
	.test_cases = console_cases,
};

kunit_test_suite(console_suite);
