// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel over the transport in memory: every byte as it is, settings that stay, and a
 * terminal that goes while somebody has it open.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iopoll.h>
#include <linux/sysrq.h>
#include <linux/termios.h>
#include <linux/time64.h>
#include <linux/tty.h>
#include <linux/workqueue.h>

#include "xencons_ram.h"

#define NUM	3
#define NODE	"xvc3"
#define CTRL_O	"\x0f"

struct channel_ctx {
	struct xencons_ops ops;
	struct xencons_ram *ram;
	struct xencons *xc;
	struct file *file;
	bool added;
};

static bool channel_released;

static void release(struct xencons_wire *wire)
{
	xencons_uninit(container_of(wire, struct xencons, wire));
	WRITE_ONCE(channel_released, true);
}

static int open_file(struct channel_ctx *ctx)
{
	struct file *file = xencons_ram_open("devtmpfs", NODE,
					     O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx->file = file;
	return 0;
}

static void close_file(struct channel_ctx *ctx)
{
	if (ctx->file)
		__fput_sync(ctx->file);
	ctx->file = NULL;
}

static void type(struct channel_ctx *ctx, const char *text)
{
	xencons_ram_type(ctx->ram, text, strlen(text));
	xencons_ram_event(ctx->ram);
	flush_work(&ctx->xc->tty.port.buf.work);
}

static void expect_read(struct kunit *test, const char *expected)
{
	struct channel_ctx *ctx = test->priv;
	char got[80] = "";

	KUNIT_EXPECT_EQ(test, kernel_read(ctx->file, got, sizeof(got) - 1, NULL),
			strlen(expected));
	KUNIT_EXPECT_STREQ(test, got, expected);
}

/* The last reference may be dropped in a work item of the tty layer. */
static void expect_released(struct kunit *test)
{
	bool done;

	KUNIT_EXPECT_EQ(test, 0,
			read_poll_timeout(READ_ONCE, done, done, USEC_PER_MSEC,
					  10 * USEC_PER_SEC, false,
					  channel_released));
}

static void set_local(struct channel_ctx *ctx, tcflag_t flags)
{
	struct tty_struct *tty = ctx->xc->tty.port.tty;
	struct ktermios termios = tty->termios;

	termios.c_lflag = flags;
	tty_set_termios(tty, &termios);
}

static void add(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	channel_released = false;
	memset(ctx->xc, 0, sizeof(*ctx->xc));
	KUNIT_ASSERT_EQ(test, xencons_channel_init(ctx->xc, &ctx->ops, NUM), 0);
	xencons_ram_park(ctx->xc);
	KUNIT_ASSERT_EQ(test, xencons_start(ctx->xc), 0);
	KUNIT_ASSERT_EQ(test, xencons_channel_add(ctx->xc, NULL, "test"), 0);
	ctx->added = true;
}

static void remove(struct channel_ctx *ctx)
{
	if (!ctx->added)
		return;
	ctx->added = false;
	xencons_channel_remove(ctx->xc);
	xencons_stop(ctx->xc);
	tty_port_put(&ctx->xc->tty.port);
}

static void bytes_come_and_go_as_they_are(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	KUNIT_EXPECT_EQ(test, kernel_write(ctx->file, "a\nb\tc\r", 6, NULL), 6);
	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "a\nb\tc\r");

	type(ctx, "x\r\x03\x11\x7f\n");
	expect_read(test, "x\r\x03\x11\x7f\n");
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, "a\nb\tc\r");
}

static void a_sysrq_key_is_input(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	if (!sysrq_mask())
		kunit_skip(test, "SysRq is off");
	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	type(ctx, CTRL_O "h" CTRL_O);
	expect_read(test, CTRL_O "h" CTRL_O);
	KUNIT_EXPECT_EQ(test, ctx->xc->input.stats.sysrq, 0);
}

static void input_that_nobody_reads_stays_with_the_backend(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	type(ctx, "early");
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, 0);

	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	flush_work(&ctx->xc->tty.port.buf.work);
	expect_read(test, "early");
}

static void settings_stay_over_the_last_close(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;
	struct tty_struct *tty;

	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	tty = ctx->xc->tty.port.tty;
	KUNIT_EXPECT_EQ(test, tty->termios.c_lflag, 0);
	KUNIT_EXPECT_EQ(test, tty->termios.c_oflag, 0);
	KUNIT_EXPECT_EQ(test, tty->termios.c_iflag, 0);
	set_local(ctx, ICANON);
	close_file(ctx);

	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	KUNIT_EXPECT_EQ(test, ctx->xc->tty.port.tty->termios.c_lflag, ICANON);
}

/* Who had the old one open closes it after that, and with it go the settings. */
static void one_of_the_same_number_begins_raw(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	set_local(ctx, ICANON);
	remove(ctx);
	close_file(ctx);
	expect_released(test);

	add(test);
	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	KUNIT_EXPECT_EQ(test, ctx->xc->tty.port.tty->termios.c_lflag, 0);
}

static void who_has_it_open_is_hung_up_when_it_goes(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;
	struct file *file;
	char got[8];

	KUNIT_ASSERT_EQ(test, open_file(ctx), 0);
	file = ctx->file;
	remove(ctx);
	KUNIT_EXPECT_EQ(test, kernel_write(file, "late", 4, NULL), -EIO);
	KUNIT_EXPECT_EQ(test, kernel_read(file, got, sizeof(got), NULL), 0);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(channel_released));
	KUNIT_EXPECT_EQ(test, open_file(ctx), -ENOENT);

	close_file(ctx);
	expect_released(test);
}

static void one_that_nobody_has_open_is_freed_at_once(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	remove(ctx);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(channel_released));
}

static int channel_init(struct kunit *test)
{
	struct channel_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;

	/* The console that the transport comes with is none that can go. */
	ctx->ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	ctx->ops = *ctx->ram->xc.wire.ops;
	ctx->ops.raw = true;
	ctx->ops.release = release;
	timer_delete_sync(&ctx->ram->xc.wire.time.timer);
	xencons_ram_destroy(ctx->ram);
	ctx->xc = &ctx->ram->xc;
	add(test);
	return 0;
}

static void channel_exit(struct kunit *test)
{
	struct channel_ctx *ctx = test->priv;

	close_file(ctx);
	remove(ctx);
	expect_released(test);
}

static int channel_suite_init(struct kunit_suite *suite)
{
	return xencons_channel_register();
}

static void channel_suite_exit(struct kunit_suite *suite)
{
	xencons_channel_unregister();
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE(bytes_come_and_go_as_they_are),
	KUNIT_CASE(a_sysrq_key_is_input),
	KUNIT_CASE(input_that_nobody_reads_stays_with_the_backend),
	KUNIT_CASE(settings_stay_over_the_last_close),
	KUNIT_CASE(one_of_the_same_number_begins_raw),
	KUNIT_CASE(who_has_it_open_is_hung_up_when_it_goes),
	KUNIT_CASE(one_that_nobody_has_open_is_freed_at_once),
	{ }
};

static struct kunit_suite channel_suite = {
	.name = "xencons_channel",
	.suite_init = channel_suite_init,
	.suite_exit = channel_suite_exit,
	.init = channel_init,
	.exit = channel_exit,
	.test_cases = channel_cases,
};

kunit_test_suite(channel_suite);
