// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit queues, small enough that every fill level can be tried.
 */
#include <kunit/test.h>

#include "../xencons_txq.h"

#define SIZE	16U

static const u8 digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

/* Copy the oldest bytes and leave them in. */
static size_t peek(const struct xencons_txq *q, void *to, size_t len)
{
	struct xencons_txq left = *q;
	size_t done = 0, n;
	const u8 *at;

	while ((n = xencons_txq_span(&left, &at, len - done))) {
		memcpy(to + done, at, n);
		xencons_txq_skip(&left, n);
		done += n;
	}
	return done;
}

/* Nothing but these bytes is in the queue. */
static void expect_queued(struct kunit *test, struct xencons_txq *q,
			  const char *expected)
{
	char got[2 * SIZE] = {};
	size_t n = peek(q, got, sizeof(got));

	KUNIT_EXPECT_EQ(test, n, strlen(expected));
	KUNIT_EXPECT_STREQ(test, (const char *)got, expected);
	KUNIT_EXPECT_EQ(test, xencons_txq_len(q), strlen(expected));
	KUNIT_EXPECT_EQ(test, xencons_txq_room(q), SIZE - strlen(expected));
}

/* A queue with @n bytes in it, which lie across the end of its memory. */
static void start_with(struct xencons_txq *q, size_t n)
{
	q->in = SIZE - 1;
	q->out = SIZE - 1;
	xencons_txq_put(q, digits, n);
}

static void a_new_queue_is_empty(struct kunit *test)
{
	expect_queued(test, test->priv, "");
}

static void bytes_come_out_in_the_order_they_went_in(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, "one", 3), 3);
	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, "two", 3), 3);
	expect_queued(test, q, "onetwo");
}

static void put_takes_what_fits(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 10);
	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, "ABCDEFGH", 8), 6);
	expect_queued(test, q, "0123456789ABCDEF");
	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, "G", 1), 0);
	expect_queued(test, q, "0123456789ABCDEF");
}

static void behind_an_empty_queue_bytes_lie_in_one_piece(struct kunit *test)
{
	struct xencons_txq *q = test->priv;
	const u8 *at;

	start_with(q, 3);
	xencons_txq_skip(q, 3);
	xencons_txq_put(q, digits, SIZE);
	KUNIT_EXPECT_EQ(test, xencons_txq_span(q, &at, SIZE_MAX), SIZE);
}

static void put_leaves_line_feeds_alone(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, "a\nb\r\n", 5), 5);
	expect_queued(test, q, "a\nb\r\n");
}

static void peek_leaves_the_bytes_in(struct kunit *test)
{
	struct xencons_txq *q = test->priv;
	u8 got[4] = {};

	start_with(q, 10);
	KUNIT_EXPECT_EQ(test, peek(q, got, 4), 4);
	KUNIT_EXPECT_EQ(test, memcmp(got, "0123", 4), 0);
	expect_queued(test, q, "0123456789");
}

static void skip_drops_the_oldest(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 10);
	xencons_txq_skip(q, 3);
	expect_queued(test, q, "3456789");
	xencons_txq_skip(q, 0);
	expect_queued(test, q, "3456789");
	xencons_txq_skip(q, 7);
	expect_queued(test, q, "");
}

static void skip_of_more_than_there_is_empties_the_queue(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 10);
	xencons_txq_skip(q, 11);
	expect_queued(test, q, "");
}

/* As two readers at once leave it. */
static void a_queue_with_less_than_nothing_in_it_is_emptied(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 3);
	xencons_txq_repair(q);
	KUNIT_EXPECT_EQ(test, xencons_txq_len(q), 3);
	q->out += 5;
	xencons_txq_repair(q);
	expect_queued(test, q, "");
}

/* Or one call with more than the queue holds would write beyond it. (finding 17) */
static void a_queue_with_less_than_nothing_in_it_has_no_room(struct kunit *test)
{
	struct xencons_txq *q = test->priv;
	u8 text[2 * SIZE] = { };

	start_with(q, 3);
	q->out += 5;
	KUNIT_EXPECT_EQ(test, xencons_txq_room(q), 0);
	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, text, sizeof(text)), 0);
}

/* What a CPU sees that comes back behind one that passed the lock by. */
static void a_queue_with_less_than_nothing_in_it_gives_nothing_from_elsewhere(struct kunit *test)
{
	struct xencons_txq *q = test->priv;
	const u8 *at;
	size_t len;

	start_with(q, 3);
	q->out += 5;
	len = xencons_txq_span(q, &at, SIZE_MAX);
	KUNIT_EXPECT_LE(test, (size_t)(at - q->buf) + len, q->size);
}

