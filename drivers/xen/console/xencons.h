/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The header all rooms of the Xen console driver share.
 *
 * Locks:
 *
 *   tx_lock  output: both queues, the transport's output side, everything
 *            under "output" in struct xencons. A raw leaf, taken by printk in any
 *            context, so nothing under it may print, allocate or wake anybody.
 *            In NMI, and where the holder may be stopped for ever, it is tried a
 *            while, see xencons_text.c.
 *   rx_lock  input: the ^O filter, the transport's input side, inserting into
 *            and pushing the tty flip buffer. tx_lock may be taken inside, for the
 *            room an echo has and because an allocation may print; never the other
 *            way round.
 *   device_mutex  printk's thread, while it prints one record; outside both.
 *
 * A transport decides under the lock whether the backend must be notified and
 * says so in tx_kick or rx_kick; the event is sent after the lock is dropped,
 * because sending one can block for as long as the backend pleases.
 */
#ifndef __XENCONS_H
#define __XENCONS_H

#include <linux/console.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kgdb.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "xencons_sysrq.h"
#include "xencons_txq.h"

struct dentry;
struct seq_file;
struct xencons;

/**
 * struct xencons_ops - a way to the backend
 * @name: what it is, for the boot message
 * @start: begin to deliver events to xencons_event(); process context
 * @stop: undo @start and wait until no event is being handled; process context
 * @release: free the transport and the struct xencons in it; process context
 * @send: offer output. tx_lock is held. Returns the bytes taken, any number
 *	from 0; sets tx_kick if the backend must be notified, and tx_again if it
 *	takes more after tx_lock was dropped for a moment
 * @in_flight: bytes sent that the backend has not taken. tx_lock is held
 * @recv: fetch input. rx_lock is held. Returns the bytes stored, fewer than there
 *	is room for only if these were all; sets rx_kick if the backend must be
 *	notified
 * @notify: send the backend an event. No lock of this console is held; any
 *	context
 * @wait: let time pass until the backend may have made progress, but never
 *	more than 10 ms. No lock of this console is held; any context. Returns
 *	the microseconds it took, at least 1
 * @show: print the transport's state for debugfs; process context
 */
struct xencons_ops {
	const char *name;
	int (*start)(struct xencons *xc);
	void (*stop)(struct xencons *xc);
	void (*release)(struct xencons *xc);
	size_t (*send)(struct xencons *xc, const u8 *buf, size_t len);
	size_t (*in_flight)(struct xencons *xc);
	size_t (*recv)(struct xencons *xc, u8 *buf, size_t len);
	void (*notify)(struct xencons *xc);
	unsigned int (*wait)(struct xencons *xc);
	void (*show)(struct xencons *xc, struct seq_file *m);
};

/**
 * struct xencons_stats - what happened since the start
 * @tx_text: bytes of kernel text queued, each line feed counted as CR LF
 * @tx_user: bytes of user text queued
 * @tx_dropped: bytes of kernel text dropped because the backend was stalled
 * @tx_errors: bytes the transport took and could not deliver
 * @stalls: how often the backend was found stalled, by whoever waited or by the timer
 * @rx: bytes of input delivered
 * @rx_dropped: bytes of input dropped because nobody reads and nothing holds more
 * @sysrq: SysRq keys fired
 * @events: events of the backend
 * @useless: events that brought no input and no progress
 * @notifies: events sent to the backend
 * @illegal: times the backend's indices made no sense
 *
 * Counters of the output side change under tx_lock, those of the input side
 * under rx_lock: xencons_stats() takes both. @events and @useless change in
 * xencons_event() only; @notifies and @illegal are written by both sides and may
 * miss a count under a race. No lock is needed to read these.
 */
struct xencons_stats {
	u64 tx_text, tx_user, tx_dropped, tx_errors, stalls;
	u64 rx, rx_dropped, sysrq;
	unsigned long events, useless, notifies, illegal;
};

/**
 * struct xencons_line - a tty name and its number
 * @name: "tty", "ttyS", "xvc" or "hvc"
 * @num: the number behind the name
 * @major: of the device node
 * @minor: of the device node
 */
struct xencons_line {
	const char *name;
	unsigned int num;
	int major, minor;
};

/**
 * enum xencons_stall - how far the backend may be waited for
 * @XENCONS_MOVING: it moved when it was looked at last, or nobody waited yet
 * @XENCONS_STALLED: printk waited for it in vain, or the timer saw that it took nothing
 *	for a whole tick
 * @XENCONS_DEAD: a dying machine waited for it in vain
 */
enum xencons_stall {
	XENCONS_MOVING,
	XENCONS_STALLED,
	XENCONS_DEAD,
};

