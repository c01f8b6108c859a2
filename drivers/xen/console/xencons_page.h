/* SPDX-License-Identifier: GPL-2.0-only */
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
#ifndef __XENCONS_PAGE_H
#define __XENCONS_PAGE_H

#include <linux/types.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include <xen/interface/io/console.h>

/**
 * xencons_page_queued() - output bytes the backend has not taken
 * @intf: shared page
 * @prod: private copy of out_prod
 *
 * Return: bytes, or -EILSEQ if out_cons makes no sense.
 */
static inline int xencons_page_queued(const struct xencons_interface *intf,
				      XENCONS_RING_IDX prod)
{
	XENCONS_RING_IDX queued = prod - READ_ONCE(intf->out_cons);

	return queued <= sizeof(intf->out) ? (int)queued : -EILSEQ;
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
static inline int xencons_page_put(struct xencons_interface *intf,
				   XENCONS_RING_IDX *prod, const u8 *src,
				   size_t len)
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
static inline bool xencons_page_idle_at(const struct xencons_interface *intf,
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
static inline int xencons_page_get(struct xencons_interface *intf,
				   XENCONS_RING_IDX *cons, u8 *dst, size_t len,
				   bool *full)
{
	size_t start = MASK_XENCONS_IDX(*cons, intf->in);
	XENCONS_RING_IDX queued = READ_ONCE(intf->in_prod) - *cons;
	size_t n, head;

	if (queued > sizeof(intf->in))
		return -EILSEQ;

	/*
	 * The index before the bytes it covers. Pairs with the barrier between
	 * the backend's copy and its store to in_prod.
	 */
	virt_rmb();

	n = min_t(size_t, len, queued);
	head = min_t(size_t, n, sizeof(intf->in) - start);
	memcpy(dst, intf->in + start, head);
	memcpy(dst + head, intf->in, n - head);
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
 * xencons_page_disconnected() - does the page say that nobody reads it?
 * @intf: shared page
 *
 * Since Xen 4.21 the toolstack writes 1 behind the indices and xenconsoled 0 when
 * it attaches. Other backends never clear it and older toolstacks never set it, so
 * this may only be taken as advice.
 */
static inline bool
xencons_page_disconnected(const struct xencons_interface *intf)
{
	const u8 *connection = (const u8 *)(&intf->out_prod + 1);

	return READ_ONCE(*connection) == 1;
}

#endif /* __XENCONS_PAGE_H */
