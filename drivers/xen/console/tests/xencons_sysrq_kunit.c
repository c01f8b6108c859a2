// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ^O filter. Each case is a row of bytes and the verdicts that must come back. Time
 * is an argument, so the edges of the window are exact.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/sysrq.h>

#include "../xencons_sysrq.h"

#define WINDOW	200UL
#define O	XENCONS_SYSRQ_INTRO

#define PASS	XENCONS_SYSRQ_PASS
#define HOLD	XENCONS_SYSRQ_HOLD
#define KEY	XENCONS_SYSRQ_KEY
#define BOTH	XENCONS_SYSRQ_BOTH

/* kernel.sysrq: everything is allowed, or nothing */
#define ALL	1
#define OFF	0

struct sysrq_step {
	u8 ch;
	int mask;
	enum xencons_sysrq_verdict verdict;
};

struct sysrq_case {
	const char *name;
	size_t steps;
	struct sysrq_step step[6];
};

static const struct sysrq_case sysrq_table[] = {
	{ "plain bytes pass", 4, {
		{ 'a', ALL, PASS }, { 0x00, ALL, PASS }, { 0xff, ALL, PASS },
		{ 'h', ALL, PASS } } },
	{ "a ^O is kept back", 1, { { O, ALL, HOLD } } },
	{ "^O and the key of a command are SysRq", 2, {
		{ O, ALL, HOLD }, { 'h', ALL, KEY } } },
	{ "the byte after the key passes", 3, {
		{ O, ALL, HOLD }, { 'h', ALL, KEY }, { 'h', ALL, PASS } } },
	{ "^O ^O is one ^O", 2, { { O, ALL, HOLD }, { O, ALL, PASS } } },
	{ "after ^O ^O a key is a plain byte", 3, {
		{ O, ALL, HOLD }, { O, ALL, PASS }, { 'h', ALL, PASS } } },
	{ "after ^O ^O a third ^O begins anew", 4, {
		{ O, ALL, HOLD }, { O, ALL, PASS }, { O, ALL, HOLD },
		{ 'h', ALL, KEY } } },
	{ "what is no command brings the ^O along", 6, {
		{ O, ALL, HOLD }, { 0x00, ALL, BOTH }, { O, ALL, HOLD },
		{ 0xff, ALL, BOTH }, { O, ALL, HOLD }, { '\r', ALL, BOTH } } },
	{ "the byte after that passes", 3, {
		{ O, ALL, HOLD }, { '\r', ALL, BOTH }, { 'h', ALL, PASS } } },
	{ "a ^O after that begins anew", 4, {
		{ O, ALL, HOLD }, { '\r', ALL, BOTH }, { O, ALL, HOLD },
		{ 'h', ALL, KEY } } },
	{ "without SysRq everything passes", 3, {
		{ O, OFF, PASS }, { 'h', OFF, PASS }, { O, OFF, PASS } } },
	{ "a ^O before SysRq went off is brought along", 3, {
		{ O, ALL, HOLD }, { 'h', OFF, BOTH }, { 'h', OFF, PASS } } },
	{ "a ^O before SysRq went off is no pair", 3, {
		{ O, ALL, HOLD }, { O, OFF, BOTH }, { O, OFF, PASS } } },
	{ "a key that is forbidden brings the ^O along", 2, {
		{ O, SYSRQ_ENABLE_LOG, HOLD }, { 'b', SYSRQ_ENABLE_LOG, BOTH } } },
	{ "a key that is allowed does not", 2, {
		{ O, SYSRQ_ENABLE_BOOT, HOLD }, { 'b', SYSRQ_ENABLE_BOOT, KEY } } },
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
							 c->step[i].mask, 0),
				    c->step[i].verdict, "step %zu", i);
}

/* The keys of commands, and the bit that allows each; 0 for those that need them all. */
static const struct {
	const char *keys;
	int mask;
} sysrq_commands[] = {
	{ "0123456789", SYSRQ_ENABLE_LOG },
	{ "kr", SYSRQ_ENABLE_KEYBOARD },
	{ "clmptwyzR", SYSRQ_ENABLE_DUMP },
	{ "s", SYSRQ_ENABLE_SYNC },
	{ "u", SYSRQ_ENABLE_REMOUNT },
	{ "efij", SYSRQ_ENABLE_SIGNAL },
	{ "bo", SYSRQ_ENABLE_BOOT },
	{ "nDS", SYSRQ_ENABLE_RTNICE },
	{ "dgqv", 0 },
};

