// SPDX-License-Identifier: GPL-2.0-only
/*
 * What notifications cost: a model of xenconsoled, in virtual time, behind a page as in a
 * real domain. It takes all of the output ring at each wake-up, but after 30 of them within
 * 200 ms it is deaf until these are over; then it hears what it missed. So a wake-up is
 * what counts, and a wake-up should find a full ring. Each workload prints what it
 * cost, and may not cost more than it has to.
 *
 * The figures do not depend on the machine.
 */
#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../xencons_page.h"
#include "../xencons_param.h"
#include "xencons_ram.h"

#define RING		2048U

/* Virtual time is in microseconds. */
#define NEVER		U64_MAX
#define SECOND		1000000ULL
#define PERIOD		200000ULL	/* xenconsoled's RATE_LIMIT_PERIOD */
#define ALLOWANCE	30		/* and RATE_LIMIT_ALLOWANCE */
#define WAKING		50ULL		/* until the daemon runs */
#define HEARING		20ULL		/* until the domain handles an event */
#define TICK		250000ULL	/* XENCONS_TICK */

/* Bytes per second that the daemon can take. */
#define LIMIT		(ALLOWANCE * RING * SECOND / PERIOD)

/**
 * struct policy - a console and the model of its daemon
 * @xc: the console
 * @intf: the page
 * @prod: our index of the output ring
 * @cons: our index of the input ring
 * @now: virtual time
 * @wakes: when the daemon wakes up
 * @event: when the domain handles the daemon's event
 * @tick: when the console's timer expires
 * @period: when the daemon's period ends
 * @left: wake-ups left in this period
 * @wakeups: of the daemon
 * @empty: of these found nothing
 * @notifies: sent to the daemon
 * @taken: bytes
 * @text: something to send
 */
struct policy {
	struct xencons xc;
	struct xencons_interface intf;
	XENCONS_RING_IDX prod, cons;
	u64 now, wakes, event, tick, period;
	unsigned int left, wakeups, empty, notifies;
	size_t taken;
	char text[4096];
};

static struct policy *to_policy(struct xencons_wire *wire)
{
	return container_of(wire, struct policy, xc.wire);
}

static int policy_start(struct xencons_wire *wire)
{
	return 0;
}

static void policy_stop(struct xencons_wire *wire)
{
}

static size_t policy_send(struct xencons_wire *wire, const u8 *buf, size_t len)
{
	struct policy *p = to_policy(wire);

	return xencons_page_send(&p->intf, &p->prod, buf, len,
				 wire->life != XENCONS_LIVE, &wire->tx_kick);
}

static size_t policy_in_flight(struct xencons_wire *wire)
{
	return xencons_page_queued(&to_policy(wire)->intf, to_policy(wire)->prod);
}

static size_t policy_recv(struct xencons_wire *wire, u8 *buf, size_t len)
{
	struct policy *p = to_policy(wire);

	return xencons_page_get(&p->intf, &p->cons, buf, len, &wire->rx_kick);
}

static void policy_notify(struct xencons_wire *wire)
{
	struct policy *p = to_policy(wire);

	p->notifies++;
	p->wakes = min(p->wakes, p->now + WAKING);
}

static unsigned int policy_wait(struct xencons_wire *wire)
{
	return 1;
}

static const struct xencons_ops policy_ops = {
	.start = policy_start,
	.stop = policy_stop,
	.send = policy_send,
	.in_flight = policy_in_flight,
	.recv = policy_recv,
	.notify = policy_notify,
	.wait = policy_wait,
};

/* The daemon wakes up, unless it has to wait for the end of its period. */
static void policy_wake(struct policy *p)
{
	struct xencons_interface *intf = &p->intf;

	if (p->now >= p->period) {
		p->period = p->now + PERIOD;
		p->left = ALLOWANCE;
	}
	if (!p->left) {
		p->wakes = p->period;
		return;
	}
	p->wakes = NEVER;
	p->left--;
	p->wakeups++;
	if (intf->out_cons == intf->out_prod) {
		p->empty++;
		return;
	}
	p->taken += intf->out_prod - intf->out_cons;
	intf->out_cons = intf->out_prod;
	p->event = min(p->event, p->now + HEARING);
}

static void policy_expire(struct policy *p)
{
	p->tick = p->now + TICK;
	xencons_ram_expire(&p->xc);
}

