// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output: printk puts text into one queue, write(2) into another. One drain moves
 * both to the transport, kernel text first. It runs when text is queued and none waits
 * before it, on every event of the backend, and on a slow timer while anything waits,
 * because some backends never send an event.
 *
 * Who waits for room or for the backend is woken by the callers of what is here, because
 * no lock may be held then.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/wait.h>

#include "xencons.h"

/*
 * While kernel text has no end, user text gets a turn of so many bytes, and to the end
 * of a line that is no longer than that, after so many bytes of kernel text.
 */
#define XENCONS_USER_TURN	256U
#define XENCONS_USER_EVERY	2048U

/*
 * Bytes of user text that may be sent now: not behind ^S, and not while more of the
 * same write(2) follows at once.
 */
static size_t xencons_tx_user_ready(struct xencons_output *out)
{
	size_t len = xencons_txq_len(&out->user);

	if (out->user_state == XENCONS_USER_STOPPED)
		return 0;
	return xencons_may_wait(out->wire) ? len : len - min(len, out->user_held);
}

/* Does user text wait to be sent, or what goes ahead of it? */
static bool xencons_tx_user_waits(struct xencons_output *out)
{
	return xencons_tx_user_ready(out) || out->xchar >= 0;
}

/* Is there anything to send? User text behind ^S, or of a write(2) under way, is not. */
static bool xencons_tx_ready(struct xencons_output *out)
{
	return xencons_txq_len(&out->text) || xencons_tx_user_waits(out);
}

/* Do bytes wait for the backend, in a queue or in the transport? */
static bool xencons_tx_waits(struct xencons_output *out)
{
	return xencons_tx_ready(out) || xencons_in_flight(out);
}

/**
 * xencons_tx_busy() - do bytes wait that the timer must look after?
 * @out: of the console
 *
 * Context: tx_lock held.
 */
bool xencons_tx_busy(struct xencons_output *out)
{
	return xencons_tx_waits(out) ||
	       (out->user_held && out->user_state != XENCONS_USER_STOPPED);
}

/* Drop tx_lock. Returns whether the backend must be notified; @again: to send more. */
static bool xencons_tx_leave(struct xencons_output *out, unsigned long flags,
			     bool *again)
	__releases(&out->tx_lock)
{
	struct xencons_wire *wire = out->wire;
	bool tick = wire->life != XENCONS_LIVE || xencons_tx_busy(out);
	bool kick = wire->tx_kick;

	*again = wire->tx_again && xencons_tx_waits(out);
	wire->tx_again = false;
	wire->tx_kick = false;
	if (kick)
		wire->stats.notifies++;
	xencons_tx_drop(out, flags);

	if (tick)
		xencons_want_tick(wire);
	return kick;
}

/**
 * xencons_tx_release() - drop tx_lock, and leave it to the caller to notify the backend
 * @out: of the console
 * @flags: the interrupt state
 *
 * Return: whether @ops->notify is to be called, soon.
 */
bool xencons_tx_release(struct xencons_output *out, unsigned long flags)
	__releases(&out->tx_lock)
{
	bool again, kick = xencons_tx_leave(out, flags, &again);

	if (again)
		irq_work_queue(&out->wire->time.send_work);
	return kick;
}

/**
 * xencons_tx_unlock() - drop tx_lock, then do what was decided under it
 * @out: of the console
 * @flags: the interrupt state
 */
void xencons_tx_unlock(struct xencons_output *out, unsigned long flags)
	__releases(&out->tx_lock)
{
	bool again;

	for (;;) {
		if (xencons_tx_leave(out, flags, &again))
			out->wire->ops->notify(out->wire);
		if (!again)
			break;
		/* What small pieces are for: interrupts come through in between. */
		if (irqs_disabled()) {
			irq_work_queue(&out->wire->time.send_work);
			break;
		}
		xencons_tx_lock(out, &flags);
		xencons_tx_drain(out);
	}
}

/**
 * xencons_tx_progress() - look what the backend has taken since the last look
 * @out: of the console
 *
 * Its first step after a stall ends the stall. A step back is none: a backend that
 * moves its index back and forth must not keep anybody waiting.
 *
 * Context: tx_lock held.
 */
