// SPDX-License-Identifier: GPL-2.0-only
/*
 * Index arithmetic and copies on the shared console page.
 *
 * The page holds two byte rings with free-running 32-bit indices. The frontend
 * owns out_prod and in_cons, the backend out_cons and in_prod. The backend can
 * write every byte of the page at any time, so:
 *
 * - own indices live in private copies; the page only ever gets them written;
 * - an index of the backend that says how much to copy is read once and checked
 *   by subtraction, which is right across the wrap at 2^32;
 * - bytes are copied out before anybody looks at them.
 *
 * Nothing here locks, waits, notifies or allocates. The caller serialises the
 * calls of one direction.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "xencons_page.h"

/**
 * xencons_page_queued() - output bytes the backend has not taken
 * @intf: shared page
 * @prod: private copy of out_prod
 *
 * Return: bytes, or -EILSEQ if out_cons makes no sense.
 */
int xencons_page_queued(const struct xencons_interface *intf,
			XENCONS_RING_IDX prod)
{
	XENCONS_RING_IDX queued = prod - READ_ONCE(intf->out_cons);

	return queued <= sizeof(intf->out) ? (int)queued : -EILSEQ;
}

/* Copy from a ring of @size bytes, a power of two, starting at a free-running index. */
static void xencons_page_copy(u8 *dst, const char *ring, size_t size,
			      XENCONS_RING_IDX from, size_t len)
{
	size_t start = from & (size - 1);
	size_t head = min_t(size_t, len, size - start);

	memcpy(dst, ring + start, head);
	memcpy(dst + head, ring, len - head);
}

/**
 * xencons_page_put() - copy bytes into the output ring and publish them
 * @intf: shared page
 * @prod: private copy of out_prod, advanced by what was copied
 * @src: bytes to send
 * @len: how many
 *
 * Takes what fits. Publishing is not telling: see xencons_page_idle_at().
 *
 * Return: bytes taken, or -EILSEQ if out_cons makes no sense.
 */
int xencons_page_put(struct xencons_interface *intf, XENCONS_RING_IDX *prod,
		     const u8 *src, size_t len)
{
	size_t start = MASK_XENCONS_IDX(*prod, intf->out);
	int queued = xencons_page_queued(intf, *prod);
	size_t n, head;

	if (queued < 0)
		return queued;

	/*
	 * Order the read of out_cons before the writes to the bytes it freed.
	 * Pairs with the barrier between the backend's copy and its store to
	 * out_cons.
	 */
	virt_mb();

	n = min_t(size_t, len, sizeof(intf->out) - (size_t)queued);
	head = min_t(size_t, n, sizeof(intf->out) - start);
	memcpy(intf->out + start, src, head);
	memcpy(intf->out, src + head, n - head);
	*prod += n;

	/*
	 * The bytes before the index that covers them. Pairs with the barrier
	 * between the backend's read of out_prod and its copy.
	 */
	virt_wmb();
	WRITE_ONCE(intf->out_prod, *prod);

	return (int)n;
}

/**
 * xencons_page_idle_at() - had the backend taken everything up to an index?
 * @intf: shared page
 * @prod: out_prod before the xencons_page_put() just made
 *
 * A backend that had everything may have gone to sleep before it could see the
 * new bytes, so it must be notified.
 */
bool xencons_page_idle_at(const struct xencons_interface *intf,
			  XENCONS_RING_IDX prod)
{
	/*
	 * The store to out_prod before the read of out_cons. Pairs with the
	 * barrier (or the hypercall) between the backend's store to out_cons
	 * and its next read of out_prod.
	 */
	virt_mb();
	return READ_ONCE(intf->out_cons) == prod;
}

/**
 * xencons_page_send() - xencons_page_put(), and decide whether to notify
 * @intf: shared page
 * @prod: private copy of out_prod, advanced by what was copied
 * @src: bytes to send
 * @len: how many
 * @deaf: nobody hears the backend's events, so none may be relied on
 * @kick: set if the backend must be notified; else left alone
 *
 * Return: bytes taken, or -EILSEQ if out_cons makes no sense.
 */