/* Let time pass until the next thing happens, but not beyond @end. */
static void policy_advance(struct policy *p, u64 end)
{
	p->now = min(min3(p->wakes, p->event, p->tick), end);
	if (p->now == p->wakes) {
		policy_wake(p);
	} else if (p->now == p->event) {
		p->event = NEVER;
		xencons_event(&p->xc);
	} else if (p->now == p->tick) {
		policy_expire(p);
	}
}

static void policy_pass(struct policy *p, u64 time)
{
	u64 end = p->now + time;

	while (p->now < end)
		policy_advance(p, end);
}

/* Until all was taken. Virtual time has an end, too. */
static void policy_finish(struct kunit *test)
{
	struct policy *p = test->priv;

	while (p->now < 3600 * SECOND &&
	       (xencons_user_queued(&p->xc.output) || xencons_txq_len(&p->xc.output.text) ||
		p->intf.out_cons != p->intf.out_prod))
		policy_advance(p, NEVER);
	KUNIT_EXPECT_EQ(test, p->intf.out_cons, p->prod);
}

/* Sleep until there is room. */
static void policy_await(struct policy *p, struct xencons_txq *q, size_t room)
{
	while (xencons_txq_room(q) < room)
		policy_advance(p, NEVER);
}

/* As a program does. */
static void policy_write(struct policy *p, const char *text, size_t len)
{
	size_t n;

	while (len) {
		n = xencons_write_user(&p->xc.output, (const u8 *)text, len);
		text += n;
		len -= n;
		if (len)
			policy_await(p, &p->xc.output.user, 1);
	}
}

/* As printk's thread does. */
static void policy_print(struct policy *p, const char *text, size_t len)
{
	bool kick = false;

	while (!xencons_put_text(&p->xc.output, text, len, &kick))
		policy_await(p, &p->xc.output.text, 2 * len);
	if (kick)
		policy_notify(&p->xc.wire);
}

static void policy_report(struct kunit *test, const char *what, unsigned int n)
{
	struct policy *p = test->priv;

	kunit_info(test, "%u %s: %zu bytes in %llu ms (%llu%% of the daemon's limit), %u wake-ups (%u empty), %zu bytes per wake-up, %u notifications\n",
		   n, what, p->taken, div_u64(p->now, 1000),
		   div64_u64(p->taken * SECOND * 100, max(p->now, 1ULL) * LIMIT),
		   p->wakeups, p->empty, p->taken / max(p->wakeups, 1U),
		   p->notifies);
}

static void bulk_output_fills_every_wake_up(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	for (i = 0; i < 1024; i++)
		policy_write(p, p->text, sizeof(p->text));
	policy_finish(test);
	policy_report(test, "writes of 4096 bytes", 1024);
	KUNIT_EXPECT_GE(test, p->taken, 2000 * p->wakeups);
	KUNIT_EXPECT_GE(test, p->taken * SECOND * 100, 99 * LIMIT * p->now);
	/* The first, and one for each refill of the ring. */
	KUNIT_EXPECT_LE(test, p->notifies, p->wakeups + 1);
	KUNIT_EXPECT_EQ(test, p->empty, 0);
}

/*
 * While the daemon is deaf the queue fills up, and after that it takes its 30 rings faster than
 * a program makes text that is only a little faster than the limit.
 */
static void a_slow_program_fills_every_wake_up(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	for (i = 0; i < 4096; i++) {
		policy_write(p, p->text, 1024);
		policy_pass(p, div_u64(1024 * SECOND * 4, 5 * LIMIT));
	}
	policy_finish(test);
	policy_report(test, "writes of 1024 bytes, 25% faster than the limit", 4096);
	KUNIT_EXPECT_GE(test, p->taken, 2000 * p->wakeups);
	KUNIT_EXPECT_GE(test, p->taken * SECOND * 100, 99 * LIMIT * p->now);
}

/* A program that writes a line at a time, and each as text and CR LF. */
static void a_screen_of_lines_costs_what_its_bytes_do(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	for (i = 0; i < 120; i++) {
		policy_write(p, p->text, 70);
		policy_write(p, "\r\n", 2);
	}
	policy_finish(test);
	policy_report(test, "lines of a screen", 120);
	KUNIT_EXPECT_LE(test, p->wakeups, DIV_ROUND_UP(120 * 72, RING) + 1);
	KUNIT_EXPECT_LE(test, p->notifies, p->wakeups + 1);
}

