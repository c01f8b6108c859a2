// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic of the shared page against a model that shares no idea with it:
 * the model counts bytes in 64 bits from the start of time and moves them one at a
 * time. After each step the whole page must look as the model says, so a byte
 * written anywhere else is seen too.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/stddef.h>

#include "../xencons_page.h"

#define OUT_SIZE	2048U
#define IN_SIZE		1024U
#define PAGE_BYTES	4096U

/* Where the connection byte is, by the words of Xen's io/console.h. */
#define CONNECTION	3088

/**
 * struct page_ctx - the page, the frontend's private indices, and the model
 * @page: the page itself; what follows the indices is a guard zone
 * @intf: the rings on it
 * @prod: private copy of out_prod, as the frontend has it
 * @cons: private copy of in_cons, as the frontend has it
 * @expect: what the page must look like
 * @model: bytes since the start of time
 * @src: bytes to send
 * @dst: room for bytes received; the byte after the last is a guard
 * @expect_dst: what must be there
 * @rnd: for bytes and choices
 */
struct page_ctx {
	u8 *page;
	struct xencons_interface *intf;
	XENCONS_RING_IDX prod, cons;
	u8 *expect;
	struct {
		u64 out_prod, out_cons, in_prod, in_cons;
	} model;
	u8 src[2 * OUT_SIZE];
	u8 dst[2 * OUT_SIZE], expect_dst[2 * OUT_SIZE];
	struct rnd_state rnd;
};

/* The page's indices are the low halves of the model's. */
static void page_publish(struct page_ctx *ctx)
{
	struct xencons_interface *expect = (void *)ctx->expect;

	expect->out_prod = (u32)ctx->model.out_prod;
	expect->out_cons = (u32)ctx->model.out_cons;
	expect->in_prod = (u32)ctx->model.in_prod;
	expect->in_cons = (u32)ctx->model.in_cons;
}

/* Both rings empty at an index; old bytes everywhere. */
static void page_start_at(struct page_ctx *ctx, u32 out, u32 in)
{
	prandom_bytes_state(&ctx->rnd, ctx->expect, PAGE_BYTES);
	ctx->model.out_prod = out;
	ctx->model.out_cons = out;
	ctx->model.in_prod = in;
	ctx->model.in_cons = in;
	page_publish(ctx);
	memcpy(ctx->page, ctx->expect, PAGE_BYTES);
	ctx->prod = out;
	ctx->cons = in;
}

static void page_expect_as_modelled(struct kunit *test, struct page_ctx *ctx)
{
	KUNIT_EXPECT_EQ(test, memcmp(ctx->page, ctx->expect, PAGE_BYTES), 0);
	KUNIT_EXPECT_EQ(test, ctx->prod, (u32)ctx->model.out_prod);
	KUNIT_EXPECT_EQ(test, ctx->cons, (u32)ctx->model.in_cons);
}

/* What a put must do. */
static int model_put(struct page_ctx *ctx, size_t len)
{
	size_t n = 0;

	while (n < len &&
	       ctx->model.out_prod - ctx->model.out_cons < OUT_SIZE) {
		ctx->expect[IN_SIZE + ctx->model.out_prod % OUT_SIZE] =
			ctx->src[n++];
		ctx->model.out_prod++;
	}
	page_publish(ctx);
	return n;
}

/* What a get must do. */
static int model_get(struct page_ctx *ctx, size_t len)
{
	size_t n = 0;

	while (n < len && ctx->model.in_prod != ctx->model.in_cons) {
		ctx->expect_dst[n++] =
			ctx->expect[ctx->model.in_cons % IN_SIZE];
		ctx->model.in_cons++;
	}
	page_publish(ctx);
	return n;
}

/* The backend takes output. */
static void backend_take(struct page_ctx *ctx, size_t len)
{
	ctx->model.out_cons += len;
	page_publish(ctx);
	ctx->intf->out_cons = (u32)ctx->model.out_cons;
}

