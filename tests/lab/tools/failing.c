// SPDX-License-Identifier: GPL-2.0-only
/*
 * failing FILE N: loads a module, while the Nth allocation of this task fails. Prints the error
 * number, 0 if it is loaded, and how many allocations were missing until one would have failed: 0
 * if one did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int module = open(argv[1], O_RDONLY), nth = open("/proc/thread-self/fail-nth", O_RDWR);
	char left[16] = "";
	int error = 0;

	if (argc != 3 || module < 0 || nth < 0) {
		perror("failing");
		return 1;
	}
	if (write(nth, argv[2], strlen(argv[2])) < 0)
		return 1;
	if (syscall(SYS_finit_module, module, "", 0))
		error = errno;
	if (pread(nth, left, sizeof(left) - 1, 0) < 0 || pwrite(nth, "0", 1, 0) < 0)
		return 1;
	printf("%d %d\n", error, atoi(left));
	return 0;
}