int xencons_page_send(struct xencons_interface *intf, XENCONS_RING_IDX *prod,
		      const u8 *src, size_t len, bool deaf, bool *kick)
{
	XENCONS_RING_IDX before = *prod;
	int n = xencons_page_put(intf, prod, src, len);

	if (n > 0 && (deaf || xencons_page_idle_at(intf, before)))
		*kick = true;
	return n;
}

/**
 * xencons_page_get() - copy bytes out of the input ring and free their room
 * @intf: shared page
 * @cons: private copy of in_cons, advanced by what was copied
 * @dst: where to
 * @len: room there
 * @full: set if the ring was full, so the backend may be waiting for room and
 *	must be notified; else left alone
 *
 * Return: bytes copied, or -EILSEQ if in_prod makes no sense.
 */
int xencons_page_get(struct xencons_interface *intf, XENCONS_RING_IDX *cons,
		     u8 *dst, size_t len, bool *full)
{
	XENCONS_RING_IDX queued = READ_ONCE(intf->in_prod) - *cons;
	size_t n;

	if (queued > sizeof(intf->in))
		return -EILSEQ;

	/*
	 * The index before the bytes it covers. Pairs with the barrier between
	 * the backend's copy and its store to in_prod.
	 */
	virt_rmb();

	n = min_t(size_t, len, queued);
	xencons_page_copy(dst, intf->in, sizeof(intf->in), *cons, n);
	if (!n)
		return 0;

	/*
	 * The copy before the index that gives the room away. Pairs with the
	 * barrier between the backend's read of in_cons and its copy.
	 */
	virt_mb();
	WRITE_ONCE(intf->in_cons, *cons + n);

	/*
	 * Whether the ring was full is asked after the room was given away: a
	 * backend that filled it meanwhile has either seen the new in_cons or
	 * is seen here. Pairs with the barrier between the backend's store to
	 * in_prod and its read of in_cons.
	 */
	virt_mb();
	if (READ_ONCE(intf->in_prod) - *cons == sizeof(intf->in))
		*full = true;
	*cons += n;

	return (int)n;
}

/**
 * xencons_page_suspend() - take back what is on its way, as the page may go away
 * @intf: shared page
 * @prod: private copy of out_prod, moved back to where the backend is
 * @cons: private copy of in_cons
 * @saved: where to keep it; zeroed before the first time
 *
 * Nothing may be put or got until xencons_page_resume(). A backend that is in the middle
 * of taking output may still take it: that shows on the page, if it stays.
 */
void xencons_page_suspend(struct xencons_interface *intf,
			  XENCONS_RING_IDX *prod, XENCONS_RING_IDX cons,
			  struct xencons_page_saved *saved)
{
	XENCONS_RING_IDX unread = READ_ONCE(intf->in_prod) - cons;
	int queued = xencons_page_queued(intf, *prod);

	saved->out_len = queued > 0 ? (size_t)queued : 0;
	*prod -= (XENCONS_RING_IDX)saved->out_len;
	xencons_page_copy(saved->out, intf->out, sizeof(intf->out), *prod,
			  saved->out_len);
	WRITE_ONCE(intf->out_prod, *prod);

	if (unread > sizeof(intf->in))
		unread = 0;
	saved->in_copied = min_t(size_t, unread,
				 sizeof(saved->in) - saved->in_len);
	saved->in_left = unread - saved->in_copied;
	/*
	 * The index before the bytes it covers. Pairs with the barrier between the
	 * backend's copy and its store to in_prod.
	 */
	virt_rmb();
	xencons_page_copy(saved->in + saved->in_len, intf->in, sizeof(intf->in),
			  cons, saved->in_copied);
}

/**
 * xencons_page_adopt() - go on where whoever used the page before left off
 * @intf: shared page
 * @prod: private copy of out_prod
 * @cons: private copy of in_cons
 *
 * From illegal indices go on where the backend is.
 */
