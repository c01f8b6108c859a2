#!/bin/sh -e
# SPDX-License-Identifier: GPL-2.0-only
# Run in a Debian that has kernels, headers and DKMS: xencons-dkms is installed and removed. What is seen
# goes to /found, a directory per kernel and the rest above them.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /found
cd /found
releases=$(linux-version list )

# Kernels that are refused: what they are called, and a line of their configuration
unsupported='5.10.0-1-amd64 CONFIG_XEN=y
6.0.0-1-amd64 CONFIG_XEN=y
6.12.0-noxen CONFIG_TTY=y
6.12.0-builtin CONFIG_XENCONS_CORE=y'
echo "$unsupported" | while read -r release option; do
	mkdir -p "/lib/modules/$release/build/include"
	printf 'CONFIG_XEN=y\n%s\n' "$option" > "/lib/modules/$release/build/.config"
done
sed -i /CONFIG_XEN=/d /lib/modules/6.12.0-noxen/build/.config

# record FILE COMMAND...: what it says, and how it failed
record() {
	record=$1
	shift
	"$@" > "$record" 2>&1 || echo "exit $?" >> "$record"
}

# What every kernel's initramfs has of ours: $1 is where to
look_into() {
	for release in $releases; do
		mkdir -p "$release"
		rm -rf /tmp/initramfs
		unmkinitramfs "/boot/initrd.img-$release" /tmp/initramfs
		(cd /tmp/initramfs && find . -name '*xen-console*' -o -name '*xencons*') | sort > "$release/$1"
		cat /tmp/initramfs/main/conf/conf.d/xencons /tmp/initramfs/conf/conf.d/xencons > "$release/$1-conf" 2> /dev/null || true
	done
}

ours_in_root() {
	find / -xdev \( -path /found -o -path /proc -o -path /tmp -o -path /var/lib/dpkg \) -prune -o \
		\( -name '*xen-console*' -o -name '*xencons*' \) -print
}

cp /package.deb .
record lintian.log lintian --allow-root /package.deb
record install.log apt-get install -y --no-install-recommends /package.deb
version=$(dpkg-query -W -f '${Version}' xencons-dkms)
dkms status > dkms.log
echo "$unsupported" | while read -r release _; do
	record "refused-$release" dkms build -m xencons -v "$version" -k "$release"
done
look_into initramfs
for release in $releases; do
	record "$release/modinfo" modinfo -k "$release" xen-console
	cp "/boot/vmlinuz-$release" "$release/bzImage"
	echo "$release" > "$release/release"
	cp "/boot/initrd.img-$release" "$release/initrd"
	record "$release/dracut.log" dracut --force --no-hostonly --no-compress /tmp/dracut "$release"
	record "$release/dracut" lsinitrd /tmp/dracut
done

record remove.log apt-get remove -y xencons-dkms
dkms status > dkms-removed.log
look_into initramfs-removed
for release in $releases; do
	cp "/boot/initrd.img-$release" "$release/initrd-removed"
done
ours_in_root > left-removed
record purge.log apt-get purge -y xencons-dkms
ours_in_root > left-purged