static bool fires(u8 ch, int mask)
{
	struct xencons_sysrq s = { .held = true };

	return xencons_sysrq_filter(&s, ch, mask, 0) == KEY;
}

/* (row 6) */
static void a_command_needs_its_bit(struct kunit *test)
{
	const char *key;
	size_t i;
	int mask;

	for (i = 0; i < ARRAY_SIZE(sysrq_commands); i++)
		for (key = sysrq_commands[i].keys; *key; key++) {
			KUNIT_EXPECT_TRUE_MSG(test, fires(*key, ALL), "%c", *key);
			for (mask = 2; mask < 0x200; mask++)
				KUNIT_EXPECT_EQ_MSG(test, fires(*key, mask),
						    !!(mask & sysrq_commands[i].mask),
						    "%c %#x", *key, mask);
		}
}

/* It says which commands are allowed. */
static void help_needs_any_bit(struct kunit *test)
{
	int mask;

	for (mask = 1; mask < 0x200; mask++)
		KUNIT_EXPECT_TRUE(test, fires('h', mask));
	KUNIT_EXPECT_FALSE(test, fires('h', OFF));
}

/* A key that is free can be given to nobody. (row 6) */
static void what_is_no_command_is_none_of_this_kernel(struct kunit *test)
{
	int ch;

	for (ch = '0'; ch <= 'z'; ch++)
		if (!fires(ch, ALL))
			KUNIT_EXPECT_EQ_MSG(test, register_sysrq_key(ch, NULL), 0,
					    "%c", ch);
}

static void a_ctrl_o_is_late_at_the_end_of_the_window(struct kunit *test)
{
	static const unsigned long starts[] = { 0, 7, LONG_MAX, ULONG_MAX - 10, ULONG_MAX };
	struct xencons_sysrq s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		s = (struct xencons_sysrq){};
		xencons_sysrq_filter(&s, O, ALL, starts[i]);
		KUNIT_EXPECT_FALSE(test, xencons_sysrq_late(&s, starts[i], WINDOW));
		KUNIT_EXPECT_FALSE(test, xencons_sysrq_late(&s, starts[i] + WINDOW - 1, WINDOW));
		KUNIT_EXPECT_TRUE(test, xencons_sysrq_late(&s, starts[i] + WINDOW, WINDOW));
		KUNIT_EXPECT_TRUE(test, xencons_sysrq_late(&s, starts[i] + LONG_MAX, WINDOW));
		KUNIT_EXPECT_TRUE(test, xencons_sysrq_late(&s, starts[i] - 1, WINDOW));
	}
}

static void nothing_kept_back_is_never_late(struct kunit *test)
{
	struct xencons_sysrq s = {};

	KUNIT_EXPECT_FALSE(test, xencons_sysrq_late(&s, WINDOW, WINDOW));
	xencons_sysrq_filter(&s, O, ALL, 0);
	xencons_sysrq_filter(&s, 'h', ALL, 0);
	KUNIT_EXPECT_FALSE(test, xencons_sysrq_late(&s, WINDOW, WINDOW));
}

static void one_console_does_not_wait_for_the_key_of_another(struct kunit *test)
{
	struct xencons_sysrq one = {}, two = {};

	KUNIT_EXPECT_EQ(test, xencons_sysrq_filter(&one, O, ALL, 0), HOLD);
	KUNIT_EXPECT_EQ(test, xencons_sysrq_filter(&two, 'h', ALL, 0), PASS);
	KUNIT_EXPECT_EQ(test, xencons_sysrq_filter(&one, 'h', ALL, 0), KEY);
}

static struct kunit_case sysrq_cases[] = {
	KUNIT_CASE_PARAM(the_filter_judges, sysrq_gen_params),
	KUNIT_CASE(a_command_needs_its_bit),
	KUNIT_CASE(help_needs_any_bit),
	KUNIT_CASE(what_is_no_command_is_none_of_this_kernel),
	KUNIT_CASE(a_ctrl_o_is_late_at_the_end_of_the_window),
	KUNIT_CASE(nothing_kept_back_is_never_late),
	KUNIT_CASE(one_console_does_not_wait_for_the_key_of_another),
	{}
};

static struct kunit_suite sysrq_suite = {
	.name = "xencons_sysrq",
	.test_cases = sysrq_cases,
};

kunit_test_suite(sysrq_suite);
