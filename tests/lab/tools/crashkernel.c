// SPDX-License-Identifier: GPL-2.0-only
/* crashkernel: loads a crash kernel that is never meant to run. */
#include <errno.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The memory that crashkernel= set aside; 0 if there is none. */
static unsigned long reserved(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long start, found = 0;
	char line[128];

	while (iomem && fgets(line, sizeof(line), iomem))
		if (strstr(line, ": Crash kernel") && sscanf(line, "%lx", &start) == 1)
			found = start;
	return found;
}

int main(int argc, char **argv)
{
	static char text[4096];
	struct kexec_segment segment = { .buf = text, .bufsz = sizeof(text), .memsz = sizeof(text) };
	unsigned long start = reserved();

	(void)argc;
	segment.mem = (void *)start;
	if (!start || syscall(SYS_kexec_load, start, 1, &segment, KEXEC_ON_CRASH)) {
		fprintf(stderr, "%s: %s\n", argv[0], start ? strerror(errno) : "no memory for it");
		return 1;
	}
	return 0;
}