/* The backend brings input. */
static void backend_bring(struct page_ctx *ctx, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		u8 ch = prandom_u32_state(&ctx->rnd);

		ctx->intf->in[ctx->model.in_prod % IN_SIZE] = ch;
		ctx->expect[ctx->model.in_prod % IN_SIZE] = ch;
		ctx->model.in_prod++;
	}
	page_publish(ctx);
	ctx->intf->in_prod = (u32)ctx->model.in_prod;
}

static void put_and_compare(struct kunit *test, struct page_ctx *ctx,
			    size_t len)
{
	prandom_bytes_state(&ctx->rnd, ctx->src, len);
	KUNIT_EXPECT_EQ(test,
			xencons_page_put(ctx->intf, &ctx->prod, ctx->src, len),
			model_put(ctx, len));
	page_expect_as_modelled(test, ctx);
}

static void get_and_compare(struct kunit *test, struct page_ctx *ctx,
			    size_t len)
{
	bool was_full = ctx->model.in_prod - ctx->model.in_cons == IN_SIZE;
	bool full = false;

	memset(ctx->dst, 0x5a, sizeof(ctx->dst));
	memset(ctx->expect_dst, 0x5a, sizeof(ctx->expect_dst));
	KUNIT_EXPECT_EQ(test,
			xencons_page_get(ctx->intf, &ctx->cons, ctx->dst, len,
					 &full),
			model_get(ctx, len));
	KUNIT_EXPECT_EQ(test, full, len && was_full);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->dst, ctx->expect_dst,
				     sizeof(ctx->dst)), 0);
	page_expect_as_modelled(test, ctx);
}

/*
 * Every class of start index: the two ends of each ring, its middle, and the same
 * around 2^31 and 2^32.
 */
struct page_start {
	const char *name;
	u32 index;
};

static const struct page_start page_starts[] = {
	{ "from index 0", 0 },
	{ "from index 1", 1 },
	{ "from the last byte of the input ring", 1023 },
	{ "from the first byte after the input ring", 1024 },
	{ "from the last byte of the output ring", 2047 },
	{ "from the first byte after the output ring", 2048 },
	{ "from an index in the middle", 123456789 },
	{ "across 2^31", 0x7ffffff0 },
	{ "from 2^31", 0x80000000 },
	{ "from one ring before 2^32", 0xfffff800 },
	{ "across 2^32", 0xfffffff0 },
	{ "from the last index before 2^32", 0xffffffff },
};

