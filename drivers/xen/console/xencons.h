/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the Xen console driver share.
 *
 * A console has parts, each a structure with its lock in it, and all of them in struct
 * xencons. From the ground up:
 *
 *   wire    the transport, and time
 *   output  both queues, whose turn it is, and how far the backend has come
 *   input   the ^O filter, and what may be fetched
 *   sink    printk's side
 *   tty     the tty layer's side
 *
 * A part has pointers to those below that it needs, never to one above.
 *
 * Locks:
 *
 *   tx_lock  output: everything in struct xencons_output, and the transport's output
 *            side. A raw leaf, taken by printk in any context, so nothing under it may
 *            print, allocate or wake anybody. In NMI, and where the holder may be stopped
 *            for ever, it is tried a while, see xencons_text.c.
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
struct device;
struct seq_file;
struct xencons_wire;

/**
 * struct xencons_ops - a way to the backend
 * @name: what it is, for the boot message
 * @raw: for the bytes of programs only: there is no kernel text, ^O is input, and input
 *	that nobody reads stays in the transport
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
	bool raw;
	int (*start)(struct xencons_wire *wire);
	void (*stop)(struct xencons_wire *wire);
	void (*release)(struct xencons_wire *wire);
	size_t (*send)(struct xencons_wire *wire, const u8 *buf, size_t len);
	size_t (*in_flight)(struct xencons_wire *wire);
	size_t (*recv)(struct xencons_wire *wire, u8 *buf, size_t len);
	void (*notify)(struct xencons_wire *wire);
	unsigned int (*wait)(struct xencons_wire *wire);
	void (*show)(struct xencons_wire *wire, struct seq_file *m);
};

/**
 * struct xencons_wire_stats - what happened on the wire
 * @tx_errors: bytes the transport took and could not deliver; tx_lock
 * @events: events of the backend
 * @useless: events that brought no input and no progress
 * @notifies: events sent to the backend
 * @illegal: times the backend's indices made no sense
 *
 * @events and @useless change in xencons_event() only; @notifies and @illegal are
 * written by both sides and may miss a count under a race. No lock is needed to read
 * these.
 */
struct xencons_wire_stats {
	u64 tx_errors;
	unsigned long events, useless, notifies, illegal;
};

/**
 * struct xencons_tx_stats - what happened to output; tx_lock
 * @text: bytes of kernel text queued, each line feed counted as CR LF
 * @user: bytes of user text queued
 * @dropped: bytes of kernel text dropped because the backend was stalled
 * @stalls: how often the backend was found stalled, by whoever waited or by the timer
 */
struct xencons_tx_stats {
	u64 text, user, dropped, stalls;
};

/**
 * struct xencons_rx_stats - what happened to input; rx_lock
 * @bytes: delivered
 * @dropped: bytes dropped because nobody reads and nothing holds more
 * @sysrq: SysRq keys fired
 */
struct xencons_rx_stats {
	u64 bytes, dropped, sysrq;
};

/**
 * struct xencons_stats - a copy of all counters, see xencons_stats()
 * @wire: of the transport
 * @tx: of output
 * @rx: of input
 */