static void a_flood_of_messages_fills_every_wake_up(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	p->text[79] = '\n';
	for (i = 0; i < 4000; i++)
		policy_print(p, p->text, 80);
	policy_finish(test);
	policy_report(test, "messages in a flood", 4000);
	KUNIT_EXPECT_EQ(test, p->taken, 4000 * 81);
	KUNIT_EXPECT_GE(test, p->taken * SECOND * 100, 90 * LIMIT * p->now);
	KUNIT_EXPECT_LE(test, p->notifies, p->wakeups + 1);
}

/* They fit the queue and the ring. */
static void a_burst_of_messages_does_not_wait(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	p->text[79] = '\n';
	for (i = 0; i < 200; i++)
		policy_print(p, p->text, 80);
	KUNIT_EXPECT_EQ(test, p->now, 0);
	KUNIT_EXPECT_EQ(test, p->notifies, 1);
	policy_finish(test);
	policy_report(test, "messages in a burst", 200);
	KUNIT_EXPECT_LE(test, p->wakeups, DIV_ROUND_UP(200 * 81, RING) + 1);
}

/* Each is one event of the daemon's, and its echo one wake-up. */
static void a_keystroke_costs_one_wake_up(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	for (i = 0; i < 20; i++) {
		p->intf.in[MASK_XENCONS_IDX(p->intf.in_prod, p->intf.in)] = 'k';
		p->intf.in_prod++;
		p->event = min(p->event, p->now + HEARING);
		policy_pass(p, 1000);
		policy_write(p, "k", 1);
		policy_pass(p, 300000);
	}
	policy_finish(test);
	policy_report(test, "keystrokes", 20);
	KUNIT_EXPECT_EQ(test, p->xc.input.stats.bytes, 20);
	KUNIT_EXPECT_EQ(test, p->wakeups, 20);
	KUNIT_EXPECT_EQ(test, p->notifies, 20);
}

/* What the input ring holds comes with one event, and the daemon hears that there is room. */
static void a_full_input_ring_costs_one_wake_up(struct kunit *test)
{
	struct policy *p = test->priv;

	p->intf.in_prod += sizeof(p->intf.in);
	KUNIT_EXPECT_TRUE(test, xencons_event(&p->xc));
	KUNIT_EXPECT_EQ(test, p->xc.input.stats.bytes, sizeof(p->intf.in));
	policy_pass(p, SECOND);
	KUNIT_EXPECT_EQ(test, p->wakeups, 1);
	KUNIT_EXPECT_EQ(test, p->notifies, 1);
}

/* Both kinds at once, neither in large pieces. */
static void a_busy_machine_fills_most_of_each_wake_up(struct kunit *test)
{
	struct policy *p = test->priv;
	int i;

	p->text[79] = '\n';
	for (i = 0; i < 4000; i++) {
		policy_print(p, p->text, 80);
		policy_write(p, p->text, 50);
	}
	policy_finish(test);
	policy_report(test, "messages and lines of a program", 4000);
	KUNIT_EXPECT_GE(test, p->taken, 1900 * p->wakeups);
}

static int policy_test_init(struct kunit *test)
{
	struct policy *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, p);
	err = xencons_init(&p->xc, &policy_ops, XENCONS_BUFSZ_DEFAULT);
	if (err)
		return err;
	test->priv = p;
	p->wakes = NEVER;
	p->event = NEVER;
	p->tick = TICK;
	memset(p->text, 'x', sizeof(p->text));
	xencons_ram_park(&p->xc);
	return xencons_start(&p->xc);
}

static void policy_test_exit(struct kunit *test)
{
	struct policy *p = test->priv;

	if (!p)
		return;
	xencons_stop(&p->xc);
	xencons_uninit(&p->xc);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(bulk_output_fills_every_wake_up),
	KUNIT_CASE(a_slow_program_fills_every_wake_up),
	KUNIT_CASE(a_screen_of_lines_costs_what_its_bytes_do),
	KUNIT_CASE(a_flood_of_messages_fills_every_wake_up),
	KUNIT_CASE(a_burst_of_messages_does_not_wait),
	KUNIT_CASE(a_keystroke_costs_one_wake_up),
	KUNIT_CASE(a_full_input_ring_costs_one_wake_up),
	KUNIT_CASE(a_busy_machine_fills_most_of_each_wake_up),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "xencons_policy",
	.init = policy_test_init,
	.exit = policy_test_exit,
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