void xencons_tx_progress(struct xencons_output *out)
{
	u64 taken = out->marks.sent - xencons_in_flight(out);

	if ((s64)(taken - out->marks.taken) <= 0)
		return;
	out->marks.taken = taken;
	out->stall = XENCONS_MOVING;
}

/*
 * Move up to @limit bytes from one queue to the transport, as far as they fit, and as far
 * as may be in one go.
 */
static size_t xencons_tx_move(struct xencons_output *out, struct xencons_txq *q,
			      size_t limit)
{
	size_t moved = 0, offered, sent;
	const u8 *at;

	do {
		/* The next small piece, unless the machine dies, after tx_lock was dropped. */
		if (out->wire->tx_again && !xencons_may_wait(out->wire))
			break;
		offered = xencons_txq_span(q, &at, limit - moved);
		sent = offered ? xencons_tx_give(out, at, offered) : 0;
		if (sent)
			q->cut = at[sent - 1] != '\n';
		xencons_txq_skip(q, sent);
		moved += sent;
	} while (sent && sent == offered);

	/* The indices make sense, and nobody else moves them. */
	if (moved && !xencons_alone())
		out->tx_lock.lost = false;
	return moved;
}

/* Say once how much was lost, at the place in the text where it is missing. */
static void xencons_tx_report(struct xencons_output *out)
{
	char line[64];

	if (!out->lost || xencons_stalled(out))
		return;
	snprintf(line, sizeof(line), "xencons: %zu bytes of kernel text lost",
		 out->lost);
	if (xencons_txq_put_line(&out->text, line))
		out->lost = 0;
}

/* Move kernel text to the transport. */
static void xencons_tx_text(struct xencons_output *out)
{
	size_t moved = xencons_tx_move(out, &out->text, SIZE_MAX);

	if (out->lost) {
		xencons_tx_report(out);
		moved += xencons_tx_move(out, &out->text, SIZE_MAX);
	}
	out->turn.text += moved;
}

static size_t xencons_tx_xchar(struct xencons_output *out)
{
	u8 ch = (u8)out->xchar;
	size_t sent = out->xchar < 0 ? 0 : xencons_tx_give(out, &ch, 1);

	if (sent)
		out->xchar = -1;
	return sent;
}

/* Move up to @limit bytes of user text. */
static size_t xencons_tx_user(struct xencons_output *out, size_t limit)
{
	size_t moved = xencons_tx_xchar(out), user;

	user = xencons_tx_move(out, &out->user,
			       min(limit, xencons_tx_user_ready(out)));
	if (user)
		out->marks.user = out->marks.sent;
	return moved + user;
}

/* The rest of a line of user text that the backend has the begin of, if it is there. */
static size_t xencons_tx_user_rest(struct xencons_output *out)
{
	size_t max = min_t(size_t, xencons_tx_user_ready(out), XENCONS_USER_TURN);
	size_t rest = xencons_txq_line(&out->user, max);

	return xencons_txq_ends(&out->user, rest) ? rest : 0;
}

/*
 * Kernel text had its turn when it sent enough and is at the end of a line: to get
 * there, only the rest of the line is sent.
 */
static bool xencons_tx_text_had_turn(struct xencons_output *out)
{
	size_t rest;

	if (out->turn.text < XENCONS_USER_EVERY)
		return false;
	rest = xencons_txq_line(&out->text, SIZE_MAX);
	if (xencons_tx_move(out, &out->text, rest) < rest)
		return false;
	out->turn.text = 0;
	return true;
}

/* A turn lasts until its bytes are sent or there are no more, also over several drains. */
static void xencons_tx_use_turn(struct xencons_output *out)
{
	size_t moved;

	if (!out->turn.user)
		return;
	moved = xencons_tx_user(out, out->turn.user);
	out->turn.user -= min(moved, out->turn.user);
	if (!xencons_tx_user_ready(out))
		out->turn.user = 0;
}

