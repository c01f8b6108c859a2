// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of xencons=, xencons_transport=, xencons_bufsz= and takeover=: what each
 * string means.
 */
#include <kunit/test.h>

#include "../xencons_param.h"

struct where_case {
	const char *s;
	int err;
	enum xencons_mode mode;
	unsigned int num;
};

static const struct where_case where_valid[] = {
	{ "off",     0, XENCONS_MODE_OFF,  0 },
	{ "tty",     0, XENCONS_MODE_TTY,  1 },
	{ "tty1",    0, XENCONS_MODE_TTY,  1 },
	{ "tty2",    0, XENCONS_MODE_TTY,  2 },
	{ "tty63",   0, XENCONS_MODE_TTY,  63 },
	{ "tty007",  0, XENCONS_MODE_TTY,  7 },
	{ "ttyS",    0, XENCONS_MODE_TTYS, 0 },
	{ "ttyS0",   0, XENCONS_MODE_TTYS, 0 },
	{ "ttyS1",   0, XENCONS_MODE_TTYS, 1 },
	{ "ttyS191", 0, XENCONS_MODE_TTYS, 191 },
	{ "xvc",     0, XENCONS_MODE_XVC,  0 },
	{ "xvc0",    0, XENCONS_MODE_XVC,  0 },
	{ "hvc",     0, XENCONS_MODE_HVC,  0 },
	{ "hvc0",    0, XENCONS_MODE_HVC,  0 },
	{ "hvc7",    0, XENCONS_MODE_HVC,  7 },
	{ "hvc63",   0, XENCONS_MODE_HVC,  63 },
};

static const struct where_case where_invalid[] = {
	{ "",                        -EINVAL },
	{ " ",                       -EINVAL },
	{ "0",                       -EINVAL },
	{ "1",                       -EINVAL },
	{ "t",                       -EINVAL },
	{ "tt",                      -EINVAL },
	{ "on",                      -EINVAL },
	{ "of",                      -EINVAL },
	{ "OFF",                     -EINVAL },
	{ "offf",                    -EINVAL },
	{ " off",                    -EINVAL },
	{ "off ",                    -EINVAL },
	{ "off,tty1",                -EINVAL },
	{ "off0",                    -ERANGE },
	{ "off1",                    -ERANGE },
	{ "TTY1",                    -EINVAL },
	{ "tty0",                    -ERANGE },
	{ "tty64",                   -ERANGE },
	{ "tty-1",                   -EINVAL },
	{ "tty+1",                   -EINVAL },
	{ "tty 1",                   -EINVAL },
	{ "tty1 ",                   -EINVAL },
	{ "tty1\n",                  -EINVAL },
	{ "tty1,115200n8",           -EINVAL },
	{ "tty1x",                   -EINVAL },
	{ "tty0x1",                  -EINVAL },
	{ "tty257",                  -ERANGE },
	{ "tty65537",                -ERANGE },
	{ "tty4294967297",           -ERANGE },
	{ "tty18446744073709551617", -ERANGE },
	{ "ttys0",                   -EINVAL },
	{ "ttySS0",                  -EINVAL },
	{ "ttyS192",                 -ERANGE },
	{ "ttyS4294967296",          -ERANGE },
	{ "ttyUSB0",                 -EINVAL },
	/* Numbers of other drivers */
	{ "xvc1",                    -ERANGE },
	{ "xvc63",                   -ERANGE },
	{ "xvcs0",                   -EINVAL },
	{ "hvc64",                   -ERANGE },
	{ "hvcs0",                   -EINVAL },
	{ "xencons",                 -EINVAL },
};

struct transport_case {
	const char *s;
	enum xencons_transport transport;
};

static const struct transport_case transport_valid[] = {
	{ "auto", XENCONS_TRANSPORT_AUTO },
	{ "ring", XENCONS_TRANSPORT_RING },
	{ "hv",   XENCONS_TRANSPORT_HV },
};

static const char * const transport_invalid[] = {
	"", " ", "0", "1", "on", "off", "a", "aut", "autoring", "AUTO", "auto ",
	" auto", "auto,hv", "ring0", "r", "h", "hvc", "hvm", "hv\n", "xencons",
};

struct bufsz_case {
	const char *s;
	unsigned int bytes;
};