/**
 * struct xencons - one console: tty, printk sink and what is between them and
 * the transport, in which it is embedded
 * @ops: the transport
 * @line: where the tty is
 *
 * @tx_lock: protects the output side, see the head of this file
 * @text: kernel text waiting
 * @user: user text waiting
 * @xchar: character to send ahead of user text, -1 for none
 * @user_stopped: user text waits, the terminal said so (stty ixon)
 * @user_waits: the last drain left user text behind
 * @user_held: bytes of user text, the last in the queue, that more follows at once
 * @mute: the backend was seen to take text and to send no event for it
 * @started: the timer may run
 * @events_on: the backend's events reach xencons_event(); without them every
 *	send must notify
 * @tx_held: somebody has tx_lock; on a kernel for one processor only this tells
 * @lock_lost: an oops went on without tx_lock, and indices may be wrong until text was
 *	sent with it
 * @last_words: the machine goes down, and this console was told so
 * @stalled: whether the backend made no progress while anything waited for it
 * @tx_kick: the transport wants @ops->notify after tx_lock is dropped
 * @tx_again: the transport wants another @ops->send after that
 * @lost: bytes of kernel text dropped since the last loss line
 * @sent: bytes handed to the transport
 * @taken: bytes of these the backend had taken when it was looked at last
 * @user_mark: @sent after the last byte of user text
 * @user_moved: user text moved since writers were woken
 * @text_turn: bytes of kernel text sent since user text had its turn
 * @user_turn: bytes of user text still to send in its turn
 * @event_taken: @taken at the last event
 * @timer_taken: @taken at the last tick of @timer
 * @timer_busy: something waited for the backend then
 * @bounce: between queue and transport
 *
 * @rx_lock: protects the input side, see the head of this file
 * @sysrq: state of the ^O filter
 * @throttled: input stays in the transport, the line discipline is full; of no effect
 *	while nobody has the tty open
 * @rx_blocked: input stays in the transport, there was no memory or no room for
 *	its echo
 * @rx_kick: the transport wants @ops->notify after rx_lock is dropped
 * @held_events: events since input must stay in the transport; only the event
 *	handler uses it
 *
 * @device_mutex: held by printk's thread while it prints a record
 * @console: the printk sink
 * @first_seq: records before this one were printed by the boot console; 0 once it was
 *	reached
 * @last_seq: the record that was printed last, U64_MAX for none
 * @held: printk's records are not for this console yet
 *
 * @timer: ticks while data waits; notifies a backend that makes no progress
 * @timer_work: starts @timer from contexts that must not
 * @send_work: sends what nobody else did, mostly at the processor's next tick
 * @sent_wait: tasks that wait for the backend to take their output
 * @port: of the tty
 * @echo: the tty is open and echoes (stty echo)
 * @driver: of the tty, NULL while it is not registered
 * @stats: counters
 * @debugfs: directory of this console
 */
struct xencons {
	const struct xencons_ops *ops;
	struct xencons_line line;

	/* output */
	raw_spinlock_t tx_lock;
	struct xencons_txq text, user;
	int xchar;
	bool user_stopped, user_moved, user_waits, started, events_on;
	bool mute, tx_kick, tx_again, timer_busy, tx_held, lock_lost, last_words;
	enum xencons_stall stalled;
	size_t lost, text_turn, user_turn, user_held;
	u64 sent, taken, user_mark, event_taken, timer_taken;
	u8 bounce[1024];

	/* input */
	spinlock_t rx_lock;
	struct xencons_sysrq sysrq;
	bool throttled, rx_blocked, rx_kick;
	unsigned int held_events;

	/* printk */
	struct mutex device_mutex;
	struct console console;
	u64 first_seq, last_seq;
	bool held;

	struct timer_list timer;
	struct irq_work timer_work, send_work;
	wait_queue_head_t sent_wait;
	struct tty_port port;
	bool echo;
	struct tty_driver *driver;
	struct xencons_stats stats;
	struct dentry *debugfs;
};

/* Other CPUs may be stopped, with our locks held or not, and never come back. */
static inline bool xencons_alone(void)
{
	return oops_in_progress || in_dbg_master();
}

/*
 * tx_lock, for those who need not be printk: see xencons_text_lock(). Any context but
 * NMI.
 */
static inline void xencons_tx_lock(struct xencons *xc, unsigned long *flags)
	__acquires(&xc->tx_lock)
{
	raw_spin_lock_irqsave(&xc->tx_lock, *flags);
	xc->tx_held = true;
}

/* Only drop it: what a transport wants done needs xencons_tx_unlock(). */
static inline void xencons_tx_drop(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock)
{
	xc->tx_held = false;
	raw_spin_unlock_irqrestore(&xc->tx_lock, flags);
}

/* Period of the timer that helps while data waits. */
#define XENCONS_TICK		(HZ / 4)

/**
 * struct xencons_patience - how long somebody waits for the backend, in microseconds
 * @step: without progress
 * @max: in all
 * @waited: since the last progress
 * @total: until now
 * @taken: what the backend had taken at the last look of this waiter: the event handler
 *	may look in between
 */
struct xencons_patience {
	unsigned int step, max;
	unsigned int waited, total;
	u64 taken;
};

/* xencons.c: events, time and life */
int xencons_init(struct xencons *xc, const struct xencons_ops *ops,
		 unsigned int bufsz);
