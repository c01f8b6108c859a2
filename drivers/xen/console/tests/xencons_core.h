/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the data path share: a started console over the transport in memory,
 * without tty and printk.
 *
 * The ring holds 64 bytes and each queue 128, so 192 bytes of one kind fit while
 * the backend is dead.
 */
#ifndef __XENCONS_CORE_H
#define __XENCONS_CORE_H

#include <kunit/test.h>
#include <linux/string.h>

#include "xencons_ram.h"

#define RING	XENCONS_RAM_RING
#define QUEUE	XENCONS_RAM_QUEUE
#define FITS	(RING + QUEUE)

/* Waits until a backend without progress counts as stalled: 250 ms. */
#define STALL_WAITS	25
/* And until a slow one does, whatever its progress: 1 s. */
#define STALL_MAX_WAITS	100
/* Waits until the last words are given up without progress: 2 s. */
#define FLUSH_WAITS	200
/* And whatever the progress: 30 s. */
#define FLUSH_MAX_WAITS	3000

/* A text whose bytes do not repeat at any power of two. */
static inline char byte_at(size_t i)
{
	return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678"
		[i % 61];
}

struct core_ctx {
	struct xencons_ram *ram;
	struct xencons *xc;
	struct xencons_output *out;
	char text[4096];	/* byte_at() of each index */
	char expect[4096];
};

static inline void write_text(struct core_ctx *ctx, const char *text)
{
	xencons_write_text(ctx->out, text, strlen(text));
}

static inline size_t write_user(struct core_ctx *ctx, const char *text)
{
	return xencons_write_user(ctx->out, (const u8 *)text, strlen(text));
}

/* The backend has taken this since it was made to forget, and nothing else. */
static inline void expect_log(struct kunit *test, const char *expected)
{
	struct core_ctx *ctx = test->priv;

	KUNIT_EXPECT_STREQ(test, (const char *)ctx->ram->log, expected);
}

/* Likewise: @len bytes of ctx->text, then @end. */
static inline void expect_log_text(struct kunit *test, size_t len, const char *end)
{
	struct core_ctx *ctx = test->priv;

	snprintf(ctx->expect, sizeof(ctx->expect), "%.*s%s", (int)len,
		 ctx->text, end);
	expect_log(test, ctx->expect);
}

static inline int core_init(struct kunit *test)
{
	struct core_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	for (i = 0; i < sizeof(ctx->text); i++)
		ctx->text[i] = byte_at(i);
	ctx->ram = xencons_ram_create(test, XENCONS_RAM_QUEUE);
	ctx->xc = &ctx->ram->xc;
	ctx->out = &ctx->xc->output;
	test->priv = ctx;
	return xencons_start(ctx->xc);
}

static inline void core_exit(struct kunit *test)
{
	struct core_ctx *ctx = test->priv;

	xencons_ram_destroy(ctx->ram);
}

#endif /* __XENCONS_CORE_H */