/* Go on with a turn, and to the end of a line, but not within a line of kernel text. */
static void xencons_tx_use_turn_and_line(struct xencons_output *out)
{
	xencons_tx_use_turn(out);
	if (out->turn.user || !out->user.cut || out->text.cut)
		return;
	out->turn.user = xencons_tx_user_rest(out);
	xencons_tx_use_turn(out);
}

/*
 * User text goes ahead of kernel text in its turn, because a stream of kernel text must
 * not hold up programs for ever, and to the end of a line that it has begun. But when a
 * machine dies kernel text waits for nothing.
 */
static void xencons_tx_turn(struct xencons_output *out)
{
	if (!xencons_tx_user_waits(out) || !xencons_txq_len(&out->text) ||
	    xencons_may_wait(out->wire)) {
		out->turn.user = 0;
		return;
	}

	xencons_tx_use_turn_and_line(out);
	if (out->turn.user || !xencons_tx_text_had_turn(out))
		return;
	out->turn.user = XENCONS_USER_TURN;
	xencons_tx_use_turn_and_line(out);
}

/**
 * xencons_tx_drain() - move everything that fits to the transport, kernel text first
 * @out: of the console
 *
 * Context: tx_lock held.
 */
void xencons_tx_drain(struct xencons_output *out)
{
	if (unlikely(out->tx_lock.lost)) {
		xencons_txq_repair(&out->text);
		xencons_txq_repair(&out->user);
	}
	xencons_tx_turn(out);
	if (!out->turn.user) {
		xencons_tx_text(out);
		if (!xencons_txq_len(&out->text))
			xencons_tx_user(out, SIZE_MAX);
	}
	if (!xencons_tx_user_waits(out))
		out->turn.text = 0;
	if (out->user_state == XENCONS_USER_STOPPED)
		return;
	/* Small pieces leave some behind where there is room, too. */
	out->user_state = xencons_tx_user_ready(out) && !out->wire->tx_again ?
			  XENCONS_USER_LEFT : XENCONS_USER_FLOWS;
}

/* Was the backend seen, at a tick, to take text and to send no event for it? */
static bool xencons_tx_mute(const struct xencons_output *out)
{
	return (s64)(out->marks.tick - out->marks.event) > 0;
}

/*
 * Where the last drain left user text behind there was no room, and the event that
 * says that there is some goes on. To try before it comes is to no avail, or takes
 * one of the few wake-ups that the backend has.
 */
static void xencons_tx_offer(struct xencons_output *out)
{
	if (!xencons_tx_ready(out))
		return;
	if (out->user_state != XENCONS_USER_LEFT ||
	    out->wire->life != XENCONS_LIVE || xencons_tx_mute(out))
		xencons_tx_drain(out);
}

/**
 * xencons_tx_event() - the output half of xencons_event()
 * @out: of the console
 *
 * Return: whether the backend took anything.
 */
bool xencons_tx_event(struct xencons_output *out)
{
	unsigned long flags;
	bool progress;

	xencons_tx_lock(out, &flags);
	xencons_tx_progress(out);
	/* Somebody else may have looked before; the event is no less useful. */
	progress = out->marks.taken != out->marks.event;
	out->marks.event = out->marks.taken;
	xencons_tx_drain(out);
	/*
	 * The backend may have read the index just before bytes were added, here
	 * or earlier, and nobody notified it because the ring was not empty: this
	 * is where the event it sends afterwards makes up for that.
	 */
	if (xencons_in_flight(out))
		out->wire->tx_kick = true;
	xencons_tx_unlock(out, flags);

	return progress;
}

/*
 * Some backends never send an event, and an event can get lost: while data waits, look
 * now and then. A backend that moved on its own is left alone. Where something waited at
 * the last tick and nothing was taken since, the backend is stalled: a tick is more than
 * the 200 ms for which xenconsoled leaves a console alone.
 */
static void xencons_tx_judge(struct xencons_output *out)
{
	bool moved = out->marks.taken != out->marks.tick;

	out->marks.tick = out->marks.taken;
	if (!moved && xencons_in_flight(out))
		out->wire->tx_kick = true;

	if (xencons_stalled(out))
		return;
	if (!xencons_tx_waits(out)) {
		out->stall = XENCONS_MOVING;
	} else if (out->stall == XENCONS_MOVING) {
		out->stall = XENCONS_LATE;
	} else {
		out->stats.stalls++;
		out->stall = XENCONS_STALLED;
	}
}