static void the_oldest_line_ends_with_its_line_feed(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 0);
	xencons_txq_put_text(q, "abc\nde\n", 7);
	KUNIT_EXPECT_EQ(test, xencons_txq_line(q, SIZE), 5);
	xencons_txq_skip(q, 5);
	KUNIT_EXPECT_EQ(test, xencons_txq_line(q, SIZE), 4);
	xencons_txq_skip(q, 4);
	KUNIT_EXPECT_EQ(test, xencons_txq_line(q, SIZE), 0);
}

static void a_line_without_line_feed_ends_with_the_queue(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 10);
	KUNIT_EXPECT_EQ(test, xencons_txq_line(q, SIZE), 10);
}

static void a_line_longer_than_anybody_looks_ends_there(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	xencons_txq_put_text(q, "abcdef\n", 7);
	KUNIT_EXPECT_EQ(test, xencons_txq_line(q, 4), 4);
	expect_queued(test, q, "abcdef\r\n");
}

static void purge_drops_everything(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, SIZE);
	xencons_txq_purge(q);
	expect_queued(test, q, "");
	KUNIT_EXPECT_EQ(test, xencons_txq_put(q, digits, SIZE), SIZE);
}

static void queues_do_not_share_bytes(struct kunit *test)
{
	struct xencons_txq *q = test->priv;
	struct xencons_txq other = {};

	KUNIT_ASSERT_EQ(test, xencons_txq_init(&other, SIZE), 0);
	xencons_txq_put(q, "kernel", 6);
	xencons_txq_put(&other, "user", 4);
	xencons_txq_put(q, "text", 4);
	expect_queued(test, &other, "user");
	xencons_txq_purge(&other);
	expect_queued(test, q, "kerneltext");
	xencons_txq_free(&other);
}

static void a_queue_never_made_can_be_freed(struct kunit *test)
{
	struct xencons_txq q = {};

	xencons_txq_free(&q);
	KUNIT_SUCCEED(test);
}

struct text_case {
	const char *name, *text, *queued;
};

static const struct text_case text_table[] = {
	{ "nothing is nothing", "", "" },
	{ "text without line feed stays as it is", "abc", "abc" },
	{ "a line feed becomes CR LF", "\n", "\r\n" },
	{ "a line ends in CR LF", "abc\n", "abc\r\n" },
	{ "each line ends in CR LF", "a\nb\n", "a\r\nb\r\n" },
	{ "empty lines stay", "a\n\nb", "a\r\n\r\nb" },
	{ "a leading line feed becomes CR LF", "\na", "\r\na" },
	{ "a CR is a byte like others", "a\rb", "a\rb" },
	{ "a CR before a line feed stays", "a\r\n", "a\r\r\n" },
};

static void text_name(const struct text_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(text, text_table, text_name);

/* (2006 bug 14) */
static void text_gets_cr_lf(struct kunit *test)
{
	const struct text_case *c = test->param_value;
	struct xencons_txq *q = test->priv;

	KUNIT_EXPECT_EQ(test, xencons_txq_put_text(q, c->text, strlen(c->text)),
			strlen(c->text));
	expect_queued(test, q, c->queued);
}

static void cr_lf_goes_in_if_it_fills_the_queue(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, SIZE - 2);
	KUNIT_EXPECT_EQ(test, xencons_txq_put_text(q, "\nx", 2), 1);
	expect_queued(test, q, "0123456789abcd\r\n");
}

/* (2006 bug 14) */
static void cr_lf_does_not_go_into_the_last_free_byte(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, SIZE - 1);
	KUNIT_EXPECT_EQ(test, xencons_txq_put_text(q, "\nx", 2), 0);
	expect_queued(test, q, "0123456789abcde");
}

static void text_stops_before_a_line_feed_that_does_not_fit(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, SIZE - 4);
	KUNIT_EXPECT_EQ(test, xencons_txq_put_text(q, "xyz\nx", 5), 3);
	expect_queued(test, q, "0123456789abxyz");
}

static void a_full_queue_takes_no_text(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, SIZE);
	KUNIT_EXPECT_EQ(test, xencons_txq_put_text(q, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, xencons_txq_put_text(q, "\n", 1), 0);
	expect_queued(test, q, "0123456789abcdef");
}

/*
 * Whatever the reader's pace, all text arrives and each LF behind its CR.
 * (2006 bug 3)
 */
static void text_survives_a_reader_of_any_pace(struct kunit *test)
{
	static const char text[] = "one\ntwo\n\nthree and a longer line\n\n\nx";
	static const char expected[] =
		"one\r\ntwo\r\n\r\nthree and a longer line\r\n\r\n\r\nx";
	struct xencons_txq *q = test->priv;
	size_t pace, done, n;
	char got[80];

	for (pace = 2; pace <= SIZE; pace++) {
		memset(got, 0, sizeof(got));
		done = 0;
		n = 0;
		while (n < sizeof(expected) - 1 && n + pace < sizeof(got)) {
			done += xencons_txq_put_text(q, text + done,
						     sizeof(text) - 1 - done);
			n += peek(q, got + n, pace);
			xencons_txq_skip(q, min_t(size_t, pace,
						  xencons_txq_len(q)));
		}
		KUNIT_EXPECT_STREQ_MSG(test, (const char *)got, expected,
				       "pace %zu", pace);
	}
}

