// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of xencons=, xencons_transport= and xencons_bufsz=, the same for the
 * kernel command line and for module parameters, and of the module's takeover=.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "xencons_param.h"

struct xencons_word {
	const char *name;
	enum xencons_mode mode;
	unsigned int first, last;	/* numbers that may follow */
	unsigned int none;		/* what no number means */
};

/* ttyS stands before tty, or "ttyS0" would be a tty with a bad number. */
static const struct xencons_word xencons_words[] = {
	{ "off",  XENCONS_MODE_OFF,  1, 0,   0 },
	{ "ttyS", XENCONS_MODE_TTYS, 0, 191, 0 },
	{ "tty",  XENCONS_MODE_TTY,  1, 63,  1 },
	{ "xvc",  XENCONS_MODE_XVC,  0, 0,   0 },
	{ "hvc",  XENCONS_MODE_HVC,  0, 63,  0 },
};

static const char * const xencons_transports[] = {
	[XENCONS_TRANSPORT_AUTO] = "auto",
	[XENCONS_TRANSPORT_RING] = "ring",
	[XENCONS_TRANSPORT_HV] = "hv",
};

static const char * const xencons_takeovers[] = {
	[XENCONS_TAKEOVER_HANGUP] = "hangup",
	[XENCONS_TAKEOVER_IDLE] = "idle",
	[XENCONS_TAKEOVER_OFF] = "off",
};

/* Which of the words @s is, or -EINVAL. */
static int xencons_param_word(const char * const *words, size_t count,
			      const char *s)
{
	size_t n;

	for (n = 0; n < count; n++)
		if (!strcmp(s, words[n]))
			return (int)n;
	return -EINVAL;
}

/*
 * Digits at the start of @s as a number that stops growing at @limit. The
 * number of digits is the return value: 0 if there is none.
 */
static size_t xencons_param_digits(const char *s, unsigned long long limit,
				   unsigned long long *value)
{
	size_t n = 0;

	*value = 0;
	for (; s[n] >= '0' && s[n] <= '9'; n++)
		*value = min(*value * 10 + (unsigned long long)(s[n] - '0'),
			     limit);
	return n;
}

static int xencons_param_num(const struct xencons_word *word, const char *s,
			     unsigned int *num)
{
	unsigned long long value;
	size_t digits = xencons_param_digits(s, 1000, &value);

	if (s[digits])
		return -EINVAL;
	if (!digits) {
		*num = word->none;
		return 0;
	}
	if (value < word->first || value > word->last)
		return -ERANGE;
	*num = (unsigned int)value;
	return 0;
}

/**
 * xencons_param_where() - read a value of xencons=
 * @s: the value, nothing before or behind it
 * @where: filled on success, left alone on error
 *
 * Return: 0, -EINVAL for an unknown word, -ERANGE for a number that mode does
 * not have.
 */
int xencons_param_where(const char *s, struct xencons_where *where)
{
	const struct xencons_word *word = xencons_words;
	const struct xencons_word *end = word + ARRAY_SIZE(xencons_words);
	unsigned int num;
	int err;

	while (word < end && strncmp(s, word->name, strlen(word->name)))
		word++;
	if (word == end)
		return -EINVAL;

	err = xencons_param_num(word, s + strlen(word->name), &num);
	if (err)
		return err;

	where->mode = word->mode;
	where->num = num;
	return 0;
}

/**
 * xencons_param_transport() - read a value of xencons_transport=
 * @s: the value, nothing before or behind it
 * @transport: filled on success, left alone on error
 *
 * Return: 0, or -EINVAL for an unknown word.
 */
int xencons_param_transport(const char *s, enum xencons_transport *transport)
{
	int n = xencons_param_word(xencons_transports,
				   ARRAY_SIZE(xencons_transports), s);

	if (n < 0)
		return n;
	*transport = (enum xencons_transport)n;
	return 0;
}

/**
 * xencons_param_takeover() - read a value of takeover=
 * @s: the value, nothing before or behind it
 * @mode: filled on success, left alone on error
 *
 * Return: 0, or -EINVAL for an unknown word.
 */
int xencons_param_takeover(const char *s, enum xencons_takeover_mode *mode)
{
	int n = xencons_param_word(xencons_takeovers,
				   ARRAY_SIZE(xencons_takeovers), s);

	if (n < 0)
		return n;
	*mode = (enum xencons_takeover_mode)n;
	return 0;
}

/**
 * xencons_param_takeover_name() - how a value of takeover= is written
 * @mode: the value
 */
const char *xencons_param_takeover_name(enum xencons_takeover_mode mode)
{
	return xencons_takeovers[mode];
}

/**
 * xencons_param_bufsz() - read a value of xencons_bufsz=
 * @s: the value: a decimal number of bytes, K or M may follow
 * @bytes: filled on success with a power of two from XENCONS_BUFSZ_MIN to
 *	XENCONS_BUFSZ_MAX, left alone on error
 *
 * Sizes out of range are moved to the nearest end of it.
 *
 * Return: 0, or -EINVAL if @s is no size or none at all.
 */
int xencons_param_bufsz(const char *s, unsigned int *bytes)
{
	unsigned long long value;
	size_t digits = xencons_param_digits(s, XENCONS_BUFSZ_MAX, &value);
	unsigned int size = XENCONS_BUFSZ_MIN;

	s += digits;
	if (*s == 'k' || *s == 'K') {
		value <<= 10;
		s++;
	} else if (*s == 'm' || *s == 'M') {
		value <<= 20;
		s++;
	}
	if (*s || !value)
		return -EINVAL;

	while (size < value && size < XENCONS_BUFSZ_MAX)
		size <<= 1;
	*bytes = size;
	return 0;
}

/**
 * xencons_param_channel() - the number of a channel, as xenstore has it
 * @s: digits
 * @num: the number; unchanged on error
 *
 * Return: 0 or -EINVAL.
 */
int xencons_param_channel(const char *s, unsigned int *num)
{
	unsigned long long n;
	size_t digits = xencons_param_digits(s, XENCONS_CHANNELS + 1, &n);

	/* Of "1" and "01" only one is channel 1; "0" is the domain's own console. */
	if (!digits || s[0] == '0' || s[digits] || n > XENCONS_CHANNELS)
		return -EINVAL;
	*num = (unsigned int)n;
	return 0;
}

/* What a file's name may have everywhere. */
#define XENCONS_NAME \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@+"

/**
 * xencons_param_name() - may a channel be called that?
 * @s: the name, which becomes that of a file
 *
 * Return: whether it may.
 */
bool xencons_param_name(const char *s)
{
	size_t len = strlen(s);

	return len && len < XENCONS_CHANNEL_NAME && s[0] != '.' &&
	       strspn(s, XENCONS_NAME) == len;
}