static const struct bufsz_case bufsz_valid[] = {
	{ "1",                     4096 },
	{ "4095",                  4096 },
	{ "4096",                  4096 },
	{ "4097",                  8192 },
	{ "0004097",               8192 },
	{ "8192",                  8192 },
	{ "16385",                 32768 },
	{ "524289",                1048576 },
	{ "1048575",               1048576 },
	{ "1048576",               1048576 },
	{ "1048577",               1048576 },
	{ "4294967297",            1048576 },
	{ "18446744073709551617",  1048576 },
	{ "1K",                    4096 },
	{ "4k",                    4096 },
	{ "4K",                    4096 },
	{ "5K",                    8192 },
	{ "64k",                   65536 },
	{ "1023K",                 1048576 },
	{ "1024K",                 1048576 },
	{ "4194305K",              1048576 },
	{ "18014398509481984K",    1048576 },
	{ "1m",                    1048576 },
	{ "1M",                    1048576 },
	{ "2M",                    1048576 },
	{ "17592186044416M",       1048576 },
};

static const char * const bufsz_invalid[] = {
	"", " ", "0", "00", "0K", "0M", "k", "K", "M", "-1", "-4096", "+4096",
	" 4096", "4096 ", "4096\n", "4 K", "4KK", "4KM", "4KB", "4096B", "4G",
	"0x1000", "1e6", "1.5M", "1,5M", "big", "tty1",
};

static void where_name(const struct where_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "xencons=\"%*pE\"",
		 (int)strlen(c->s), c->s);
}

static void transport_name(const struct transport_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "xencons_transport=\"%s\"", c->s);
}

static void transport_invalid_name(const char * const *s, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "xencons_transport=\"%*pE\"",
		 (int)strlen(*s), *s);
}

static void bufsz_name(const struct bufsz_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "xencons_bufsz=\"%s\" is %u",
		 c->s, c->bytes);
}

static void bufsz_invalid_name(const char * const *s, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "xencons_bufsz=\"%*pE\"",
		 (int)strlen(*s), *s);
}

KUNIT_ARRAY_PARAM(where_valid, where_valid, where_name);
KUNIT_ARRAY_PARAM(where_invalid, where_invalid, where_name);
KUNIT_ARRAY_PARAM(transport_valid, transport_valid, transport_name);
KUNIT_ARRAY_PARAM(transport_invalid, transport_invalid, transport_invalid_name);
KUNIT_ARRAY_PARAM(bufsz_valid, bufsz_valid, bufsz_name);
KUNIT_ARRAY_PARAM(bufsz_invalid, bufsz_invalid, bufsz_invalid_name);

static void a_valid_place_is_understood(struct kunit *test)
{
	const struct where_case *c = test->param_value;
	struct xencons_where where = { XENCONS_MODE_DEFAULT, 4711 };

	KUNIT_EXPECT_EQ(test, xencons_param_where(c->s, &where), 0);
	KUNIT_EXPECT_EQ(test, where.mode, c->mode);
	KUNIT_EXPECT_EQ(test, where.num, c->num);
}

/* (2006 bug 30) (finding 20) */
static void an_invalid_place_is_refused_and_changes_nothing(struct kunit *test)
{
	const struct where_case *c = test->param_value;
	struct xencons_where where = { XENCONS_MODE_DEFAULT, 4711 };

	KUNIT_EXPECT_EQ(test, xencons_param_where(c->s, &where), c->err);
	KUNIT_EXPECT_EQ(test, where.mode, XENCONS_MODE_DEFAULT);
	KUNIT_EXPECT_EQ(test, where.num, 4711);
}

static void a_valid_transport_is_understood(struct kunit *test)
{
	const struct transport_case *c = test->param_value;
	enum xencons_transport transport = -1;

	KUNIT_EXPECT_EQ(test, xencons_param_transport(c->s, &transport), 0);
	KUNIT_EXPECT_EQ(test, transport, c->transport);
}

static void an_invalid_transport_is_refused_and_changes_nothing(struct kunit *test)
{
	const char * const *s = test->param_value;
	enum xencons_transport transport = XENCONS_TRANSPORT_HV;

	KUNIT_EXPECT_EQ(test, xencons_param_transport(*s, &transport), -EINVAL);
	KUNIT_EXPECT_EQ(test, transport, XENCONS_TRANSPORT_HV);
}

static void a_takeover_mode_is_understood_and_named(struct kunit *test)
{
	static const char * const valid[] = { "hangup", "idle", "off" };
	enum xencons_takeover_mode mode = XENCONS_TAKEOVER_OFF;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(valid); n++) {
		KUNIT_EXPECT_EQ(test, xencons_param_takeover(valid[n], &mode), 0);
		KUNIT_EXPECT_EQ(test, mode, n);
		KUNIT_EXPECT_STREQ(test, xencons_param_takeover_name(mode), valid[n]);
	}
}

