// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is on its way when a domain is suspended: each byte reaches the other side once,
 * whether the page survives or a new one takes its place, and whatever the backend does
 * in between. Bytes are numbered from the start of their stream, so that any that is
 * missing, or comes twice, shows.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#include "../xencons_page.h"

#define OUT_SIZE	2048U
#define IN_SIZE		1024U

/**
 * struct suspend_ctx - both ends of a page
 * @intf: the page
 * @saved: what the frontend keeps meanwhile
 * @prod: private copy of out_prod
 * @cons: private copy of in_cons
 * @put: bytes of output the frontend has put
 * @taken: bytes of output the backend has taken
 * @brought: bytes of input the backend has brought
 * @got: bytes of input the frontend has got
 * @wrong: bytes that were not the next of their stream
 */
struct suspend_ctx {
	struct xencons_interface *intf;
	struct xencons_page_saved *saved;
	XENCONS_RING_IDX prod, cons;
	size_t put, taken, brought, got, wrong;
};

/* Where the indices start. */
static const u32 suspend_starts[] = {
	0, 1, 1023, 1024, 2047, 2048, 0x7ffffff0, 0xfffff800, 0xfffffff0, 0xffffffff,
};

static void suspend_start_name(const u32 *start, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "from index %#x", *start);
}

KUNIT_ARRAY_PARAM(suspend_start, suspend_starts, suspend_start_name);

static const size_t suspend_lengths[] = { 0, 1, 17, 1023, 1024, 2047, 2048 };

static u8 nth(size_t n)
{
	return (u8)(n * 7 + (n >> 8));
}

static void begin(struct suspend_ctx *ctx, u32 start)
{
	struct xencons_page_saved *saved = ctx->saved;
	struct xencons_interface *intf = ctx->intf;

	memset(intf, 0, sizeof(*intf));
	memset(saved, 0, sizeof(*saved));
	*ctx = (struct suspend_ctx){ .intf = intf, .saved = saved };
	intf->out_prod = start;
	intf->out_cons = start;
	intf->in_prod = start;
	intf->in_cons = start;
	ctx->prod = start;
	ctx->cons = start;
}

static void put(struct suspend_ctx *ctx, size_t len)
{
	u8 ch;

	while (len--) {
		ch = nth(ctx->put);
		ctx->put += xencons_page_put(ctx->intf, &ctx->prod, &ch, 1);
	}
}

/* The backend takes up to an index it read before. */
static void take_up_to(struct suspend_ctx *ctx, u32 prod)
{
	u32 cons = ctx->intf->out_cons;

	while (cons != prod && ctx->taken <= ctx->put) {
		ctx->wrong += (u8)ctx->intf->out[cons++ % OUT_SIZE] !=
			      nth(ctx->taken++);
	}
	ctx->intf->out_cons = cons;
}

static void bring(struct suspend_ctx *ctx, size_t len)
{
	while (len-- && ctx->intf->in_prod - ctx->intf->in_cons < IN_SIZE)
		ctx->intf->in[ctx->intf->in_prod++ % IN_SIZE] =
			(char)nth(ctx->brought++);
}

/* Fewer bytes than there is room for are all there are. */
static void get_all(struct suspend_ctx *ctx)
{
	bool full;
	u8 dst[64];
	int i, n;

	do {
		n = xencons_page_recv(ctx->intf, &ctx->cons, ctx->saved, dst,
				      sizeof(dst), &full);
		for (i = 0; i < n; i++)
			ctx->wrong += dst[i] != nth(ctx->got++);
	} while (n == sizeof(dst));
}

static void sleep(struct suspend_ctx *ctx)
{
	xencons_page_suspend(ctx->intf, &ctx->prod, ctx->cons, ctx->saved);
}

/* Returns the bytes of input that are lost. */
static size_t wake(struct suspend_ctx *ctx)
{
	return xencons_page_resume(ctx->intf, &ctx->prod, &ctx->cons, ctx->saved);
}

static void new_page(struct suspend_ctx *ctx)
{
	memset(ctx->intf, 0, sizeof(*ctx->intf));
}

static void all_arrives(struct kunit *test)
{
	struct suspend_ctx *ctx = test->priv;

	put(ctx, 5);
	take_up_to(ctx, ctx->intf->out_prod);
	get_all(ctx);
	KUNIT_EXPECT_EQ(test, ctx->got, ctx->brought);
	bring(ctx, 5);
	get_all(ctx);
	KUNIT_EXPECT_EQ(test, ctx->wrong, 0);
	KUNIT_EXPECT_EQ(test, ctx->taken, ctx->put);
	KUNIT_EXPECT_EQ(test, ctx->got, ctx->brought);
	KUNIT_EXPECT_EQ(test, ctx->intf->out_prod, ctx->prod);
	KUNIT_EXPECT_EQ(test, ctx->intf->in_cons, ctx->cons);
}

/* Run @between, if any, with every amount of output and input on its way. */
static void under_every_load(struct kunit *test,
			     void (*between)(struct suspend_ctx *ctx))
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suspend_lengths); i++) {
		begin(ctx, *start);
		/* A console that never said a word has indices like a new page's. */
		put(ctx, 1);
		take_up_to(ctx, ctx->intf->out_prod);
		put(ctx, suspend_lengths[i]);
		bring(ctx, suspend_lengths[i]);
		sleep(ctx);
		if (between)
			between(ctx);
		wake(ctx);
		all_arrives(test);
	}
}

static void a_cancelled_suspend_changes_nothing(struct kunit *test)
{
	under_every_load(test, NULL);
}

static void a_new_page_gets_what_the_old_one_had(struct kunit *test)
{
	under_every_load(test, new_page);
}

/* Typed while nobody looks. */
static void bring_more(struct suspend_ctx *ctx)
{
	bring(ctx, 3);
}