void xencons_uninit(struct xencons *xc);
int xencons_start(struct xencons *xc);
void xencons_stop(struct xencons *xc);
void xencons_resume(struct xencons *xc, bool events);
bool xencons_event(struct xencons *xc);
void xencons_stats(struct xencons *xc, struct xencons_stats *stats);
void xencons_want_tick(struct xencons *xc);

/* xencons_rx.c: input */
size_t xencons_rx_event(struct xencons *xc);
void xencons_rx_tick(struct xencons *xc);
bool xencons_rx_held(struct xencons *xc, bool input);
void xencons_rx(struct xencons *xc);
void xencons_throttle(struct xencons *xc, bool throttle);

/* xencons_tx.c: output, and user text */
bool xencons_tx_waits(struct xencons *xc);
bool xencons_tx_busy(struct xencons *xc);
void xencons_tx_progress(struct xencons *xc);
void xencons_tx_drain(struct xencons *xc);
bool xencons_tx_release(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock);
void xencons_tx_unlock(struct xencons *xc, unsigned long flags)
	__releases(&xc->tx_lock);
void xencons_tx_wake(struct xencons *xc);
bool xencons_tx_event(struct xencons *xc);
size_t xencons_write_user(struct xencons *xc, const u8 *buf, size_t len);
size_t xencons_queue_user(struct xencons *xc, const u8 *buf, size_t len);
void xencons_send(struct xencons *xc);
void xencons_send_unflushed(struct xencons *xc, bool writing);
void xencons_send_xchar(struct xencons *xc, u8 ch);
void xencons_stop_user(struct xencons *xc, bool stop);
void xencons_keep_user(struct xencons *xc);
void xencons_purge_user(struct xencons *xc);
size_t xencons_user_room(struct xencons *xc);
size_t xencons_user_queued(struct xencons *xc);
bool xencons_user_taken(struct xencons *xc);

/* xencons_text.c: kernel text */
bool xencons_text_lock(struct xencons *xc, unsigned long *flags)
	__acquires(&xc->tx_lock);
void xencons_text_unlock(struct xencons *xc, bool locked, unsigned long flags)
	__releases(&xc->tx_lock);
bool xencons_may_wait(struct xencons *xc);
void xencons_write_text(struct xencons *xc, const char *text, size_t len);
struct xencons_patience xencons_patience(struct xencons *xc);
bool xencons_put_text(struct xencons *xc, const char *text, size_t len,
		      bool *kick);
bool xencons_wait_text(struct xencons *xc, struct xencons_patience *p,
		       bool queued, bool urgent);
bool xencons_push_text(struct xencons *xc);
bool xencons_await_room(struct xencons *xc, size_t room);
void xencons_flush(struct xencons *xc);
void xencons_settle(struct xencons *xc);

/* xencons_tty.c: the tty */
int xencons_tty_register(struct xencons *xc);
void xencons_tty_unregister(struct xencons *xc);
bool xencons_tty_writing(struct xencons *xc);

/* xencons_poll.c: kgdb */
int xencons_poll_init(struct tty_driver *driver, int line, char *options);
int xencons_poll_get_char(struct tty_driver *driver, int line);
void xencons_poll_put_char(struct tty_driver *driver, int line, char ch);

/* xencons_nbcon.c or xencons_legacy.c, as this kernel's printk wants it */
void xencons_printk_setup(struct xencons *xc);
void xencons_printk_undo(struct xencons *xc);
void xencons_printk_flush(void);
void xencons_printk_sysrq(u8 key);
void xencons_printk_watch(void);

/* The same, where the console may be another driver's: module only */
struct console *xencons_printk_find(bool (*match)(const struct console *con));
bool xencons_printk_hold(struct xencons *xc);
void xencons_printk_release(struct xencons *xc, u64 seq);
u64 xencons_printk_next(struct xencons *xc);

/* xencons_console.c: the printk sink */
void xencons_console_register(struct xencons *xc, short flags);
void xencons_console_unregister(struct xencons *xc);

/* xencons_tty0.c: the console's second name in mode tty */
int xencons_tty0_register(struct xencons *xc);
void xencons_tty0_unregister(void);

/* xencons_dummy.c: the other lines of mode tty */
int xencons_dummy_register(unsigned int skip);
void xencons_dummy_unregister(void);

/* xencons_ring.c, xencons_hv.c: transports */
struct xencons *xencons_ring_create(unsigned int bufsz);
struct xencons *xencons_hv_create(void);
int xencons_hv_probe(void);

/* xencons_early.c: built in only */
void xencons_boot_retire(void);
u64 xencons_boot_seq(bool hv);

/* xencons_debugfs.c */
#ifdef CONFIG_DEBUG_FS
void xencons_debugfs_add(struct xencons *xc);
void xencons_debugfs_remove(struct xencons *xc);
#else
static inline void xencons_debugfs_add(struct xencons *xc) { }
static inline void xencons_debugfs_remove(struct xencons *xc) { }
#endif

#endif /* __XENCONS_H */
