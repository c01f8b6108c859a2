# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages the tests need."""

import os
import subprocess

from common import Failure, Usage, say

KERNEL = ["bc", "bison", "ccache", "cpio", "flex", "gcc", "libc6-dev", "libelf-dev", "libssl-dev", "make",
          "xz-utils"]
XEN = ["busybox-static", "python3-pexpect", "qemu-system-x86", "xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xenstore-utils"]


def missing(packages: list[str]) -> list[str]:
    """Those of the packages that dpkg does not know as installed."""
    query = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages],
                           capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def need_packages(packages: list[str]) -> None:
    """Install what is missing when root, else say which command does."""
    wanted = missing(packages)
    if not wanted:
        return
    # Without the recommended packages Xen does not become the machine's default boot entry.
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *wanted]
    if os.geteuid() != 0:
        raise Usage("missing packages, run: sudo " + " ".join(install))
    say(f"installing {' '.join(wanted)}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(install)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