/**
 * xencons_tx_tick() - the output half of a tick
 * @out: of the console
 * @writing: more user text is to follow at once, see xencons_queue_user()
 *
 * Context: softirq. Who waits for output is to be woken.
 */
void xencons_tx_tick(struct xencons_output *out, bool writing)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	if (!writing)
		out->user_held = 0;
	xencons_tx_progress(out);
	xencons_tx_drain(out);
	xencons_tx_judge(out);
	xencons_tx_unlock(out, flags);
}

/**
 * xencons_tx_adopt() - go on where whoever used the transport before left off
 * @out: of the console
 * @left: bytes there; they count as sent, so that their end is progress
 * @stalled: nobody reads yet: write, but do not wait. Progress ends the stall
 *
 * Context: tx_lock held, or nobody else uses the console.
 */
void xencons_tx_adopt(struct xencons_output *out, size_t left, bool stalled)
{
	out->marks.sent = left;
	if (stalled)
		out->stall = XENCONS_STALLED;
}

/**
 * xencons_tx_resume() - the output half of xencons_resume()
 * @out: of the console
 * @life: what brings it on from now on
 *
 * Context: process.
 */
void xencons_tx_resume(struct xencons_output *out, enum xencons_life life)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	if (out->wire->life != XENCONS_STILL)
		out->wire->life = life;
	/* The backend gets its time anew. */
	if (!xencons_stalled(out))
		out->stall = XENCONS_MOVING;
	xencons_tx_drain(out);
	/* Nobody saw the events the backend sent. */
	out->wire->tx_kick = xencons_in_flight(out);
	xencons_tx_unlock(out, flags);
}

/*
 * Queue what there is room for, and send it unless more follows at once: then somebody
 * comes for it. Where the queue is full there is nothing left to decide, and perhaps room
 * after that.
 */
static size_t xencons_tx_put(struct xencons_output *out, const u8 *buf,
			     size_t len, bool more)
{
	unsigned long flags;
	size_t done = 0, n;

	do {
		xencons_tx_lock(out, &flags);
		n = xencons_txq_put(&out->user, buf + done, len - done);
		done += n;
		out->stats.user += n;
		if (more && done == len) {
			out->user_held += n;
			xencons_tx_drop(out, flags);
			break;
		}
		out->user_held = 0;
		if (done < len)
			xencons_tx_drain(out);
		else
			xencons_tx_offer(out);
		xencons_tx_unlock(out, flags);
	} while (n && done < len);

	return done;
}

/**
 * xencons_write_user() - send user text
 * @out: of the console
 * @buf: bytes, sent as they are
 * @len: how many
 *
 * Context: any but printk's. Never waits.
 * Return: bytes taken; the tty is woken up when there is room for more.
 */
size_t xencons_write_user(struct xencons_output *out, const u8 *buf, size_t len)
{
	return xencons_tx_put(out, buf, len, false);
}

/**
 * xencons_queue_user() - queue user text, and send only what does not fit
 * @out: of the console
 * @buf: bytes, sent as they are
 * @len: how many
 *
 * xencons_send() is to follow at once. Until then it stays together, so that nothing
 * else gets in between; if it does not follow, time.send_work calls it.
 *
 * Context: any but printk's. Never waits.
 * Return: bytes taken; the tty is woken up when there is room for more.
 */
size_t xencons_queue_user(struct xencons_output *out, const u8 *buf, size_t len)
{
	size_t done = xencons_tx_put(out, buf, len, true);

	irq_work_queue(&out->wire->time.send_work);
	return done;
}

/**
 * xencons_send() - send what is queued, as far as it fits
 * @out: of the console
 * @writing: more user text is to follow at once, see xencons_queue_user(); if it does not,
 *	the timer comes back for it
 *
 * Context: any but printk's and NMI.
 */
void xencons_send(struct xencons_output *out, bool writing)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	if (!writing)
		out->user_held = 0;
	xencons_tx_offer(out);
	xencons_tx_unlock(out, flags);
}