static void input_of_a_page_that_stays_is_there(struct kunit *test)
{
	under_every_load(test, bring_more);
}

static void new_page_with_input(struct suspend_ctx *ctx)
{
	new_page(ctx);
	bring(ctx, 3);
}

static void input_of_a_new_page_comes_after_that_of_the_old(struct kunit *test)
{
	under_every_load(test, new_page_with_input);
}

static void a_console_that_never_said_a_word_keeps_its_input(struct kunit *test)
{
	struct suspend_ctx *ctx = test->priv;

	begin(ctx, 0);
	bring(ctx, 17);
	sleep(ctx);
	new_page(ctx);
	wake(ctx);
	all_arrives(test);
}

/* An oops, and the suspend goes on all the same. */
static void what_was_woken_before_can_be_woken_again(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;

	begin(ctx, *start);
	put(ctx, 100);
	bring(ctx, 100);
	sleep(ctx);
	wake(ctx);
	put(ctx, 5);
	wake(ctx);
	all_arrives(test);

	new_page(ctx);
	wake(ctx);
	all_arrives(test);
}

/* The old domain's backend sees an empty ring. */
static void what_was_taken_back_is_not_there(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;

	begin(ctx, *start);
	put(ctx, OUT_SIZE);
	sleep(ctx);
	KUNIT_EXPECT_EQ(test, ctx->intf->out_prod, ctx->intf->out_cons);
}

/* It had read out_prod before that was moved back. */
static void a_backend_that_takes_all_meanwhile_is_believed(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;
	u32 prod;

	begin(ctx, *start);
	put(ctx, 1500);
	prod = ctx->prod;
	sleep(ctx);
	take_up_to(ctx, prod);
	wake(ctx);
	all_arrives(test);
}

static void a_backend_that_takes_some_meanwhile_is_believed(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;

	begin(ctx, *start);
	put(ctx, 1500);
	sleep(ctx);
	take_up_to(ctx, *start + 400);
	wake(ctx);
	all_arrives(test);
}

/* Nobody reads the input of several pages. */
static void it_can_be_done_again_and_again(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;
	int i;

	begin(ctx, *start);
	for (i = 0; i < 20; i++) {
		put(ctx, 300);
		bring(ctx, 100);
		sleep(ctx);
		if (i % 3 == 1)
			new_page(ctx);
		wake(ctx);
		take_up_to(ctx, ctx->intf->out_prod);
		if (i % 4 == 3)
			get_all(ctx);
	}
	all_arrives(test);
}

/* Domains one after the other, and nobody reads. (finding 21) */
static void input_there_is_no_room_for_is_counted(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;
	size_t lost = 0;
	int i;

	begin(ctx, *start);
	put(ctx, 1);
	for (i = 0; i < 6; i++) {
		bring(ctx, 1000);
		sleep(ctx);
		if (i == 5)
			KUNIT_EXPECT_EQ(test, wake(ctx), 0);
		else
			new_page(ctx);
		lost += wake(ctx);
	}
	KUNIT_EXPECT_EQ(test, lost, 5 * 1000 - XENCONS_PAGE_UNREAD);
	get_all(ctx);
	KUNIT_EXPECT_EQ(test, ctx->got + lost, ctx->brought);
}

static void illegal_indices_keep_nothing_from_going_on(struct kunit *test)
{
	const u32 *start = test->param_value;
	struct suspend_ctx *ctx = test->priv;

	begin(ctx, *start);
	put(ctx, 100);
	ctx->intf->out_cons = ctx->prod + 1;
	ctx->intf->in_prod = ctx->cons + IN_SIZE + 1;
	sleep(ctx);
	new_page(ctx);
	wake(ctx);
	ctx->put = 0;
	all_arrives(test);
}

static int suspend_test_init(struct kunit *test)
{
	struct suspend_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->intf = kunit_kzalloc(test, sizeof(*ctx->intf), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->intf);
	ctx->saved = kunit_kzalloc(test, sizeof(*ctx->saved), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->saved);
	test->priv = ctx;
	return 0;
}

static struct kunit_case suspend_cases[] = {
	KUNIT_CASE_PARAM(a_cancelled_suspend_changes_nothing, suspend_start_gen_params),
	KUNIT_CASE_PARAM(a_new_page_gets_what_the_old_one_had, suspend_start_gen_params),
	KUNIT_CASE_PARAM(input_of_a_page_that_stays_is_there, suspend_start_gen_params),
	KUNIT_CASE_PARAM(input_of_a_new_page_comes_after_that_of_the_old,
			 suspend_start_gen_params),
	KUNIT_CASE(a_console_that_never_said_a_word_keeps_its_input),
	KUNIT_CASE_PARAM(what_was_woken_before_can_be_woken_again, suspend_start_gen_params),
	KUNIT_CASE_PARAM(what_was_taken_back_is_not_there, suspend_start_gen_params),
	KUNIT_CASE_PARAM(a_backend_that_takes_all_meanwhile_is_believed,
			 suspend_start_gen_params),
	KUNIT_CASE_PARAM(a_backend_that_takes_some_meanwhile_is_believed,
			 suspend_start_gen_params),
	KUNIT_CASE_PARAM(it_can_be_done_again_and_again, suspend_start_gen_params),
	KUNIT_CASE_PARAM(input_there_is_no_room_for_is_counted, suspend_start_gen_params),
	KUNIT_CASE_PARAM(illegal_indices_keep_nothing_from_going_on,
			 suspend_start_gen_params),
	{}
};

static struct kunit_suite suspend_suite = {
	.name = "xencons_suspend",
	.init = suspend_test_init,
	.test_cases = suspend_cases,
};

kunit_test_suite(suspend_suite);