struct xencons_stats {
	struct xencons_wire_stats wire;
	struct xencons_tx_stats tx;
	struct xencons_rx_stats rx;
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
 * enum xencons_life - what brings on what is queued, if nobody writes
 * @XENCONS_STILL: nothing
 * @XENCONS_TICKING: the timer; the backend's events are not to be had, so every send must
 *	notify it
 * @XENCONS_LIVE: the backend's events, which reach xencons_event(), and the timer
 */
enum xencons_life {
	XENCONS_STILL,
	XENCONS_TICKING,
	XENCONS_LIVE,
};

/**
 * struct xencons_time - what happens later
 * @timer: ticks while data waits; notifies a backend that makes no progress
 * @timer_work: starts @timer from contexts that must not
 * @send_work: sends what nobody else did, mostly at the processor's next tick
 */
struct xencons_time {
	struct timer_list timer;
	struct irq_work timer_work, send_work;
};

/**
 * struct xencons_wire - what output and input stand on: the transport, and time
 * @ops: the transport
 * @time: timer and work
 * @life: changes under tx_lock
 * @last_words: the machine goes down, and this console was told so
 * @tx_kick: the transport wants @ops->notify after tx_lock is dropped
 * @tx_again: the transport wants another @ops->send after that
 * @rx_kick: the transport wants @ops->notify after rx_lock is dropped
 * @stats: counters
 */
struct xencons_wire {
	const struct xencons_ops *ops;
	struct xencons_time time;
	enum xencons_life life;
	bool last_words;
	bool tx_kick, tx_again, rx_kick;
	struct xencons_wire_stats stats;
};

/**
 * struct xencons_lock - a lock that a dying machine may pass by
 * @raw: the lock
 * @held: somebody has it; on a kernel for one processor only this tells
 * @lost: an oops went on without it, and indices may be wrong until text was sent with it
 */
struct xencons_lock {
	raw_spinlock_t raw;
	bool held, lost;
};

/**
 * enum xencons_stall - how far the backend may be waited for
 * @XENCONS_MOVING: it moved when it was looked at last, or nothing waited for it
 * @XENCONS_LATE: something waited for it at the last tick, and it took nothing since
 * @XENCONS_STALLED: printk waited for it in vain, or the timer saw that it took nothing
 *	for a whole tick
 * @XENCONS_DEAD: a dying machine waited for it in vain
 */
enum xencons_stall {
	XENCONS_MOVING,
	XENCONS_LATE,
	XENCONS_STALLED,
	XENCONS_DEAD,
};

/**
 * enum xencons_user - what becomes of user text
 * @XENCONS_USER_FLOWS: it is sent as soon as it is queued
 * @XENCONS_USER_LEFT: the last drain left some behind, for the backend's next event
 * @XENCONS_USER_STOPPED: it waits, the terminal said so (stty ixon)
 */
enum xencons_user {
	XENCONS_USER_FLOWS,
	XENCONS_USER_LEFT,
	XENCONS_USER_STOPPED,
};

/**
 * struct xencons_turn - whose turn it is while kernel text has no end
 * @text: bytes of kernel text sent while user text waited for its turn
 * @user: bytes of user text still to send in its turn
 */
struct xencons_turn {
	size_t text, user;
};

/**
 * struct xencons_marks - how far output has come, in bytes since the start
 * @sent: handed to the transport
 * @taken: of these the backend had taken when it was looked at last
 * @user: @sent after the last byte of user text
 * @event: @taken at the last event
 * @tick: @taken at the last tick of the timer
 */
struct xencons_marks {
	u64 sent, taken, user, event, tick;
};

/**
 * struct xencons_output - queues, and what is between them and the transport
 * @wire: the transport
 * @tx_lock: protects the output side, see the head of this file
 * @text: kernel text waiting
 * @lost: bytes of kernel text dropped since the last loss line
 * @user: user text waiting
 * @user_state: what becomes of it
 * @user_held: bytes of it, the last in the queue, that more follows at once
 * @xchar: character to send ahead of it, -1 for none
 * @turn: whose turn it is
 * @marks: how far output has come
 * @stall: whether the backend made no progress while anything waited for it
 * @sent_wait: tasks that wait for the backend to take their output
 * @stats: counters
 */
struct xencons_output {
	struct xencons_wire *wire;
	struct xencons_lock tx_lock;
	struct xencons_txq text;
	size_t lost;
	struct xencons_txq user;
	enum xencons_user user_state;
	size_t user_held;
	int xchar;
	struct xencons_turn turn;
	struct xencons_marks marks;
	enum xencons_stall stall;
	wait_queue_head_t sent_wait;
	struct xencons_tx_stats stats;
};

/**
 * enum xencons_intake - may input be fetched?
 * @XENCONS_INTAKE_OPEN: as much as there is room for
 * @XENCONS_INTAKE_BLOCKED: it stays in the transport, there was no memory or no room for
 *	its echo; the timer looks again
 * @XENCONS_INTAKE_THROTTLED: it stays there, the line discipline is full; of no effect
 *	while nobody has the tty open
 */
enum xencons_intake {
	XENCONS_INTAKE_OPEN,
	XENCONS_INTAKE_BLOCKED,
	XENCONS_INTAKE_THROTTLED,
};

/**
 * struct xencons_input - what is between the transport and the tty's buffer
 * @wire: the transport
 * @out: where the echo goes
 * @port: where input goes
 * @rx_lock: protects the input side, see the head of this file
 * @sysrq: state of the ^O filter
 * @intake: may input be fetched?
 * @echo: the tty is open and echoes (stty echo)
 * @stats: counters
 */
struct xencons_input {
	struct xencons_wire *wire;
	struct xencons_output *out;
	struct tty_port *port;
	spinlock_t rx_lock; /* see the head of this file */
	struct xencons_sysrq sysrq;
	enum xencons_intake intake;
	bool echo;
	struct xencons_rx_stats stats;
};

/**
 * struct xencons_sink - printk's side
 * @device_mutex: held by printk's thread while it prints a record
 * @console: the printk sink; its data is the console
 * @first_seq: records before this one were printed by the boot console; 0 once it was
 *	reached
 * @last_seq: the record that was printed last, U64_MAX for none
 * @held: printk's records are not for this console yet
 */
struct xencons_sink {
	struct mutex device_mutex; /* see the head of this file */
	struct console console;
	u64 first_seq, last_seq;
	bool held;
};

/**
 * struct xencons_tty - the tty layer's side
 * @port: of the tty
 * @driver: of the tty, NULL while it is not registered
 * @fresh: nobody has set the line yet; tty mutex
 */
struct xencons_tty {
	struct tty_port port;
	struct tty_driver *driver;
	bool fresh;
};

/**
 * struct xencons - one console; the transport embeds it
 * @line: where the tty is
 * @wire: the transport, and time
 * @output: queues
 * @input: what comes in
 * @sink: printk's side
 * @tty: the tty layer's side
 * @debugfs: directory of this console
 */
struct xencons {
	struct xencons_line line;
	struct xencons_wire wire;
	struct xencons_output output;
	struct xencons_input input;
	struct xencons_sink sink;
	struct xencons_tty tty;
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
static inline void xencons_tx_lock(struct xencons_output *out,
				   unsigned long *flags)
	__acquires(&out->tx_lock)
{
	raw_spin_lock_irqsave(&out->tx_lock.raw, *flags);
	out->tx_lock.held = true;
}

/* Only drop it: what a transport wants done needs xencons_tx_unlock(). */
static inline void xencons_tx_drop(struct xencons_output *out,
				   unsigned long flags)
	__releases(&out->tx_lock)
{
	out->tx_lock.held = false;
	raw_spin_unlock_irqrestore(&out->tx_lock.raw, flags);
}

/* Both locks, in their order; process context. PREEMPT_RT leaves interrupts on under rx_lock. */
static inline void xencons_lock_both(struct xencons *xc, unsigned long *flags)
	__acquires(&xc->input.rx_lock)
	__acquires(&xc->output.tx_lock)
{
	lockdep_assert_irqs_enabled();
	spin_lock_irq(&xc->input.rx_lock);
	xencons_tx_lock(&xc->output, flags);
}

/* Undo it. */
static inline void xencons_unlock_both(struct xencons *xc, unsigned long flags)
	__releases(&xc->output.tx_lock)
	__releases(&xc->input.rx_lock)
{
	xencons_tx_drop(&xc->output, flags);
	spin_unlock_irq(&xc->input.rx_lock);
}

/* In an oops the lock may have been passed by, see xencons_text_lock(). */
static inline void xencons_tx_assert_locked(const struct xencons_output *out)
{
	if (!xencons_alone())
		lockdep_assert_held(&out->tx_lock.raw);
}

/* Hand bytes to the transport; tx_lock held. Returns how many it took. */
static inline size_t xencons_tx_give(struct xencons_output *out, const u8 *buf,
				     size_t len)
{
	size_t sent;

	xencons_tx_assert_locked(out);

	sent = out->wire->ops->send(out->wire, buf, len);
	out->marks.sent += sent;
	return sent;
}

/* Bytes the transport has, and the backend has not; tx_lock held. */
static inline size_t xencons_in_flight(struct xencons_output *out)
{
	xencons_tx_assert_locked(out);

	return out->wire->ops->in_flight(out->wire);
}

/* Is the backend known to take nothing? */
static inline bool xencons_stalled(const struct xencons_output *out)
{
	return READ_ONCE(out->stall) >= XENCONS_STALLED;
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

/* xencons_wire.c: the transport, and time */
void xencons_wire_init(struct xencons_wire *wire, const struct xencons_ops *ops,
		       void (*tick)(struct timer_list *timer),
		       void (*send)(struct irq_work *work));
void xencons_wire_rest(struct xencons_wire *wire);
bool xencons_may_wait(const struct xencons_wire *wire);
void xencons_want_tick(struct xencons_wire *wire);

/* xencons_tx.c: output, and user text */
int xencons_tx_init(struct xencons_output *out, struct xencons_wire *wire,
		    unsigned int text, unsigned int user);
void xencons_tx_uninit(struct xencons_output *out);
bool xencons_tx_busy(struct xencons_output *out);
void xencons_tx_progress(struct xencons_output *out);
void xencons_tx_drain(struct xencons_output *out);
bool xencons_tx_release(struct xencons_output *out, unsigned long flags)
	__releases(&out->tx_lock);
void xencons_tx_unlock(struct xencons_output *out, unsigned long flags)
	__releases(&out->tx_lock);
bool xencons_tx_event(struct xencons_output *out);
void xencons_tx_tick(struct xencons_output *out, bool writing);
void xencons_tx_adopt(struct xencons_output *out, size_t left, bool stalled);
void xencons_tx_resume(struct xencons_output *out, enum xencons_life life);
size_t xencons_write_user(struct xencons_output *out, const u8 *buf,
			  size_t len);
size_t xencons_queue_user(struct xencons_output *out, const u8 *buf,
			  size_t len);
void xencons_send(struct xencons_output *out, bool writing);
void xencons_send_xchar(struct xencons_output *out, u8 ch);
void xencons_stop_user(struct xencons_output *out, bool stop);
void xencons_keep_user(struct xencons_output *out);
void xencons_purge_user(struct xencons_output *out);
size_t xencons_user_room(struct xencons_output *out);
size_t xencons_user_queued(struct xencons_output *out);
bool xencons_user_taken(struct xencons_output *out);

/**
 * enum xencons_fate - how far kernel text came
 * @XENCONS_TEXT_REFUSED: nowhere: there was no room for all of it, or the lock not to be had
 * @XENCONS_TEXT_QUEUED: into the queue, and no further unless somebody pushes
 * @XENCONS_TEXT_GOES_ON: into the queue; the backend's events and the timer take it further
 * @XENCONS_TEXT_SENT: into the transport
 */
enum xencons_fate {
	XENCONS_TEXT_REFUSED,
	XENCONS_TEXT_QUEUED,
	XENCONS_TEXT_GOES_ON,
	XENCONS_TEXT_SENT,
};

/* xencons_text.c: kernel text */
bool xencons_text_lock(struct xencons_output *out, unsigned long *flags)
	__acquires(&out->tx_lock);
void xencons_text_unlock(struct xencons_output *out, bool locked,
			 unsigned long flags)
	__releases(&out->tx_lock);
void xencons_write_text(struct xencons_output *out, const char *text,
			size_t len);
struct xencons_patience xencons_patience(const struct xencons_wire *wire);
enum xencons_fate xencons_put_text(struct xencons_output *out, const char *text,
				   size_t len, bool *kick);
bool xencons_wait_text(struct xencons_output *out, struct xencons_patience *p,
		       bool taken, enum xencons_fate goal);
enum xencons_fate xencons_push_text(struct xencons_output *out);
bool xencons_await_room(struct xencons_output *out, size_t room);
void xencons_flush(struct xencons_output *out);
void xencons_settle(struct xencons_output *out);

/* xencons_nbcon.c or xencons_legacy.c, as this kernel's printk wants it */

/**
 * xencons_printk_setup() - tell printk how to print on a console
 * @sink: of the console, about to be registered
 */
void xencons_printk_setup(struct xencons_sink *sink);

/**
 * xencons_printk_undo() - wait for what printk still has under way for a console
 * @sink: of the console, just unregistered
 *
 * Context: process.
 */
void xencons_printk_undo(struct xencons_sink *sink);

/**
 * xencons_printk_flush() - print what printk still has
 *
 * For a machine that goes down. Without printk's threads (Linux 6.1) only in a panic. Not
 * in a module: what it takes is not exported.
 *
 * Context: any. Waits for the backend if the console was told, see @last_words.
 */
void xencons_printk_flush(void);

/**
 * xencons_printk_sysrq() - handle a SysRq key; what it says is seen at once
 * @key: the key
 *
 * In a module, and on PREEMPT_RT, it is seen when printk's thread gets there.
 *
 * Context: any but NMI, without locks.
 */
void xencons_printk_sysrq(u8 key);

/**
 * xencons_printk_watch() - see to it that messages appear while a CPU hangs
 *
 * Context: process, once.
 */
void xencons_printk_watch(void);

/* The same, where the console may be another driver's: module only */

/**
 * xencons_printk_find() - one of printk's consoles
 * @match: which
 *
 * Context: process.
 * Return: the console, NULL if there is none. It stays registered by its owner's grace.
 */
struct console *xencons_printk_find(bool (*match)(const struct console *con));

/**
 * xencons_printk_registered() - did printk accept a console?
 * @sink: of the console, which was registered
 *
 * Context: process.
 * Return: whether there was memory for it.
 */
bool xencons_printk_registered(const struct xencons_sink *sink);

/**
 * xencons_printk_release() - let a held console print
 * @sink: of the console
 * @seq: its first record
 *
 * Context: process.
 */
void xencons_printk_release(struct xencons_sink *sink, u64 seq);

/**
 * xencons_printk_next() - which record comes next
 * @sink: of the console, which is not registered any more
 *
 * Context: process.
 * Return: the first record that was not printed.
 */
u64 xencons_printk_next(struct xencons_sink *sink);

/* xencons_console.c: the printk sink */
void xencons_console_register(struct xencons *xc, short flags);
void xencons_console_unregister(struct xencons_sink *sink);

/* xencons_rx.c: input */
void xencons_rx_init(struct xencons_input *in, struct xencons_output *out,
		     struct tty_port *port);
size_t xencons_rx_all(struct xencons_input *in, size_t least);
void xencons_rx_tick(struct xencons_input *in);
void xencons_rx(struct xencons_input *in);
void xencons_rx_lost(struct xencons_input *in, size_t len);
void xencons_throttle(struct xencons_input *in, bool throttle);

/* xencons.c: events, ticks and life */
int xencons_init(struct xencons *xc, const struct xencons_ops *ops,
		 unsigned int bufsz);
void xencons_uninit(struct xencons *xc);
int xencons_start(struct xencons *xc);
void xencons_stop(struct xencons *xc);
void xencons_resume(struct xencons *xc, bool events);
bool xencons_event(struct xencons *xc);
void xencons_wake(struct xencons *xc);
bool xencons_writing(struct xencons *xc);
void xencons_stats(struct xencons *xc, struct xencons_stats *stats);

/* xencons_poll.c: kgdb */
int xencons_poll_init(struct tty_driver *driver, int line, char *options);
int xencons_poll_get_char(struct tty_driver *driver, int line);
void xencons_poll_put_char(struct tty_driver *driver, int line, char ch);

/* xencons_tty.c: the tty */
extern const struct tty_operations xencons_tty_ops;
extern struct mutex xencons_tty_lines; /* the ports of our tty drivers */
int xencons_tty_register(struct xencons *xc);
void xencons_tty_unregister(struct xencons *xc);

/* xencons_channel.c: ttys that come and go */
int xencons_channel_register(void);
void xencons_channel_unregister(void);
int xencons_channel_init(struct xencons *xc, const struct xencons_ops *ops,
			 unsigned int num);
int xencons_channel_add(struct xencons *xc, struct device *parent,
			const char *name);
void xencons_channel_remove(struct xencons *xc);

/* xencons_tty0.c: the console's second name in mode tty */
int xencons_tty0_register(struct xencons *xc);
void xencons_tty0_unregister(void);

/* xencons_dummy.c: the other lines of mode tty */
int xencons_dummy_register(unsigned int skip);
void xencons_dummy_unregister(void);

/* xencons_primary.c, xencons_hv.c: transports */
struct xencons *xencons_primary_create(unsigned int bufsz);
struct xencons *xencons_hv_create(void);
int xencons_hv_probe(void);

/* xencons_xenbus.c: the transport of channels, in a kernel that has frontends */
#if IS_ENABLED(CONFIG_XEN_XENBUS_FRONTEND)
int xencons_xenbus_register(void);
void xencons_xenbus_unregister(void);
#else
static inline int xencons_xenbus_register(void) { return 0; }
static inline void xencons_xenbus_unregister(void) { }
#endif

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
