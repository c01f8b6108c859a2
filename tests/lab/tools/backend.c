// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab-backend DOMID PORT OPERATION...: does to a guest's console what a case says. The
 * console daemon must be gone for the operations that need the guest's events.
 *
 * FIELD          print a field of the shared page
 * FIELD=NUMBER   write it
 * notify=COUNT   send so many events
 * take=BYTES     copy output to stdout until so many bytes of user text, which are those above
 *                127, are among it; on the guest's events, and send none back
 *
 * A FIELD is in_cons, in_prod, out_cons, out_prod or connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the kernel's headers for user space expect of Xen's */
typedef uint16_t domid_t;
typedef uint32_t grant_ref_t;
#include <xen/evtchn.h>
#include <xen/gntdev.h>

#define GNTTAB_RESERVED_CONSOLE	0
#define PATIENCE_MS		20000

/* Xen's public/io/console.h */
struct xencons_page {
	char in[1024], out[2048];
	uint32_t in_cons, in_prod, out_cons, out_prod;
	uint8_t connection;
};

static volatile struct xencons_page *page;
static int evtchn = -1, domid;
static unsigned int remote_port, local_port;

static void die(const char *what)
{
	fprintf(stderr, "lab-backend: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void map_page(void)
{
	struct ioctl_gntdev_map_grant_ref map = {
		.count = 1,
		.refs[0] = { .domid = domid, .ref = GNTTAB_RESERVED_CONSOLE },
	};
	int gntdev = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);

	if (gntdev < 0 || ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map))
		die("grant");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, map.index);
	if (page == MAP_FAILED)
		die("page");
}

static void bind_port(void)
{
	struct ioctl_evtchn_bind_interdomain bind = {
		.remote_domain = domid, .remote_port = remote_port,
	};
	int port;

	if (evtchn >= 0)
		return;
	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (evtchn < 0)
		die("/dev/xen/evtchn");
	port = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (port < 0)
		die("port");
	local_port = port;
}

static void notify(unsigned long count)
{
	struct ioctl_evtchn_notify event = { .port = local_port };

	while (count--)
		if (ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &event))
			die("notify");
}

/* The port is masked when its event is read, until it is written back. */
static void await_event(void)
{
	struct pollfd ready = { .fd = evtchn, .events = POLLIN };
	unsigned int port;

	if (poll(&ready, 1, PATIENCE_MS) != 1) {
		errno = ETIMEDOUT;
		die("event");
	}
	if (read(evtchn, &port, sizeof(port)) != sizeof(port) ||
	    write(evtchn, &port, sizeof(port)) != sizeof(port))
		die("event");
}

static unsigned long take_some(unsigned long limit)
{
	uint32_t cons = page->out_cons, prod = page->out_prod;
	unsigned long taken = 0;

	__sync_synchronize();
	while (cons != prod && taken < limit) {
		unsigned char byte = page->out[cons++ % sizeof(page->out)];

		putchar(byte);
		taken += byte > 127;
	}
	__sync_synchronize();
	page->out_cons = cons;
	return taken;
}

static void take(unsigned long bytes)
{
	while (bytes) {
		await_event();
		bytes -= take_some(bytes);
	}
}

static volatile uint32_t *field(const char *name)
{
	if (!strcmp(name, "in_cons"))
		return &page->in_cons;
	if (!strcmp(name, "in_prod"))
		return &page->in_prod;
	if (!strcmp(name, "out_cons"))
		return &page->out_cons;
	if (!strcmp(name, "out_prod"))
		return &page->out_prod;
	errno = EINVAL;
	die(name);
	return NULL;
}

static void operate(char *operation)
{
	char *name = strsep(&operation, "=");
	unsigned long number = operation ? strtoul(operation, NULL, 0) : 0;

	if (!operation) {
		printf("%u\n", strcmp(name, "connection") ? *field(name) : page->connection);
	} else if (!strcmp(name, "notify")) {
		bind_port();
		notify(number);
	} else if (!strcmp(name, "take")) {
		bind_port();
		take(number);
	} else if (!strcmp(name, "connection")) {
		page->connection = number;
	} else {
		*field(name) = number;
	}
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	domid = atoi(argv[1]);
	remote_port = atoi(argv[2]);
	map_page();
	for (int i = 3; i < argc; i++)
		operate(argv[i]);
	return fflush(stdout) ? 1 : 0;
}
