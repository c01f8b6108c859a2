// SPDX-License-Identifier: GPL-2.0-only
/* lab-noconsole DOMID: takes the console page and port from a new HVM or PVH domain. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* The kernel's xen/privcmd.h, which does not compile in user space */
struct privcmd_hypercall {
	uint64_t op;
	uint64_t arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL	_IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

/* Xen's public/xen.h and public/hvm/ */
#define HYPERVISOR_HVM_OP		34
#define HVMOP_SET_PARAM			0
#define HVM_PARAM_CONSOLE_PFN		17
#define HVM_PARAM_CONSOLE_EVTCHN	18

struct hvm_param {
	uint16_t domid;
	uint16_t pad;
	uint32_t index;
	uint64_t value;
};

static int clear_param(int privcmd, int domid, int index)
{
	static struct hvm_param param;
	struct privcmd_hypercall call = {
		.op = HYPERVISOR_HVM_OP,
		.arg = { HVMOP_SET_PARAM, (uintptr_t)&param },
	};

	/* Xen reads it by its address and does not fault pages in. */
	mlock(&param, sizeof(param));
	param = (struct hvm_param){ .domid = domid, .index = index };
	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

int main(int argc, char **argv)
{
	int privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	int domid = argc > 1 ? atoi(argv[1]) : 0;

	if (privcmd < 0 || domid <= 0 ||
	    clear_param(privcmd, domid, HVM_PARAM_CONSOLE_PFN) ||
	    clear_param(privcmd, domid, HVM_PARAM_CONSOLE_EVTCHN)) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		return 1;
	}
	return 0;
}
