/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot sector of an HVM guest's disk, see disk.py: what comes behind it goes to where
 * the table says, and the setup code of Linux is entered. The BIOS does all the work.
 */

#define SECTORS 127 /* at a time, through a buffer */
#define BUFFER 0x10000
#define SETUP 0x9000 /* segment */

	.code16
	.globl _start
_start:
	ljmp $0, $1f
1:	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $_start, %sp
	mov %dl, drive
	mov $table, %bx

piece:
	mov 4(%bx), %eax
	test %eax, %eax
	jz next
	cmp $SECTORS, %eax
	jbe 1f
	mov $SECTORS, %ax
1:	mov %ax, count
	mov $0x42, %ah /* extended read */
	mov drive, %dl
	mov $packet, %si
	int $0x13
	jc failed
	movzwl count, %eax
	add %eax, sector
	sub %eax, 4(%bx)
	mov (%bx), %ecx
	mov %cx, to
	shr $16, %ecx
	mov %cl, to + 2
	mov %ch, to + 5
	mov %ax, %cx
	shl $8, %cx
	shl $9, %eax
	add %eax, (%bx)
	mov $0x87, %ah /* move words, anywhere */
	mov $segments, %si
	int $0x15
	jnc piece

failed:
	hlt
	jmp failed

next:
	add $8, %bx
	cmp $table_end, %bx
	jne piece
	cli
	mov $SETUP, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %fs
	mov %ax, %gs
	mov %ax, %ss
	mov $0xe000, %sp
	ljmp $SETUP + 0x20, $0

drive:	.byte 0
packet:	.byte 16, 0
count:	.word 0, 0, BUFFER >> 4
sector:	.quad 1
segments:
	.quad 0, 0
	.word 0xffff, BUFFER & 0xffff, 0x9300 | BUFFER >> 16, 0
	.word 0xffff
to:	.word 0, 0x9300, 0
	.quad 0, 0

	/* The last thing ahead of the mark: destination and number of sectors, filled in by disk.py */
	.org 510 - 4 * 8
table:	.fill 4, 8
table_end:
	.word 0xaa55
