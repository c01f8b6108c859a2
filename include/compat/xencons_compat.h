/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types that differ between the supported kernels, as the probes found them.
 * Only the module build sees this file: scripts/integrate writes the types of
 * the target tree in their place.
 */
#ifndef _XENCONS_COMPAT_H
#define _XENCONS_COMPAT_H

#include <linux/kmsg_dump.h>
#include <linux/types.h>

/* tty_operations.write */
#ifdef PROBE_tty_write_size
typedef ssize_t tty_write_ret_t;
typedef size_t tty_write_len_t;
#endif
#ifdef PROBE_tty_write_int
typedef int tty_write_ret_t;
typedef int tty_write_len_t;
#endif

/* tty_operations.send_xchar */
#ifdef PROBE_tty_xchar_u8
typedef u8 tty_xchar_t;
#endif
#ifdef PROBE_tty_xchar_char
typedef char tty_xchar_t;
#endif

/* kmsg_dumper.dump */
#ifdef PROBE_kmsg_dump_detail
typedef struct kmsg_dump_detail *kmsg_dump_arg_t;
#define kmsg_dump_arg_reason(arg) ((arg)->reason)
#endif
#ifdef PROBE_kmsg_dump_reason
typedef enum kmsg_dump_reason kmsg_dump_arg_t;
#define kmsg_dump_arg_reason(arg) (arg)
#endif

#endif /* _XENCONS_COMPAT_H */
