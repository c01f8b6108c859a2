/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __XENCONS_TXQ_H
#define __XENCONS_TXQ_H

#include <linux/kfifo.h>
#include <linux/minmax.h>
#include <linux/types.h>

/**
 * struct xencons_txq - bytes on their way to the transport
 * @fifo: the bytes
 * @line_start: the last byte put was a line feed, or none was put yet
 * @cut: the last byte sent was no line feed
 * @kept: bytes, the oldest, that xencons_txq_purge() leaves
 *
 * The owner serialises all calls on one queue.
 */
struct xencons_txq {
	struct kfifo fifo;
	bool line_start, cut;
	size_t kept;
};

int xencons_txq_init(struct xencons_txq *q, unsigned int size);
void xencons_txq_free(struct xencons_txq *q);
size_t xencons_txq_put(struct xencons_txq *q, const u8 *src, size_t len);
size_t xencons_txq_put_text(struct xencons_txq *q, const char *src, size_t len);
bool xencons_txq_text_fits(struct xencons_txq *q, const char *src, size_t len);
bool xencons_txq_put_line(struct xencons_txq *q, const char *line);
size_t xencons_txq_peek(struct xencons_txq *q, u8 *dst, size_t len);
size_t xencons_txq_line(struct xencons_txq *q, u8 *scratch, size_t size);
void xencons_txq_skip(struct xencons_txq *q, size_t len);
void xencons_txq_repair(struct xencons_txq *q);
void xencons_txq_keep(struct xencons_txq *q);
void xencons_txq_purge(struct xencons_txq *q);

static inline size_t xencons_txq_len(struct xencons_txq *q)
{
	return kfifo_len(&q->fifo);
}

/* None where the indices make no sense, see xencons_txq_repair(). */
static inline size_t xencons_txq_room(struct xencons_txq *q)
{
	return kfifo_size(&q->fifo) - min(kfifo_len(&q->fifo), kfifo_size(&q->fifo));
}

#endif /* __XENCONS_TXQ_H */
