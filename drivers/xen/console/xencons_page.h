/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __XENCONS_PAGE_H
#define __XENCONS_PAGE_H

#include <linux/stddef.h>
#include <linux/types.h>
#include <xen/interface/io/console.h>

/* How much unread input can be kept, of this page and of pages before it. */
#define XENCONS_PAGE_UNREAD	4096U

/**
 * struct xencons_page_saved - what is on its way while the page is not used
 * @out: output the backend has not taken
 * @out_len: bytes in @out
 * @in: input nobody has fetched
 * @in_len: bytes in @in that are nowhere else, to be fetched before those on the page
 * @in_copied: bytes behind them that are on the page, too, if that stays
 * @in_left: bytes behind these there was no room for: lost if it does not
 */
struct xencons_page_saved {
	u8 out[sizeof_field(struct xencons_interface, out)];
	size_t out_len;
	u8 in[XENCONS_PAGE_UNREAD];
	size_t in_len, in_copied, in_left;
};

int xencons_page_queued(const struct xencons_interface *intf,
			XENCONS_RING_IDX prod);
int xencons_page_put(struct xencons_interface *intf, XENCONS_RING_IDX *prod,
		     const u8 *src, size_t len);
bool xencons_page_idle_at(const struct xencons_interface *intf,
			  XENCONS_RING_IDX prod);
int xencons_page_send(struct xencons_interface *intf, XENCONS_RING_IDX *prod,
		      const u8 *src, size_t len, bool deaf, bool *kick);
int xencons_page_get(struct xencons_interface *intf, XENCONS_RING_IDX *cons,
		     u8 *dst, size_t len, bool *full);
void xencons_page_suspend(struct xencons_interface *intf,
			  XENCONS_RING_IDX *prod, XENCONS_RING_IDX cons,
			  struct xencons_page_saved *saved);
void xencons_page_adopt(struct xencons_interface *intf, XENCONS_RING_IDX *prod,
			XENCONS_RING_IDX *cons);
size_t xencons_page_resume(struct xencons_interface *intf,
			   XENCONS_RING_IDX *prod, XENCONS_RING_IDX *cons,
			   struct xencons_page_saved *saved);
int xencons_page_recv(struct xencons_interface *intf, XENCONS_RING_IDX *cons,
		      struct xencons_page_saved *saved, u8 *dst, size_t len,
		      bool *full);
bool xencons_page_disconnected(const struct xencons_interface *intf);

#endif /* __XENCONS_PAGE_H */