static void an_invalid_takeover_mode_is_refused_and_changes_nothing(struct kunit *test)
{
	static const char * const invalid[] = {
		"", "0", "2", "on", "of", "offf", "hang", "hangup ", " idle", "IDLE",
	};
	enum xencons_takeover_mode mode = XENCONS_TAKEOVER_IDLE;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(invalid); n++)
		KUNIT_EXPECT_EQ(test, xencons_param_takeover(invalid[n], &mode), -EINVAL);
	KUNIT_EXPECT_EQ(test, mode, XENCONS_TAKEOVER_IDLE);
}

/* (2006 bug 20) */
static void a_valid_size_becomes_a_power_of_two_in_range(struct kunit *test)
{
	const struct bufsz_case *c = test->param_value;
	unsigned int bytes = 4711;

	KUNIT_EXPECT_EQ(test, xencons_param_bufsz(c->s, &bytes), 0);
	KUNIT_EXPECT_EQ(test, bytes, c->bytes);
}

/* (2006 bug 20) */
static void an_invalid_size_is_refused_and_changes_nothing(struct kunit *test)
{
	const char * const *s = test->param_value;
	unsigned int bytes = 4711;

	KUNIT_EXPECT_EQ(test, xencons_param_bufsz(*s, &bytes), -EINVAL);
	KUNIT_EXPECT_EQ(test, bytes, 4711);
}

static void a_channel_has_a_number_from_1_to_64(struct kunit *test)
{
	static const char * const invalid[] = {
		"", "0", "01", "65", "-1", "1 ", " 1", "1a", "0x1", "18446744073709551617",
	};
	unsigned int num = 4711;
	size_t n;

	for (n = 0; n < ARRAY_SIZE(invalid); n++)
		KUNIT_EXPECT_EQ(test, xencons_param_channel(invalid[n], &num), -EINVAL);
	KUNIT_EXPECT_EQ(test, num, 4711);

	KUNIT_EXPECT_EQ(test, xencons_param_channel("1", &num), 0);
	KUNIT_EXPECT_EQ(test, num, 1);
	KUNIT_EXPECT_EQ(test, xencons_param_channel("10", &num), 0);
	KUNIT_EXPECT_EQ(test, num, 10);
	KUNIT_EXPECT_EQ(test, xencons_param_channel("64", &num), 0);
	KUNIT_EXPECT_EQ(test, num, 64);
}

static void a_channel_has_the_name_of_a_file(struct kunit *test)
{
	static const char * const valid[] = {
		"a", "org.qemu.guest_agent.0", "a-b:c@d+e",
		"sixty-three-characters-are-as-many-as-there-may-be-in-such-name",
	};
	static const char * const invalid[] = {
		"", ".", "..", ".hidden", "a/b", "../../etc/passwd", "a b", "a\nb", "\xc3\xa4",
		"sixty-four-characters-are-more-than-there-may-be-in-such-a-name-",
	};
	size_t n;

	for (n = 0; n < ARRAY_SIZE(valid); n++)
		KUNIT_EXPECT_TRUE_MSG(test, xencons_param_name(valid[n]), "%s", valid[n]);
	for (n = 0; n < ARRAY_SIZE(invalid); n++)
		KUNIT_EXPECT_FALSE_MSG(test, xencons_param_name(invalid[n]), "%s", invalid[n]);
}

static struct kunit_case param_cases[] = {
	KUNIT_CASE_PARAM(a_valid_place_is_understood, where_valid_gen_params),
	KUNIT_CASE_PARAM(an_invalid_place_is_refused_and_changes_nothing,
			 where_invalid_gen_params),
	KUNIT_CASE_PARAM(a_valid_transport_is_understood,
			 transport_valid_gen_params),
	KUNIT_CASE_PARAM(an_invalid_transport_is_refused_and_changes_nothing,
			 transport_invalid_gen_params),
	KUNIT_CASE(a_takeover_mode_is_understood_and_named),
	KUNIT_CASE(an_invalid_takeover_mode_is_refused_and_changes_nothing),
	KUNIT_CASE_PARAM(a_valid_size_becomes_a_power_of_two_in_range,
			 bufsz_valid_gen_params),
	KUNIT_CASE_PARAM(an_invalid_size_is_refused_and_changes_nothing,
			 bufsz_invalid_gen_params),
	KUNIT_CASE(a_channel_has_a_number_from_1_to_64),
	KUNIT_CASE(a_channel_has_the_name_of_a_file),
	{}
};

static struct kunit_suite param_suite = {
	.name = "xencons_param",
	.test_cases = param_cases,
};

kunit_test_suite(param_suite);
