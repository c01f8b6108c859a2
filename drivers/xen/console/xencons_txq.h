/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __XENCONS_TXQ_H
#define __XENCONS_TXQ_H

#include <linux/minmax.h>
#include <linux/types.h>

/**
 * struct xencons_txq - bytes on their way to the transport
 * @buf: the bytes
 * @size: bytes in @buf, a power of two
 * @in: bytes put since the start
 * @out: bytes of these that were sent; both wrap
 * @line_start: the last byte put was a line feed, or none was put yet
 * @cut: the last byte sent was no line feed
 * @kept: bytes, the oldest, that xencons_txq_purge() leaves
 *
 * The owner serialises all calls on one queue.
 */
struct xencons_txq {
	u8 *buf;
	unsigned int size, in, out;
	bool line_start, cut;
	size_t kept;
};

int xencons_txq_init(struct xencons_txq *q, unsigned int size);
void xencons_txq_free(struct xencons_txq *q);
size_t xencons_txq_put(struct xencons_txq *q, const u8 *src, size_t len);
size_t xencons_txq_put_text(struct xencons_txq *q, const char *src, size_t len);
bool xencons_txq_text_fits(struct xencons_txq *q, const char *src, size_t len);
bool xencons_txq_put_line(struct xencons_txq *q, const char *line);
size_t xencons_txq_span(const struct xencons_txq *q, const u8 **at, size_t max);
size_t xencons_txq_line(const struct xencons_txq *q, size_t max);
bool xencons_txq_ends(const struct xencons_txq *q, size_t len);
void xencons_txq_skip(struct xencons_txq *q, size_t len);
void xencons_txq_repair(struct xencons_txq *q);
void xencons_txq_keep(struct xencons_txq *q);
void xencons_txq_purge(struct xencons_txq *q);

static inline size_t xencons_txq_len(const struct xencons_txq *q)
{
	return q->in - q->out;
}

/* None where the indices make no sense, see xencons_txq_repair(). */
static inline size_t xencons_txq_room(const struct xencons_txq *q)
{
	return q->size - min(q->in - q->out, q->size);
}

#endif /* __XENCONS_TXQ_H */
