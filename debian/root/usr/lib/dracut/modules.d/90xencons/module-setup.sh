#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The initramfs loads the Xen console before anybody has the console open.
# shellcheck disable=SC2154 # the variables are those of dracut

check() {
	modinfo -k "$kernel" xen-console > /dev/null 2>&1
}

depends() {
	echo systemd
}

installkernel() {
	hostonly='' instmods xen-console
}

install() {
	inst_simple "$systemdsystemunitdir/xencons.service"
	$SYSTEMCTL -q --root "$initdir" add-wants sysinit.target xencons.service
}
