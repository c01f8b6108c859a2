# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages the tests need."""

import functools
import os
import re
import subprocess
import tempfile
from pathlib import Path

from common import CACHE, Failure, Usage, digest, locked, say

KERNEL = ["bc", "bison", "ccache", "cpio", "flex", "gcc", "libc6-dev", "libelf-dev", "libssl-dev", "make",
          "xz-utils"]
XEN = ["busybox-static", "gkermit", "login", "lrzsz", "mmdebstrap", "python3-pexpect", "qemu-system-x86", "tmux",
       "util-linux", "vim-tiny", "xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xenstore-utils"]
LINT = ["codespell", "git", "perl", "shellcheck", "sparse"]
TREE = ["git", "kmod", "perl"]


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


def need_headers() -> None:
    """As need_packages(), for the headers of both kernels."""
    need_packages(["linux-headers-amd64"])
    if list(Path("/usr/src").glob("linux-headers-6.12.*/.config")):
        return
    # Debian has no lasting name for the headers of 6.12.
    named = subprocess.run(["apt-cache", "--names-only", "search", r"^linux-headers-6\.12\.[0-9]+\+deb12-amd64$"],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    if not named:
        raise Usage("no package linux-headers-6.12.*+deb12-amd64: add bookworm-security to apt's sources")
    newest = max(int(re.search(r"6\.12\.(\d+)", line)[1]) for line in named)
    need_packages([f"linux-headers-6.12.{newest}+deb12-amd64"])


def run_apt(debian: str, *command: str, cwd: Path | None = None) -> str:
    """apt-get for an architecture, with a state of its own: the machine's is not touched, root is not needed."""
    state = CACHE / "apt" / debian
    (state / "lists/partial").mkdir(parents=True, exist_ok=True)
    options = {"APT::Architecture": debian, "APT::Architectures": debian, "Dir::State": state,
               "Dir::State::status": "/dev/null", "Dir::Cache": state / "cache", "APT::Sandbox::User": ""}
    done = subprocess.run(["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items()), *command],
                          cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"apt-get {' '.join(command)}, for {debian}, failed:\n{done.stderr[-2000:]}")
    return done.stdout


@functools.cache
def unpacked(debian: str, packages: tuple[str, ...]) -> Path:
    """What packages of another architecture hold, fetched once: keyed by what is asked for.

    Newer ones are fetched by whoever deletes the directory.
    """
    path = CACHE / "root" / f"{debian}-{digest(*packages)}"
    with locked(path.name):
        if not path.exists():
            say(f"fetching packages for {debian}")
            run_apt(debian, "update")
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent) as fresh:
                run_apt(debian, "download", *packages, cwd=Path(fresh))
                for package in Path(fresh).glob("*.deb"):
                    subprocess.run(["dpkg-deb", "-x", package, f"{fresh}/root"], check=True)
                (Path(fresh) / "root").rename(path)
    return path
