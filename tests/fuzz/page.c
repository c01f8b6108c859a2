// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile backend against xencons_page.c: the input is a list of steps, some the
 * frontend's, some the backend's, which may write any index. Whatever it does, the
 * frontend touches only its own ring and indices and never believes a length that
 * cannot be.
 */
#include <assert.h>
#include <stdlib.h>

#include <linux/minmax.h>
#include <linux/string.h>

#include "xencons_page.h"

#define PAGE	4096

struct step {
	u8 what;
	u8 len[2];
	u8 index[4];
};

struct state {
	struct xencons_interface *intf;
	XENCONS_RING_IDX prod, cons;
	struct xencons_page_saved saved;
};

static u32 number(const u8 *bytes, size_t n)
{
	u32 value = 0;

	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

/* The page but for the fields named by the offsets, which may change. */
static void expect_same(const u8 *a, const u8 *b, size_t from, size_t to,
			size_t index)
{
	size_t i;

	for (i = 0; i < PAGE; i++)
		if (!(i >= from && i < to) && !(i >= index && i < index + 4))
			assert(a[i] == b[i]);
}

static void put(struct state *s, const u8 *src, size_t len)
{
	u32 queued = s->prod - s->intf->out_cons;
	XENCONS_RING_IDX before = s->prod;
	u8 *old = malloc(PAGE);
	int n;

	memcpy(old, s->intf, PAGE);
	n = xencons_page_put(s->intf, &s->prod, src, len);
	assert(n < 0 ? queued > 2048 : queued <= 2048);
	assert(n < 0 ? s->prod == before : s->prod == before + n);
	assert(n < 0 || (size_t)n == min(len, 2048 - queued));
	assert(n < 0 || s->intf->out_prod == s->prod);
	assert(xencons_page_idle_at(s->intf, before) ==
	       (s->intf->out_cons == before));
	expect_same(old, (u8 *)s->intf, 1024, n > 0 ? 3072 : 1024,
		    offsetof(struct xencons_interface, out_prod));
	free(old);
}

static void get(struct state *s, size_t len)
{
	u32 queued = s->intf->in_prod - s->cons;
	XENCONS_RING_IDX before = s->cons;
	u8 *old = malloc(PAGE), *dst = malloc(len + 1);
	bool full = false;
	int i, n;

	memcpy(old, s->intf, PAGE);
	n = xencons_page_get(s->intf, &s->cons, dst, len, &full);
	assert(n < 0 ? queued > 1024 : queued <= 1024);
	assert(n < 0 ? s->cons == before : s->cons == before + n);
	assert(n < 0 || (size_t)n == min(len, queued));
	assert(full == (n > 0 && queued == 1024));
	for (i = 0; i < n; i++)
		assert(dst[i] == (u8)s->intf->in[(before + i) % 1024]);
	expect_same(old, (u8 *)s->intf, 0, 0,
		    offsetof(struct xencons_interface, in_cons));
	free(dst);
	free(old);
}

static void recv(struct state *s, size_t len)
{
	size_t saved = s->saved.in_len, first = min(len, saved);
	u32 queued = s->intf->in_prod - s->cons;
	u8 *dst = malloc(len + 1);
	bool full;
	int n;

	n = xencons_page_recv(s->intf, &s->cons, &s->saved, dst, len, &full);
	if (queued > 1024)
		assert(first ? (size_t)n == first : n < 0);
	else
		assert((size_t)n == min(len, saved + queued));
	assert(s->saved.in_len == saved - first);
	free(dst);
}

/* An index of the backend: half of them anything, half at the edge of the legal. */
static u32 lie(u32 legal, u32 value)
{
	return value & 1 ? value : legal + value / 2 % 5 - 2;
}

/* The domain is suspended; the page, or a new one, may have any index afterwards. */
static void nap(struct state *s, bool new_page, u32 index)
{
	u32 queued = s->prod - s->intf->out_cons;
	u32 unread = s->intf->in_prod - s->cons;
	XENCONS_RING_IDX before = s->prod;
	size_t lost;

	xencons_page_suspend(s->intf, &s->prod, s->cons, &s->saved);
	assert(s->saved.out_len == (queued <= 2048 ? queued : 0));
	assert(before - s->prod == s->saved.out_len);
	assert(s->intf->out_prod == s->prod);
	if (new_page)
		memset(s->intf, 0, PAGE);
	else
		s->intf->out_cons = lie(s->prod, index);
	unread = unread <= 1024 ? unread : 0;
	assert(s->saved.in_copied + s->saved.in_left == unread);
	assert(s->saved.in_len + s->saved.in_copied == sizeof(s->saved.in) ||
	       !s->saved.in_left);
	lost = xencons_page_resume(s->intf, &s->prod, &s->cons, &s->saved);
	assert(lost <= unread);
	assert(s->intf->out_prod == s->prod);
	assert(s->saved.in_len <= sizeof(s->saved.in));
	assert(!s->saved.out_len && !s->saved.in_copied && !s->saved.in_left);
}

static void take_step(struct state *s, const struct step *step)
{
	static const u8 src[8192];
	size_t len = number(step->len, 2) % sizeof(src);
	u32 index = number(step->index, 4);

	switch (step->what % 8) {
	case 0:
		put(s, src, len);
		break;
	case 1:
		get(s, len);
		break;
	case 2:
		s->intf->out_cons += min(len, s->prod - s->intf->out_cons);
		break;
	case 3:
		s->intf->in_prod = s->cons + len % 1025;
		break;
	case 4:
		s->intf->out_cons = lie(s->prod - 2048, index);
		break;
	case 5:
		s->intf->in_prod = lie(s->cons + 1024, index);
		break;
	case 6:
		nap(s, len % 2, index);
		break;
	case 7:
		recv(s, len);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct state s = { .intf = malloc(PAGE) };
	const struct step *step = (const void *)data;

	memset(s.intf, 0x5a, PAGE);
	if (size >= sizeof(*step)) {
		s.prod = number(step->index, 4);
		s.cons = s.prod ^ number(step->len, 2);
	}
	s.intf->out_prod = s.prod;
	s.intf->out_cons = s.prod;
	s.intf->in_prod = s.cons;
	s.intf->in_cons = s.cons;
	for (; size >= sizeof(*step); size -= sizeof(*step))
		take_step(&s, step++);
	free(s.intf);
	return 0;
}
