# SPDX-License-Identifier: GPL-2.0-only
# Shared by the init scripts of dom0 and of guests; runs under busybox sh.
# shellcheck shell=dash

export PATH=/bin HOME=/ TERM=vt100 PS1='# '
: "${PATIENCE:=3}"

# wait_until SECONDS COMMAND...: polls the command; false when PATIENCE times as much is up. To poll more often would
# keep a processor busy that others need: a command is started in some 50 ms.
wait_until() {
	polls=$(($1 * 10 * PATIENCE))
	shift
	until "$@"; do
		polls=$((polls - 1))
		[ $polls -gt 0 ] || return 1
		usleep 100000
	done
}

# wait_change SECONDS NODE COMMAND...: the same, each time that something at this node of xenstore or below it changes
wait_change() {
	changes=/tmp/changes.$$
	mkfifo $changes
	timeout $(($1 * PATIENCE)) xenstore-watch "$2" > $changes &
	exec 4< $changes
	rm $changes
	shift 2
	while read -r _ <&4; do
		if "$@"; then
			kill $!
			return 0
		fi
	done
	return 1
}

mount_all() {
	mkdir -p /proc /sys /dev /run /tmp
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev
	# Without a console init starts with nothing open
	[ -e /proc/self/fd/0 ] || { exec 9<> /dev/null; exec <&9 >&9 2>&9; }
	mkdir -p /dev/pts
	mount -t devpts devpts /dev/pts
	mount -t tmpfs tmpfs /run
	mount -t debugfs debugfs /sys/kernel/debug
	echo 1 > /proc/sys/kernel/sysrq
}

# run_command SECONDS BASE64: the decoded script's output goes to /tmp/output
run_command() {
	echo "$2" | base64 -d > /tmp/command
	timeout -s KILL "$1" sh /tmp/command > /tmp/output 2>&1 < /dev/null
}

# virtio_port NAME: its device node
virtio_port() {
	for port in /sys/class/virtio-ports/*; do
		[ "$(cat "$port/name")" = "$1" ] && echo "/dev/${port##*/}" && return
	done 2> /dev/null
	return 1
}

# agent_virtio STATUS: serves "ID SECONDS BASE64" with "ID EXIT BASE64"
agent_virtio() {
	wait_until 10 virtio_port lab.agent > /dev/null || return
	exec 3<> "$(virtio_port lab.agent | tail -n 1)"
	echo "$1" >&3
	while read -r id limit script <&3; do
		run_command "$limit" "$script"
		code=$?
		{ echo -n "$id $code "; base64 -w 0 /tmp/output; echo; } >&3
	done
}

# agent_xenstore: serves what is in data/command; values in xenstore are limited to 2048 bytes
agent_xenstore() {
	xenstore-write data/agent ready
	last=
	xenstore-watch data/command | while read -r _; do
		read -r id limit script <<-EOF
			$(xenstore-read data/command 2> /dev/null)
		EOF
		# In a restored domain there is no command yet
		[ "${id:-$last}" != "$last" ] || continue
		last=$id
		run_command "$limit" "$script"
		code=$?
		base64 -w 2000 /tmp/output > /tmp/chunks
		chunk=0
		while read -r text; do
			xenstore-write "data/out/$chunk" "$text"
			chunk=$((chunk + 1))
		done < /tmp/chunks
		xenstore-write data/done "$id $code $chunk"
	done
}

# A shell on the console for ever; without a console there is none to serve.
console_shell() {
	while [ -n "$(cat /sys/class/tty/console/active)" ]; do
		setsid cttyhack sh < /dev/console > /dev/console 2>&1
		usleep 100000
	done
}

# reap: what init ends with. While it waits for a child it collects every orphan that ended.
reap() {
	while :; do
		sleep 3600
	done
}