/**
 * xencons_send_xchar() - send a byte ahead of user text, even while that waits
 * @out: of the console
 * @ch: the byte, NUL included; replaces one that could not be sent yet
 *
 * Context: any but printk's.
 */
void xencons_send_xchar(struct xencons_output *out, u8 ch)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	out->xchar = ch;
	xencons_tx_drain(out);
	xencons_tx_unlock(out, flags);
}

/**
 * xencons_stop_user() - hold user text back, or let it go again
 * @out: of the console
 * @stop: hold back?
 *
 * Context: any but printk's.
 */
void xencons_stop_user(struct xencons_output *out, bool stop)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	out->user_state = stop ? XENCONS_USER_STOPPED : XENCONS_USER_FLOWS;
	xencons_tx_drain(out);
	xencons_tx_unlock(out, flags);
}

/**
 * xencons_keep_user() - a session is over: what it wrote is not the next one's to drop
 * @out: of the console
 *
 * agetty drops all output that is queued before it asks for a name.
 *
 * Context: process.
 */
void xencons_keep_user(struct xencons_output *out)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	xencons_txq_keep(&out->user);
	xencons_tx_drop(out, flags);
}

/**
 * xencons_purge_user() - drop user text of this session that is still queued
 * @out: of the console
 *
 * Kernel text stays. Context: process. Who waits for room is to be woken.
 */
void xencons_purge_user(struct xencons_output *out)
{
	unsigned long flags;

	xencons_tx_lock(out, &flags);
	xencons_txq_purge(&out->user);
	out->user_held = 0;
	if (out->user_state == XENCONS_USER_LEFT)
		out->user_state = XENCONS_USER_FLOWS;
	xencons_tx_drop(out, flags);
}

/**
 * xencons_user_room() - bytes of user text that would be taken now
 * @out: of the console
 *
 * Only a write of user text makes this smaller. Context: any but printk's.
 */
size_t xencons_user_room(struct xencons_output *out)
{
	unsigned long flags;
	size_t room;

	xencons_tx_lock(out, &flags);
	room = xencons_txq_room(&out->user);
	xencons_tx_drop(out, flags);

	return room;
}

/**
 * xencons_user_queued() - bytes of user text not handed to the transport yet
 * @out: of the console
 *
 * Context: any but printk's.
 */
size_t xencons_user_queued(struct xencons_output *out)
{
	return out->user.size - xencons_user_room(out);
}

/**
 * xencons_user_taken() - has the backend taken all user text?
 * @out: of the console
 *
 * Kernel text behind it does not count, or a busy kernel could keep a program
 * waiting for ever. Context: any but printk's.
 */
bool xencons_user_taken(struct xencons_output *out)
{
	unsigned long flags;
	bool taken;

	xencons_tx_lock(out, &flags);
	xencons_tx_progress(out);
	taken = !xencons_txq_len(&out->user) &&
		(s64)(out->marks.taken - out->marks.user) >= 0;
	xencons_tx_drop(out, flags);

	return taken;
}

/**
 * xencons_tx_init() - make empty queues
 * @out: zeroed memory
 * @wire: where they lead to
 * @text: bytes in the queue of kernel text, a power of two from 2 on
 * @user: bytes in that of user text, the same
 *
 * Context: process, or console_initcall time.
 * Return: 0 or -ENOMEM.
 */
int xencons_tx_init(struct xencons_output *out, struct xencons_wire *wire,
		    unsigned int text, unsigned int user)
{
	int err = xencons_txq_init(&out->text, text);

	if (err)
		return err;
	err = xencons_txq_init(&out->user, user);
	if (err) {
		xencons_txq_free(&out->text);
		return err;
	}

	out->wire = wire;
	out->xchar = -1;
	raw_spin_lock_init(&out->tx_lock.raw);
	init_waitqueue_head(&out->sent_wait);
	return 0;
}

/**
 * xencons_tx_uninit() - undo xencons_tx_init()
 * @out: of the console, which nobody uses any more
 */
void xencons_tx_uninit(struct xencons_output *out)
{
	xencons_txq_free(&out->user);
	xencons_txq_free(&out->text);
}
