/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the tty share: the tty over the transport in memory, a real device
 * node, opened, written and read as a program does it, with the line discipline in between.
 */
#ifndef __XENCONS_TERMINAL_H
#define __XENCONS_TERMINAL_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/printk.h>
#include <linux/termios.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>
#include <linux/workqueue.h>

#include "../xencons_param.h"
#include "xencons_ram.h"

#define RING	XENCONS_RAM_RING
#define QUEUE	XENCONS_BUFSZ_MIN
#define FITS	(RING + QUEUE)
#define LONG	12000

/* Events the backend sends at most before a test gives up on a program. */
#define PATIENCE	1000

#define CTRL_O	"\x0f"

struct tty_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
	struct file *file;
	struct tty_struct *tty;
	const char *node;
	int loglevel;
	u8 text[20000], got[20000];
};

/* Open the device node. Without an error this is undone by tty_close(). */
static inline int tty_open(struct tty_ctx *ctx, int flags)
{
	struct file *file = xencons_ram_open("devtmpfs", ctx->node,
					     O_RDWR | O_NOCTTY | flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	ctx->file = file;
	ctx->tty = ctx->xc->tty.port.tty;
	return 0;
}

static inline void tty_close(struct tty_ctx *ctx)
{
	if (ctx->file)
		__fput_sync(ctx->file);
	ctx->file = NULL;
	ctx->tty = NULL;
}

/* No echo, no lines, no signals, every byte as it is. */
static inline void make_raw(struct tty_ctx *ctx)
{
	struct ktermios termios = ctx->tty->termios;

	termios.c_iflag = 0;
	termios.c_oflag = 0;
	termios.c_lflag = 0;
	termios.c_cc[VMIN] = 1;
	termios.c_cc[VTIME] = 0;
	tty_set_termios(ctx->tty, &termios);
}

static inline void open_cooked(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, tty_open(test->priv, O_NONBLOCK), 0);
}

static inline void open_raw(struct kunit *test)
{
	open_cooked(test);
	make_raw(test->priv);
}

static inline ssize_t write_file(struct tty_ctx *ctx, const void *buf, size_t len)
{
	return kernel_write(ctx->file, buf, len, NULL);
}

/* All that can be read without waiting, NUL terminated. Returns how much. */
static inline size_t read_all(struct tty_ctx *ctx)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = kernel_read(ctx->file, ctx->got + done,
				sizeof(ctx->got) - 1 - done, NULL);
		if (n > 0)
			done += n;
	} while (n > 0);
	ctx->got[done] = '\0';
	return done;
}

/* Input that came in goes on to the line discipline in a work item. */
static inline void deliver(struct tty_ctx *ctx)
{
	flush_work(&ctx->xc->tty.port.buf.work);
}

/*
 * The backend types as long as the transport takes it, with an event for each
 * piece. Returns how much it could type.
 */
static inline size_t type(struct tty_ctx *ctx, const void *text, size_t len)
{
	size_t done = 0, n;

	do {
		n = xencons_ram_type(ctx->ram, text + done, len - done);
		done += n;
		xencons_ram_event(ctx->ram);
		deliver(ctx);
	} while (n && done < len);
	return done;
}

static inline void type_string(struct tty_ctx *ctx, const char *text)
{
	type(ctx, text, strlen(text));
}

static inline void expect_read(struct kunit *test, const char *expected)
{
	struct tty_ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, read_all(ctx), strlen(expected));
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->got, expected);
}

static inline void expect_log(struct kunit *test, const char *expected)
{
	struct tty_ctx *ctx = test->priv;

	xencons_ram_serve(ctx->ram);
	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, expected);
}

/* A program that may sleep, while the test goes on being the backend. */
struct program {
	struct work_struct work;
	struct completion done;
	struct tty_ctx *ctx;
	ssize_t (*run)(struct tty_ctx *ctx);
	ssize_t result;
};

static inline void program_work(struct work_struct *work)
{
	struct program *program = container_of(work, struct program, work);

	program->result = program->run(program->ctx);
	complete_all(&program->done);
}

static inline void program_start(struct program *program, struct tty_ctx *ctx,
				 ssize_t (*run)(struct tty_ctx *ctx))
{
	INIT_WORK_ONSTACK(&program->work, program_work);
	init_completion(&program->done);
	program->ctx = ctx;
	program->run = run;
	queue_work(system_unbound_wq, &program->work);
}

/* Does it come to sleep there? It gets a while to get that far. */
static inline bool program_waits_in(struct wait_queue_head *wq)
{
	int i;

	for (i = 0; i < PATIENCE && !wq_has_sleeper(wq); i++)
		schedule_timeout_uninterruptible(1);
	return wq_has_sleeper(wq);
}

/*
 * Serve output until the program is done. If it sleeps for ever a hangup ends it,
 * and the answer is false.
 */
static inline bool program_ends(struct program *program)
{
	struct tty_ctx *ctx = program->ctx;
	bool ends = false;
	int i;

	for (i = 0; i < PATIENCE && !ends; i++) {
		xencons_ram_serve(ctx->ram);
		ends = wait_for_completion_timeout(&program->done, 1);
	}
	if (!ends) {
		tty_vhangup(ctx->tty);
		wait_for_completion(&program->done);
	}
	destroy_work_on_stack(&program->work);
	return ends;
}

static inline ssize_t write_long(struct tty_ctx *ctx)
{
	return write_file(ctx, ctx->text, LONG);
}

static inline ssize_t drain_tty(struct tty_ctx *ctx)
{
	tty_wait_until_sent(ctx->tty, 0);
	return ctx->ram->logged;
}

static inline bool program_is_done(struct program *program)
{
	return wait_for_completion_timeout(&program->done, 10 * HZ);
}

/* More than the tty's buffer may hold, with the tty closed. */
static inline void type_to_nobody(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, tty_buffer_set_limit(&ctx->xc->tty.port, 512), 0);
	KUNIT_EXPECT_EQ(test, type(ctx, ctx->text, sizeof(ctx->text)),
			sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, ctx->ram->in_cons, ctx->ram->in_prod);
}

static inline void expect_fired(struct kunit *test, bool fired)
{
	KUNIT_EXPECT_EQ(test, console_loglevel, fired ? 7 : 8);
	console_loglevel = 8;
}

static inline int tty_test_init(struct kunit *test)
{
	struct tty_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	for (i = 0; i < sizeof(ctx->text); i++)
		ctx->text[i] = ' ' + i % 89;
	ctx->loglevel = console_loglevel;
	console_loglevel = 8;
	ctx->ram = xencons_ram_create(test, QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	ctx->node = "xvc0";
	test->priv = ctx;
	KUNIT_ASSERT_EQ(test, xencons_start(ctx->xc), 0);
	return xencons_tty_register(ctx->xc);
}

static inline void tty_test_exit(struct kunit *test)
{
	struct tty_ctx *ctx = test->priv;

	/* Nothing may be left that a close would wait for. */
	xencons_ram_serve(ctx->ram);
	tty_close(ctx);
	xencons_ram_tty_unregister(test, ctx->xc);
	xencons_ram_destroy(ctx->ram);
	console_loglevel = ctx->loglevel;
}

#endif /* __XENCONS_TERMINAL_H */
