/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __XENCONS_PARAM_H
#define __XENCONS_PARAM_H

#include <linux/types.h>

/**
 * enum xencons_mode - where the console appears
 * @XENCONS_MODE_DEFAULT: ttyS0 in dom0, tty1 in a domU
 * @XENCONS_MODE_OFF: nowhere
 * @XENCONS_MODE_TTY: ttyN, the numbers of the virtual terminals
 * @XENCONS_MODE_TTYS: ttySN, the numbers of the 8250 ports
 * @XENCONS_MODE_XVC: xvc0, the number registered for it
 * @XENCONS_MODE_HVC: hvcN, the numbers of hvc_xen
 */
enum xencons_mode {
	XENCONS_MODE_DEFAULT,
	XENCONS_MODE_OFF,
	XENCONS_MODE_TTY,
	XENCONS_MODE_TTYS,
	XENCONS_MODE_XVC,
	XENCONS_MODE_HVC,
};

/**
 * enum xencons_transport - which way to the backend
 * @XENCONS_TRANSPORT_AUTO: the hypervisor's console in dom0, the ring in a domU
 * @XENCONS_TRANSPORT_RING: the shared ring, as far as there is one
 * @XENCONS_TRANSPORT_HV: the hypervisor's console, as far as the domain may use it
 */
enum xencons_transport {
	XENCONS_TRANSPORT_AUTO,
	XENCONS_TRANSPORT_RING,
	XENCONS_TRANSPORT_HV,
};

/**
 * enum xencons_takeover_mode - what may be done to users of hvc_xen's console
 * @XENCONS_TAKEOVER_HANGUP: they are hung up
 * @XENCONS_TAKEOVER_IDLE: nothing, the console is taken over only if there are none
 * @XENCONS_TAKEOVER_OFF: the console stays with hvc_xen
 */
enum xencons_takeover_mode {
	XENCONS_TAKEOVER_HANGUP,
	XENCONS_TAKEOVER_IDLE,
	XENCONS_TAKEOVER_OFF,
};

/* What the parameters accept, for messages. */
#define XENCONS_PARAM_MODES	"off, tty[1-63], ttyS[0-191], xvc[0], hvc[0-63]"
#define XENCONS_PARAM_TRANSPORTS	"auto, ring, hv"
#define XENCONS_PARAM_TAKEOVERS	"hangup, idle, off"
#define XENCONS_PARAM_SIZES	"a number of bytes, K or M may follow"

#define XENCONS_BUFSZ_MIN	4096U
#define XENCONS_BUFSZ_MAX	1048576U

/*
 * What xenconsoled takes in one of its periods, 30 rings of 2048 bytes: deaf for the rest of
 * a period, it then takes as much as is there, and the queue is all there is.
 */
#define XENCONS_BUFSZ_DEFAULT	65536U

/* How many channels there may be, numbered from 1, and how long their names. */
#define XENCONS_CHANNELS	64U
#define XENCONS_CHANNEL_NAME	64U

/**
 * struct xencons_where - a mode and the number behind it
 * @mode: mode
 * @num: N of ttyN, ttySN or hvcN; 0 in the other modes
 */
struct xencons_where {
	enum xencons_mode mode;
	unsigned int num;
};

int xencons_param_where(const char *s, struct xencons_where *where);
int xencons_param_transport(const char *s, enum xencons_transport *transport);
int xencons_param_takeover(const char *s, enum xencons_takeover_mode *mode);
const char *xencons_param_takeover_name(enum xencons_takeover_mode mode);
int xencons_param_bufsz(const char *s, unsigned int *bytes);
int xencons_param_channel(const char *s, unsigned int *num);
bool xencons_param_name(const char *s);

#endif /* __XENCONS_PARAM_H */
