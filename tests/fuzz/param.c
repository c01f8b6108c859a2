// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any string against the parameter grammar: what is accepted is in range and means
 * the same when written out again, what is refused changes nothing.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xencons_param.h"

static const char * const names[] = {
	[XENCONS_MODE_TTY] = "tty", [XENCONS_MODE_TTYS] = "ttyS",
	[XENCONS_MODE_XVC] = "xvc", [XENCONS_MODE_HVC] = "hvc",
};

static const unsigned int last[] = {
	[XENCONS_MODE_TTY] = 63, [XENCONS_MODE_TTYS] = 191,
	[XENCONS_MODE_XVC] = 0, [XENCONS_MODE_HVC] = 63,
};

static void where(const char *s)
{
	struct xencons_where got = { XENCONS_MODE_DEFAULT, 4711 }, again;
	char text[32];

	if (xencons_param_where(s, &got)) {
		assert(got.mode == XENCONS_MODE_DEFAULT && got.num == 4711);
		return;
	}
	if (got.mode == XENCONS_MODE_OFF) {
		assert(got.num == 0);
		return;
	}
	assert(got.mode <= XENCONS_MODE_HVC && names[got.mode]);
	assert(got.num <= last[got.mode]);
	snprintf(text, sizeof(text), "%s%u", names[got.mode], got.num);
	assert(!xencons_param_where(text, &again));
	assert(again.mode == got.mode && again.num == got.num);
}

static void transport(const char *s)
{
	enum xencons_transport got = XENCONS_TRANSPORT_HV;

	if (xencons_param_transport(s, &got))
		assert(got == XENCONS_TRANSPORT_HV);
	else
		assert(got <= XENCONS_TRANSPORT_HV);
}

static void takeover(const char *s)
{
	enum xencons_takeover_mode got = XENCONS_TAKEOVER_OFF;

	if (xencons_param_takeover(s, &got))
		assert(got == XENCONS_TAKEOVER_OFF);
	else
		assert(!strcmp(xencons_param_takeover_name(got), s));
}

static void bufsz(const char *s)
{
	unsigned int bytes = 4711;

	if (xencons_param_bufsz(s, &bytes)) {
		assert(bytes == 4711);
		return;
	}
	assert(!(bytes & (bytes - 1)));
	assert(bytes >= XENCONS_BUFSZ_MIN && bytes <= XENCONS_BUFSZ_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	memcpy(s, data, size);
	s[size] = '\0';
	where(s);
	transport(s);
	takeover(s);
	bufsz(s);
	free(s);
	return 0;
}
