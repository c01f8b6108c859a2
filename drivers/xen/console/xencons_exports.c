// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions of the core, for its tests: those are a module of their own,
 * xen-console-test. Linked into xen-console only where the tests are built, and nobody
 * else is meant to call any of these.
 */
#include <linux/export.h>

#include "xencons.h"
#include "xencons_page.h"
#include "xencons_param.h"
#include "xencons_sysrq.h"
#include "xencons_txq.h"

#define XENCONS_FOR_TESTS	EXPORT_SYMBOL_GPL

/* xencons.c */
XENCONS_FOR_TESTS(xencons_init);
XENCONS_FOR_TESTS(xencons_uninit);
XENCONS_FOR_TESTS(xencons_start);
XENCONS_FOR_TESTS(xencons_stop);
XENCONS_FOR_TESTS(xencons_resume);
XENCONS_FOR_TESTS(xencons_event);
XENCONS_FOR_TESTS(xencons_stats);
XENCONS_FOR_TESTS(xencons_wake);
XENCONS_FOR_TESTS(xencons_writing);

/* xencons_wire.c */
XENCONS_FOR_TESTS(xencons_wire_init);
XENCONS_FOR_TESTS(xencons_wire_rest);
XENCONS_FOR_TESTS(xencons_may_wait);
XENCONS_FOR_TESTS(xencons_want_tick);

/* xencons_page.c */
XENCONS_FOR_TESTS(xencons_page_queued);
XENCONS_FOR_TESTS(xencons_page_put);
XENCONS_FOR_TESTS(xencons_page_idle_at);
XENCONS_FOR_TESTS(xencons_page_send);
XENCONS_FOR_TESTS(xencons_page_get);
XENCONS_FOR_TESTS(xencons_page_suspend);
XENCONS_FOR_TESTS(xencons_page_resume);
XENCONS_FOR_TESTS(xencons_page_recv);
XENCONS_FOR_TESTS(xencons_page_disconnected);

/* xencons_rx.c */
XENCONS_FOR_TESTS(xencons_rx_init);
XENCONS_FOR_TESTS(xencons_rx_all);
XENCONS_FOR_TESTS(xencons_rx_tick);
XENCONS_FOR_TESTS(xencons_rx);
XENCONS_FOR_TESTS(xencons_throttle);

/* xencons_tx.c */
XENCONS_FOR_TESTS(xencons_tx_init);
XENCONS_FOR_TESTS(xencons_tx_uninit);
XENCONS_FOR_TESTS(xencons_tx_busy);
XENCONS_FOR_TESTS(xencons_tx_progress);
XENCONS_FOR_TESTS(xencons_tx_drain);
XENCONS_FOR_TESTS(xencons_tx_release);
XENCONS_FOR_TESTS(xencons_tx_unlock);
XENCONS_FOR_TESTS(xencons_tx_event);
XENCONS_FOR_TESTS(xencons_tx_tick);
XENCONS_FOR_TESTS(xencons_tx_resume);
XENCONS_FOR_TESTS(xencons_write_user);
XENCONS_FOR_TESTS(xencons_queue_user);
XENCONS_FOR_TESTS(xencons_send);
XENCONS_FOR_TESTS(xencons_send_xchar);
XENCONS_FOR_TESTS(xencons_stop_user);
XENCONS_FOR_TESTS(xencons_keep_user);
XENCONS_FOR_TESTS(xencons_purge_user);
XENCONS_FOR_TESTS(xencons_user_room);
XENCONS_FOR_TESTS(xencons_user_queued);
XENCONS_FOR_TESTS(xencons_user_taken);

/* xencons_text.c */
XENCONS_FOR_TESTS(xencons_text_lock);
XENCONS_FOR_TESTS(xencons_text_unlock);
XENCONS_FOR_TESTS(xencons_write_text);
XENCONS_FOR_TESTS(xencons_patience);
XENCONS_FOR_TESTS(xencons_put_text);
XENCONS_FOR_TESTS(xencons_wait_text);
XENCONS_FOR_TESTS(xencons_push_text);
XENCONS_FOR_TESTS(xencons_await_room);
XENCONS_FOR_TESTS(xencons_flush);
XENCONS_FOR_TESTS(xencons_settle);

/* xencons_tty.c */
XENCONS_FOR_TESTS(xencons_tty_register);
XENCONS_FOR_TESTS(xencons_tty_unregister);

/* xencons_channel.c */
XENCONS_FOR_TESTS(xencons_channel_register);
XENCONS_FOR_TESTS(xencons_channel_unregister);
XENCONS_FOR_TESTS(xencons_channel_init);
XENCONS_FOR_TESTS(xencons_channel_add);
XENCONS_FOR_TESTS(xencons_channel_remove);

/* xencons_poll.c */
XENCONS_FOR_TESTS(xencons_poll_init);
XENCONS_FOR_TESTS(xencons_poll_get_char);
XENCONS_FOR_TESTS(xencons_poll_put_char);

/* xencons_nbcon.c, xencons_legacy.c */
XENCONS_FOR_TESTS(xencons_printk_setup);
XENCONS_FOR_TESTS(xencons_printk_undo);
XENCONS_FOR_TESTS(xencons_printk_flush);
XENCONS_FOR_TESTS(xencons_printk_sysrq);
XENCONS_FOR_TESTS(xencons_printk_watch);

/* xencons_console.c */
XENCONS_FOR_TESTS(xencons_console_register);
XENCONS_FOR_TESTS(xencons_console_unregister);

/* xencons_tty0.c */
XENCONS_FOR_TESTS(xencons_tty0_register);
XENCONS_FOR_TESTS(xencons_tty0_unregister);

/* xencons_dummy.c */
XENCONS_FOR_TESTS(xencons_dummy_register);
XENCONS_FOR_TESTS(xencons_dummy_unregister);

/* xencons_debugfs.c */
#ifdef CONFIG_DEBUG_FS
XENCONS_FOR_TESTS(xencons_debugfs_add);
XENCONS_FOR_TESTS(xencons_debugfs_remove);
#endif

/* xencons_txq.c */
XENCONS_FOR_TESTS(xencons_txq_init);
XENCONS_FOR_TESTS(xencons_txq_free);
XENCONS_FOR_TESTS(xencons_txq_put);
XENCONS_FOR_TESTS(xencons_txq_put_text);
XENCONS_FOR_TESTS(xencons_txq_text_fits);
XENCONS_FOR_TESTS(xencons_txq_put_line);
XENCONS_FOR_TESTS(xencons_txq_span);
XENCONS_FOR_TESTS(xencons_txq_line);
XENCONS_FOR_TESTS(xencons_txq_ends);
XENCONS_FOR_TESTS(xencons_txq_skip);
XENCONS_FOR_TESTS(xencons_txq_repair);
XENCONS_FOR_TESTS(xencons_txq_keep);
XENCONS_FOR_TESTS(xencons_txq_purge);

/* xencons_sysrq.c */
XENCONS_FOR_TESTS(xencons_sysrq_filter);
XENCONS_FOR_TESTS(xencons_sysrq_late);

/* xencons_param.c */
XENCONS_FOR_TESTS(xencons_param_where);
XENCONS_FOR_TESTS(xencons_param_channel);
XENCONS_FOR_TESTS(xencons_param_name);
XENCONS_FOR_TESTS(xencons_param_transport);
XENCONS_FOR_TESTS(xencons_param_takeover);
XENCONS_FOR_TESTS(xencons_param_takeover_name);
XENCONS_FOR_TESTS(xencons_param_bufsz);
