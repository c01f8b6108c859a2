/* SPDX-License-Identifier: GPL-2.0-only */
/* ARRAY_SIZE() of Linux 6.12 takes it for granted. */