static void a_line_goes_on_a_new_line(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	xencons_txq_put(q, "half", 4);
	KUNIT_EXPECT_TRUE(test, xencons_txq_put_line(q, "whole"));
	expect_queued(test, q, "half\r\nwhole\r\n");
}

static void a_line_needs_no_new_line_behind_a_line(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	xencons_txq_put_text(q, "one\n", 4);
	KUNIT_EXPECT_TRUE(test, xencons_txq_put_line(q, "two"));
	expect_queued(test, q, "one\r\ntwo\r\n");
}

static void a_line_needs_no_new_line_in_a_new_queue(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	KUNIT_EXPECT_TRUE(test, xencons_txq_put_line(q, "one"));
	expect_queued(test, q, "one\r\n");
}

/* The reader may have taken the half line already, it is still half. */
static void a_line_goes_on_a_new_line_of_the_reader(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	xencons_txq_put(q, "half", 4);
	xencons_txq_skip(q, 4);
	KUNIT_EXPECT_TRUE(test, xencons_txq_put_line(q, "whole"));
	expect_queued(test, q, "\r\nwhole\r\n");
}

static void a_line_that_just_fits_goes_in(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 8);
	KUNIT_EXPECT_TRUE(test, xencons_txq_put_line(q, "ABCD"));
	expect_queued(test, q, "01234567\r\nABCD\r\n");
}

static void a_line_one_byte_too_long_leaves_no_trace(struct kunit *test)
{
	struct xencons_txq *q = test->priv;

	start_with(q, 8);
	KUNIT_EXPECT_FALSE(test, xencons_txq_put_line(q, "ABCDE"));
	expect_queued(test, q, "01234567");
}

static int txq_init(struct kunit *test)
{
	struct xencons_txq *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, q);
	test->priv = q;
	return xencons_txq_init(q, SIZE);
}

static void txq_exit(struct kunit *test)
{
	xencons_txq_free(test->priv);
}

static struct kunit_case txq_cases[] = {
	KUNIT_CASE(a_new_queue_is_empty),
	KUNIT_CASE(bytes_come_out_in_the_order_they_went_in),
	KUNIT_CASE(put_takes_what_fits),
	KUNIT_CASE(behind_an_empty_queue_bytes_lie_in_one_piece),
	KUNIT_CASE(put_leaves_line_feeds_alone),
	KUNIT_CASE(peek_leaves_the_bytes_in),
	KUNIT_CASE(skip_drops_the_oldest),
	KUNIT_CASE(skip_of_more_than_there_is_empties_the_queue),
	KUNIT_CASE(a_queue_with_less_than_nothing_in_it_is_emptied),
	KUNIT_CASE(a_queue_with_less_than_nothing_in_it_has_no_room),
	KUNIT_CASE(a_queue_with_less_than_nothing_in_it_gives_nothing_from_elsewhere),
	KUNIT_CASE(the_oldest_line_ends_with_its_line_feed),
	KUNIT_CASE(a_line_without_line_feed_ends_with_the_queue),
	KUNIT_CASE(a_line_longer_than_anybody_looks_ends_there),
	KUNIT_CASE(purge_drops_everything),
	KUNIT_CASE(queues_do_not_share_bytes),
	KUNIT_CASE(a_queue_never_made_can_be_freed),
	KUNIT_CASE_PARAM(text_gets_cr_lf, text_gen_params),
	KUNIT_CASE(cr_lf_goes_in_if_it_fills_the_queue),
	KUNIT_CASE(cr_lf_does_not_go_into_the_last_free_byte),
	KUNIT_CASE(text_stops_before_a_line_feed_that_does_not_fit),
	KUNIT_CASE(a_full_queue_takes_no_text),
	KUNIT_CASE(text_survives_a_reader_of_any_pace),
	KUNIT_CASE(a_line_goes_on_a_new_line),
	KUNIT_CASE(a_line_needs_no_new_line_behind_a_line),
	KUNIT_CASE(a_line_needs_no_new_line_in_a_new_queue),
	KUNIT_CASE(a_line_goes_on_a_new_line_of_the_reader),
	KUNIT_CASE(a_line_that_just_fits_goes_in),
	KUNIT_CASE(a_line_one_byte_too_long_leaves_no_trace),
	{}
};

static struct kunit_suite txq_suite = {
	.name = "xencons_txq",
	.init = txq_init,
	.exit = txq_exit,
	.test_cases = txq_cases,
};

kunit_test_suite(txq_suite);