void xencons_page_adopt(struct xencons_interface *intf, XENCONS_RING_IDX *prod,
			XENCONS_RING_IDX *cons)
{
	*prod = READ_ONCE(intf->out_prod);
	*cons = READ_ONCE(intf->in_cons);
	if (xencons_page_queued(intf, *prod) < 0)
		*prod = READ_ONCE(intf->out_cons);
	if (READ_ONCE(intf->in_prod) - *cons > sizeof(intf->in))
		*cons = READ_ONCE(intf->in_prod);
}

/* Is this the page that was left? Xen zeroes the one of a HVM or PVH guest. */
static bool xencons_page_stayed(const struct xencons_interface *intf,
				XENCONS_RING_IDX prod, XENCONS_RING_IDX cons,
				const struct xencons_page_saved *saved)
{
	return READ_ONCE(intf->out_prod) == prod &&
	       READ_ONCE(intf->in_cons) == cons &&
	       READ_ONCE(intf->in_prod) - cons >= saved->in_copied;
}

/**
 * xencons_page_resume() - use the page, or the one in its place, again
 * @intf: shared page
 * @prod: private copy of out_prod
 * @cons: private copy of in_cons
 * @saved: what xencons_page_suspend() kept. Output is sent again; input that is on no
 *	page any more is left for xencons_page_recv()
 *
 * Return: bytes of input that are lost with the page.
 */
size_t xencons_page_resume(struct xencons_interface *intf,
			   XENCONS_RING_IDX *prod, XENCONS_RING_IDX *cons,
			   struct xencons_page_saved *saved)
{
	XENCONS_RING_IDX taken = 0;
	size_t lost = 0;

	if (xencons_page_stayed(intf, *prod, *cons, saved)) {
		/* The backend may have been faster than xencons_page_suspend(). */
		taken = READ_ONCE(intf->out_cons) - *prod;
		if (taken > saved->out_len)
			taken = 0;
		*prod += taken;
	} else {
		saved->in_len += saved->in_copied;
		lost = saved->in_left;
		xencons_page_adopt(intf, prod, cons);
	}
	saved->in_copied = 0;
	saved->in_left = 0;
	xencons_page_put(intf, prod, saved->out + taken, saved->out_len - taken);
	saved->out_len = 0;
	return lost;
}

/* Fetch input that was on a page that is gone. Returns the bytes copied. */
static size_t xencons_page_get_saved(struct xencons_page_saved *saved, u8 *dst,
				     size_t len)
{
	size_t n = min_t(size_t, len, saved->in_len);

	memcpy(dst, saved->in, n);
	saved->in_len -= n;
	memmove(saved->in, saved->in + n, saved->in_len);
	return n;
}

/**
 * xencons_page_recv() - fetch input, that of a page that is gone first
 * @intf: shared page
 * @cons: private copy of in_cons, advanced by what was copied from the page
 * @saved: after xencons_page_resume()
 * @dst: where to
 * @len: room there
 * @full: see xencons_page_get()
 *
 * Return: bytes copied, fewer than @len only if these were all, or -EILSEQ if there are
 * none and in_prod makes no sense.
 */
int xencons_page_recv(struct xencons_interface *intf, XENCONS_RING_IDX *cons,
		      struct xencons_page_saved *saved, u8 *dst, size_t len,
		      bool *full)
{
	int first = (int)xencons_page_get_saved(saved, dst, len);
	int n = xencons_page_get(intf, cons, dst + first, len - first, full);

	if (n < 0)
		return first ? first : n;
	return first + n;
}

/**
 * xencons_page_disconnected() - does the page say that nobody reads it?
 * @intf: shared page
 *
 * Since Xen 4.21 the toolstack writes 1 behind the indices and xenconsoled 0 when
 * it attaches. Other backends never clear it and older toolstacks never set it, so
 * this may only be taken as advice.
 */
bool xencons_page_disconnected(const struct xencons_interface *intf)
{
	const u8 *connection = (const u8 *)(&intf->out_prod + 1);

	return READ_ONCE(*connection) == 1;
}
