// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ^O filter: time is an argument, so its edges are exact. Each case is a row
 * of bytes with the times they arrive at, and the verdicts that must come back.
 */
#include <kunit/test.h>
#include <linux/limits.h>

#include "../xencons_sysrq.h"

#define WINDOW	200UL
#define O	XENCONS_SYSRQ_INTRO

#define PASS	XENCONS_SYSRQ_PASS
#define HOLD	XENCONS_SYSRQ_HOLD
#define KEY	XENCONS_SYSRQ_KEY
#define LATE	XENCONS_SYSRQ_LATE
#define LATE_HOLD	XENCONS_SYSRQ_LATE_HOLD

struct sysrq_step {
	u8 ch;
	unsigned long now;
	enum xencons_sysrq_verdict verdict;
};

struct sysrq_case {
	const char *name;
	size_t steps;
	struct sysrq_step step[6];
};

static const struct sysrq_case sysrq_table[] = {
	{ "plain bytes pass", 4, {
		{ 'a', 0, PASS }, { 0x00, 0, PASS }, { 0xff, 5, PASS },
		{ 'h', 1000, PASS } } },
	{ "a ^O is kept back", 1, { { O, 7, HOLD } } },
	{ "^O and a key at once are SysRq", 2, {
		{ O, 7, HOLD }, { 'h', 7, KEY } } },
	{ "a key one tick before the end of the window is SysRq", 2, {
		{ O, 7, HOLD }, { 'h', 7 + WINDOW - 1, KEY } } },
	{ "a key at the end of the window is not SysRq", 2, {
		{ O, 7, HOLD }, { 'h', 7 + WINDOW, LATE } } },
	{ "a key long after the window is not SysRq", 2, {
		{ O, 7, HOLD }, { 'h', 7 + 1000 * WINDOW, LATE } } },
	{ "any byte can be the key", 6, {
		{ O, 0, HOLD }, { 0x00, 0, KEY }, { O, 1, HOLD },
		{ 0xff, 1, KEY }, { O, 2, HOLD }, { '\n', 2, KEY } } },
	{ "the byte after the key passes", 3, {
		{ O, 0, HOLD }, { 'h', 1, KEY }, { 'h', 2, PASS } } },
	{ "the byte after a late key passes", 3, {
		{ O, 0, HOLD }, { 'h', WINDOW, LATE },
		{ 'h', WINDOW, PASS } } },
	{ "^O ^O is one ^O", 2, { { O, 0, HOLD }, { O, 1, PASS } } },
	{ "^O ^O at the last moment is one ^O", 2, {
		{ O, 0, HOLD }, { O, WINDOW - 1, PASS } } },
	{ "after ^O ^O a key is a plain byte", 3, {
		{ O, 0, HOLD }, { O, 1, PASS }, { 'h', 2, PASS } } },
	{ "after ^O ^O a third ^O begins anew", 4, {
		{ O, 0, HOLD }, { O, 1, PASS }, { O, 2, HOLD },
		{ 'h', 3, KEY } } },
	{ "a late ^O gives up the first and is kept back", 2, {
		{ O, 0, HOLD }, { O, WINDOW, LATE_HOLD } } },
	{ "a late ^O has a window of its own", 3, {
		{ O, 0, HOLD }, { O, WINDOW, LATE_HOLD },
		{ 'h', 2 * WINDOW - 1, KEY } } },
	{ "a late ^O can be late for its key too", 3, {
		{ O, 0, HOLD }, { O, WINDOW, LATE_HOLD },
		{ 'h', 2 * WINDOW, LATE } } },
	{ "a ^O at time 0 is kept back like any other", 2, {
		{ O, 0, HOLD }, { 'h', WINDOW - 1, KEY } } },
	{ "a ^O at time 0 can be late", 2, {
		{ O, 0, HOLD }, { 'h', WINDOW, LATE } } },
	{ "the window holds across the wrap of time", 2, {
		{ O, ULONG_MAX - 10, HOLD }, { 'h', WINDOW - 12, KEY } } },
	{ "the window ends across the wrap of time", 2, {
		{ O, ULONG_MAX - 10, HOLD }, { 'h', WINDOW - 11, LATE } } },
	{ "time may wrap between ^O and a key at once", 2, {
		{ O, ULONG_MAX, HOLD }, { 'h', 0, KEY } } },
	{ "the window may end behind the wrap of time", 2, {
		{ O, ULONG_MAX - 10, HOLD }, { 'h', ULONG_MAX - 5, KEY } } },
	{ "half the range of time later is late", 2, {
		{ O, 5, HOLD }, { 'h', 5UL + LONG_MAX, LATE } } },
	{ "more than half the range of time later is late", 2, {
		{ O, 5, HOLD }, { 'h', 7UL + LONG_MAX, LATE } } },
};

static void sysrq_name(const struct sysrq_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sysrq, sysrq_table, sysrq_name);

/* (2006 bug 26) */
static void the_filter_judges(struct kunit *test)
{
	const struct sysrq_case *c = test->param_value;
	struct xencons_sysrq s = {};
	size_t i;

	for (i = 0; i < c->steps; i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    xencons_sysrq_filter(&s, c->step[i].ch,
							 c->step[i].now,
							 WINDOW),
				    c->step[i].verdict, "step %zu", i);
}

static void one_console_does_not_wait_for_the_key_of_another(struct kunit *test)
{
	struct xencons_sysrq one = {}, two = {};

	KUNIT_EXPECT_EQ(test, xencons_sysrq_filter(&one, O, 0, WINDOW), HOLD);
	KUNIT_EXPECT_EQ(test, xencons_sysrq_filter(&two, 'h', 0, WINDOW), PASS);
	KUNIT_EXPECT_EQ(test, xencons_sysrq_filter(&one, 'h', 0, WINDOW), KEY);
}

static struct kunit_case sysrq_cases[] = {
	KUNIT_CASE_PARAM(the_filter_judges, sysrq_gen_params),
	KUNIT_CASE(one_console_does_not_wait_for_the_key_of_another),
	{}
};

static struct kunit_suite sysrq_suite = {
	.name = "xencons_sysrq",
	.test_cases = sysrq_cases,
};

kunit_test_suite(sysrq_suite);