static void page_start_name(const struct page_start *start, char *name)
{
	strscpy(name, start->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(page_start, page_starts, page_start_name);

static const size_t page_lengths[] = {
	0, 1, 15, 16, 17, 1023, 1024, 1025, 2047, 2048, 2049, 4096,
};

/* Every fill level of note times every length of note. */
static void put_takes_exactly_what_fits(struct kunit *test)
{
	const struct page_start *start = test->param_value;
	struct page_ctx *ctx = test->priv;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(page_lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(page_lengths); j++) {
			page_start_at(ctx, start->index, start->index);
			put_and_compare(test, ctx, page_lengths[i]);
			put_and_compare(test, ctx, page_lengths[j]);
		}
	}
}

/* (2006 bug 29) */
static void get_fetches_exactly_what_is_there(struct kunit *test)
{
	const struct page_start *start = test->param_value;
	struct page_ctx *ctx = test->priv;
	size_t i, j;

	for (i = 0; page_lengths[i] <= IN_SIZE; i++) {
		for (j = 0; j < ARRAY_SIZE(page_lengths); j++) {
			page_start_at(ctx, start->index, start->index);
			backend_bring(ctx, page_lengths[i]);
			get_and_compare(test, ctx, page_lengths[j]);
			get_and_compare(test, ctx, IN_SIZE);
		}
	}
}

/* (2006 bug 36) */
static void a_long_random_walk_agrees_with_the_model(struct kunit *test)
{
	const struct page_start *start = test->param_value;
	struct page_ctx *ctx = test->priv;
	int i;

	page_start_at(ctx, start->index, start->index);
	for (i = 0; i < 2000; i++) {
		u32 rnd = prandom_u32_state(&ctx->rnd);
		size_t room = IN_SIZE -
			      (ctx->model.in_prod - ctx->model.in_cons);
		size_t sent = ctx->model.out_prod - ctx->model.out_cons;

		put_and_compare(test, ctx, rnd % 1000);
		backend_take(ctx, min_t(size_t, sent, rnd / 1000 % 1000));
		backend_bring(ctx, min_t(size_t, room, rnd >> 23));
		get_and_compare(test, ctx, rnd % 600);
	}
}

static void queued_counts_what_the_backend_has_not_taken(struct kunit *test)
{
	const struct page_start *start = test->param_value;
	struct page_ctx *ctx = test->priv;

	page_start_at(ctx, start->index, 0);
	KUNIT_EXPECT_EQ(test, xencons_page_queued(ctx->intf, ctx->prod), 0);
	put_and_compare(test, ctx, OUT_SIZE);
	KUNIT_EXPECT_EQ(test, xencons_page_queued(ctx->intf, ctx->prod), 2048);
	backend_take(ctx, 48);
	KUNIT_EXPECT_EQ(test, xencons_page_queued(ctx->intf, ctx->prod), 2000);
}

static void idle_at_holds_only_for_the_backends_own_index(struct kunit *test)
{
	const struct page_start *start = test->param_value;
	struct page_ctx *ctx = test->priv;

	page_start_at(ctx, start->index, 0);
	put_and_compare(test, ctx, 10);
	KUNIT_EXPECT_TRUE(test, xencons_page_idle_at(ctx->intf, start->index));
	backend_take(ctx, 1);
	KUNIT_EXPECT_FALSE(test, xencons_page_idle_at(ctx->intf, start->index));
	KUNIT_EXPECT_FALSE(test, xencons_page_idle_at(ctx->intf, ctx->prod));
	backend_take(ctx, 9);
	KUNIT_EXPECT_TRUE(test, xencons_page_idle_at(ctx->intf, ctx->prod));
}

/* How far an index of the backend is off, and the ring it is on. */
struct page_lie {
	const char *name;
	u32 queued;
};

static const struct page_lie page_lies[] = {
	{ "one byte more than either ring holds", 2049 },
	{ "two rings full", 4096 },
	{ "half of all indices", 0x80000000 },
	{ "one byte less than nothing", 0xffffffff },
	{ "a ring less than nothing", 0xfffff800 },
};

static void page_lie_name(const struct page_lie *lie, char *name)
{
	strscpy(name, lie->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(page_lie, page_lies, page_lie_name);

/* Make the output ring claim that @queued bytes wait, and the model know. */
static void lie_about_out_cons(struct page_ctx *ctx, u32 queued)
{
	ctx->intf->out_cons = ctx->prod - queued;
	((struct xencons_interface *)ctx->expect)->out_cons =
		ctx->prod - queued;
}

static void lie_about_in_prod(struct page_ctx *ctx, u32 queued)
{
	ctx->intf->in_prod = ctx->cons + queued;
	((struct xencons_interface *)ctx->expect)->in_prod = ctx->cons + queued;
}

/* (2006 bug 35) */
static void an_illegal_out_cons_stops_put_and_leaves_no_trace(struct kunit *test)
{
	const struct page_lie *lie = test->param_value;
	struct page_ctx *ctx = test->priv;

	page_start_at(ctx, 0xfffffff0, 0);
	put_and_compare(test, ctx, 100);
	lie_about_out_cons(ctx, lie->queued);
	KUNIT_EXPECT_EQ(test, xencons_page_queued(ctx->intf, ctx->prod),
			-EILSEQ);
	KUNIT_EXPECT_EQ(test, xencons_page_put(ctx->intf, &ctx->prod, ctx->src,
					       100), -EILSEQ);
	page_expect_as_modelled(test, ctx);
}

/* (2006 bug 35) */
static void put_goes_on_when_out_cons_is_legal_again(struct kunit *test)
{
	const struct page_lie *lie = test->param_value;
	struct page_ctx *ctx = test->priv;

	page_start_at(ctx, 0xfffffff0, 0);
	put_and_compare(test, ctx, 100);
	lie_about_out_cons(ctx, lie->queued);
	xencons_page_put(ctx->intf, &ctx->prod, ctx->src, 100);
	backend_take(ctx, 50);
	put_and_compare(test, ctx, OUT_SIZE);
}

/* (2006 bug 35) */
static void an_illegal_in_prod_stops_get_and_leaves_no_trace(struct kunit *test)
{
	const struct page_lie *lie = test->param_value;
	struct page_ctx *ctx = test->priv;
	bool full = false;

	page_start_at(ctx, 0, 0xfffffff0);
	backend_bring(ctx, 100);
	lie_about_in_prod(ctx, lie->queued);
	memset(ctx->dst, 0x5a, sizeof(ctx->dst));
	memset(ctx->expect_dst, 0x5a, sizeof(ctx->expect_dst));
	KUNIT_EXPECT_EQ(test, xencons_page_get(ctx->intf, &ctx->cons, ctx->dst,
					       IN_SIZE, &full), -EILSEQ);
	KUNIT_EXPECT_FALSE(test, full);
	KUNIT_EXPECT_EQ(test, memcmp(ctx->dst, ctx->expect_dst,
				     sizeof(ctx->dst)), 0);
	page_expect_as_modelled(test, ctx);
}

static void get_goes_on_when_in_prod_is_legal_again(struct kunit *test)
{
	const struct page_lie *lie = test->param_value;
	struct page_ctx *ctx = test->priv;
	bool full = false;

	page_start_at(ctx, 0, 0xfffffff0);
	backend_bring(ctx, 100);
	lie_about_in_prod(ctx, lie->queued);
	xencons_page_get(ctx->intf, &ctx->cons, ctx->dst, IN_SIZE, &full);
	backend_bring(ctx, 50);
	get_and_compare(test, ctx, IN_SIZE);
}

/* The input ring is the smaller one, so its first illegal value is another. */
static void an_input_ring_cannot_hold_1025_bytes(struct kunit *test)
{
	struct page_ctx *ctx = test->priv;
	bool full = false;

	page_start_at(ctx, 0, 0);
	lie_about_in_prod(ctx, IN_SIZE + 1);
	KUNIT_EXPECT_EQ(test, xencons_page_get(ctx->intf, &ctx->cons, ctx->dst,
					       IN_SIZE, &full), -EILSEQ);
	page_expect_as_modelled(test, ctx);
}

static void get_asks_for_a_notify_only_if_the_ring_was_full(struct kunit *test)
{
	struct page_ctx *ctx = test->priv;
	bool full = false;

	page_start_at(ctx, 0, 0xfffffff0);
	backend_bring(ctx, IN_SIZE - 1);
	xencons_page_get(ctx->intf, &ctx->cons, ctx->dst, 1, &full);
	KUNIT_EXPECT_FALSE(test, full);
	model_get(ctx, 1);
	backend_bring(ctx, 2);
	xencons_page_get(ctx->intf, &ctx->cons, ctx->dst, 1, &full);
	KUNIT_EXPECT_TRUE(test, full);
}

static void get_does_not_take_back_a_notify_asked_for_before(struct kunit *test)
{
	struct page_ctx *ctx = test->priv;
	bool full = true;

	page_start_at(ctx, 0, 0);
	xencons_page_get(ctx->intf, &ctx->cons, ctx->dst, 1, &full);
	KUNIT_EXPECT_TRUE(test, full);
	backend_bring(ctx, 10);
	xencons_page_get(ctx->intf, &ctx->cons, ctx->dst, 1, &full);
	KUNIT_EXPECT_TRUE(test, full);
}

/* Nothing was freed, so there is nothing to tell the backend. */
static void get_of_nothing_asks_for_no_notify_of_a_full_ring(struct kunit *test)
{
	struct page_ctx *ctx = test->priv;
	bool full = false;

	page_start_at(ctx, 0, 0);
	backend_bring(ctx, IN_SIZE);
	KUNIT_EXPECT_EQ(test, xencons_page_get(ctx->intf, &ctx->cons, ctx->dst,
					       0, &full), 0);
	KUNIT_EXPECT_FALSE(test, full);
	page_expect_as_modelled(test, ctx);
}

static void the_page_is_disconnected_only_if_its_byte_is_1(struct kunit *test)
{
	struct page_ctx *ctx = test->priv;
	unsigned int value;

	page_start_at(ctx, 0, 0);
	for (value = 0; value < 256; value++) {
		ctx->page[CONNECTION] = value;
		KUNIT_EXPECT_EQ(test, xencons_page_disconnected(ctx->intf),
				value == 1);
	}
}

static void the_bytes_around_the_connection_byte_do_not_count(struct kunit *test)
{
	struct page_ctx *ctx = test->priv;

	memset(ctx->page, 1, PAGE_BYTES);
	ctx->page[CONNECTION] = 0;
	KUNIT_EXPECT_FALSE(test, xencons_page_disconnected(ctx->intf));
	memset(ctx->page, 0, PAGE_BYTES);
	ctx->page[CONNECTION] = 1;
	KUNIT_EXPECT_TRUE(test, xencons_page_disconnected(ctx->intf));
}

static int page_init(struct kunit *test)
{
	struct page_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->page = kunit_kzalloc(test, PAGE_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->page);
	ctx->expect = kunit_kzalloc(test, PAGE_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->expect);
	ctx->intf = (void *)ctx->page;
	prandom_seed_state(&ctx->rnd, 20060101);
	test->priv = ctx;
	return 0;
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE_PARAM(put_takes_exactly_what_fits, page_start_gen_params),
	KUNIT_CASE_PARAM(get_fetches_exactly_what_is_there,
			 page_start_gen_params),
	KUNIT_CASE_PARAM(a_long_random_walk_agrees_with_the_model,
			 page_start_gen_params),
	KUNIT_CASE_PARAM(queued_counts_what_the_backend_has_not_taken,
			 page_start_gen_params),
	KUNIT_CASE_PARAM(idle_at_holds_only_for_the_backends_own_index,
			 page_start_gen_params),
	KUNIT_CASE_PARAM(an_illegal_out_cons_stops_put_and_leaves_no_trace,
			 page_lie_gen_params),
	KUNIT_CASE_PARAM(put_goes_on_when_out_cons_is_legal_again,
			 page_lie_gen_params),
	KUNIT_CASE_PARAM(an_illegal_in_prod_stops_get_and_leaves_no_trace,
			 page_lie_gen_params),
	KUNIT_CASE_PARAM(get_goes_on_when_in_prod_is_legal_again,
			 page_lie_gen_params),
	KUNIT_CASE(an_input_ring_cannot_hold_1025_bytes),
	KUNIT_CASE(get_asks_for_a_notify_only_if_the_ring_was_full),
	KUNIT_CASE(get_does_not_take_back_a_notify_asked_for_before),
	KUNIT_CASE(get_of_nothing_asks_for_no_notify_of_a_full_ring),
	KUNIT_CASE(the_page_is_disconnected_only_if_its_byte_is_1),
	KUNIT_CASE(the_bytes_around_the_connection_byte_do_not_count),
	{}
};

static struct kunit_suite page_suite = {
	.name = "xencons_page",
	.init = page_init,
	.test_cases = page_cases,
};

kunit_test_suite(page_suite);
