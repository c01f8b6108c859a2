// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit queues. Every console has two, one for kernel text and one for user
 * text, so that neither can starve, discard or reorder the other's bytes. Kernel
 * text gets its line feeds expanded on the way in; user text is left to termios.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "xencons_txq.h"

/**
 * xencons_txq_init() - make an empty queue
 * @q: the queue
 * @size: bytes, a power of two
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int xencons_txq_init(struct xencons_txq *q, unsigned int size)
{
	q->line_start = true;
	q->size = size;
	q->buf = kmalloc(size, GFP_KERNEL);
	return q->buf ? 0 : -ENOMEM;
}

/**
 * xencons_txq_free() - free a queue and what is in it
 * @q: the queue, made by xencons_txq_init() or all zeroes
 */
void xencons_txq_free(struct xencons_txq *q)
{
	kfree(q->buf);
}

/* Where the byte is that is, or will be, number @n since the start. */
static u8 *xencons_txq_at(const struct xencons_txq *q, unsigned int n)
{
	return q->buf + (n & (q->size - 1));
}

/**
 * xencons_txq_put() - add bytes as they are
 * @q: the queue
 * @src: the bytes
 * @len: how many
 *
 * Return: bytes taken; less than @len if the queue is full now.
 */
size_t xencons_txq_put(struct xencons_txq *q, const u8 *src, size_t len)
{
	/* Once: in an oops somebody else may move it meanwhile. */
	unsigned int in = READ_ONCE(q->in);
	size_t n = min(len, xencons_txq_room(q));
	u8 *at = xencons_txq_at(q, in);
	size_t first = min_t(size_t, n, q->buf + q->size - at);

	memcpy(at, src, first);
	memcpy(q->buf, src + first, n - first);
	q->in += n;
	if (n)
		q->line_start = src[n - 1] == '\n';
	return n;
}

/**
 * xencons_txq_put_text() - add kernel text, each line feed as CR LF
 * @q: the queue
 * @src: the text
 * @len: how many bytes
 *
 * A line feed goes in only with its CR: a queue with one free byte takes none.
 *
 * Return: bytes of @src taken; less than @len if the next does not fit.
 */
size_t xencons_txq_put_text(struct xencons_txq *q, const char *src, size_t len)
{
	size_t done = 0;

	while (done < len) {
		const char *from = src + done;
		const char *lf = memchr(from, '\n', len - done);
		size_t plain = lf ? (size_t)(lf - from) : len - done;
		size_t n = xencons_txq_put(q, from, plain);

		done += n;
		if (n < plain || !lf || xencons_txq_room(q) < 2)
			break;
		xencons_txq_put(q, "\r\n", 2);
		done++;
	}
	return done;
}

/**
 * xencons_txq_text_fits() - would xencons_txq_put_text() take all of it?
 * @q: the queue
 * @src: the text
 * @len: how many bytes
 */
bool xencons_txq_text_fits(struct xencons_txq *q, const char *src, size_t len)
{
	size_t room = xencons_txq_room(q);
	size_t i;

	for (i = 0; i < len && len <= room; i++)
		room -= src[i] == '\n';
	return len <= room;
}

/**
 * xencons_txq_put_line() - add a line of text whole, on a line of its own
 * @q: the queue
 * @line: the text, without line feed
 *
 * Return: true, or false if it does not fit; then nothing was added.
 */
bool xencons_txq_put_line(struct xencons_txq *q, const char *line)
{
	size_t len = strlen(line);

	if (xencons_txq_room(q) < len + 4)
		return false;
	if (!q->line_start)
		xencons_txq_put_text(q, "\n", 1);
	xencons_txq_put_text(q, line, len);
	xencons_txq_put_text(q, "\n", 1);
	return true;
}

/**
 * xencons_txq_span() - the oldest bytes, as far as they lie in one piece
 * @q: the queue
 * @at: set to where they are; they stay there until xencons_txq_skip()
 * @max: at most so many
 *
 * Return: how many.
 */
size_t xencons_txq_span(const struct xencons_txq *q, const u8 **at, size_t max)
{
	/* As in xencons_txq_put(). */
	unsigned int out = READ_ONCE(q->out);

	*at = xencons_txq_at(q, out);
	return min3(max, (size_t)(READ_ONCE(q->in) - out),
		    (size_t)(q->buf + q->size - *at));
}

/**
 * xencons_txq_line() - bytes up to the end of the oldest line
 * @q: the queue
 * @max: a line of more bytes counts as ended
 *
 * Return: bytes, the line feed included.
 */
size_t xencons_txq_line(const struct xencons_txq *q, size_t max)
{
	size_t len = min(max, xencons_txq_len(q));
	size_t n = 0;

	while (n < len && !xencons_txq_ends(q, n))
		n++;
	return n;
}

/**
 * xencons_txq_ends() - is the last of the oldest bytes a line feed?
 * @q: the queue
 * @len: how many bytes; there are as many
 */
bool xencons_txq_ends(const struct xencons_txq *q, size_t len)
{
	return len && *xencons_txq_at(q, q->out + len - 1) == '\n';
}

/**
 * xencons_txq_skip() - drop the oldest bytes, which were sent
 * @q: the queue
 * @len: how many; at most what the last xencons_txq_span() returned
 */
void xencons_txq_skip(struct xencons_txq *q, size_t len)
{
	/* An oops may have emptied the queue behind our back. */
	len = min(len, xencons_txq_len(q));
	q->out += len;
	q->kept -= min(q->kept, len);
	/* What comes next lies in one piece, and is one hypercall where that counts. */
	if (q->in == q->out) {
		q->in = 0;
		q->out = 0;
	}
}

/**
 * xencons_txq_repair() - drop everything if the indices make no sense
 * @q: the queue
 *
 * Two readers at once can get it there, in an oops.
 */
void xencons_txq_repair(struct xencons_txq *q)
{
	if (xencons_txq_len(q) > q->size)
		q->out = q->in;
}

/**
 * xencons_txq_keep() - leave what is in the queue now alone from now on
 * @q: the queue
 */
void xencons_txq_keep(struct xencons_txq *q)
{
	q->kept = xencons_txq_len(q);
}

/**
 * xencons_txq_purge() - drop everything but what is to be kept
 * @q: the queue
 */
void xencons_txq_purge(struct xencons_txq *q)
{
	q->in = q->out + min(q->kept, xencons_txq_len(q));
}
