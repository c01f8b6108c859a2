#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The package xencons-dkms, as KTAP: how it is made; with --full, how it does in Debian 12 and 13 (visit.sh)."""
import functools
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "lab")]
import common
import ktap
import package
import packages

# What a domain needs for its console, beside the source
FILES = {"/etc/modprobe.d/xencons.conf", "/usr/lib/dracut/modules.d/90xencons/module-setup.sh",
         "/usr/lib/systemd/system/sysinit.target.wants/xencons.service", "/usr/lib/systemd/system/xencons.service",
         "/usr/lib/udev/rules.d/60-xencons.rules", "/usr/share/doc-base/xencons-dkms.xencons",
         "/usr/share/initramfs-tools/hooks/xencons", "/usr/share/man/man4/xencons.4.gz"}
UNSUPPORTED = ("5.10.0-1-amd64", "6.0.0-1-amd64", "6.12.0-noxen", "6.12.0-builtin")
REFUSAL = "BUILD_EXCLUSIVE directive which does not match this kernel/arch/config"
IN_INITRAMFS = r"/updates/dkms/xen-console\.ko"


def dpkg_deb(*arguments: str | Path) -> str:
    return subprocess.run(["dpkg-deb", *arguments], check=True, capture_output=True, text=True).stdout


def missing(where: str, pattern: str, text: str) -> list[str]:
    return [] if re.search(pattern, text) else [f"{where}: nothing like {pattern} in:", *text.splitlines()[-20:]]


def builds() -> list[str]:
    """Twice the same, byte for byte, named after the commit; with the source, no test of it, and what a domain needs."""
    path = package.build()
    data = path.read_bytes()
    problems = [] if package.build().read_bytes() == data else ["the second package is another"]
    commit = subprocess.run(["git", "log", "-1", "--format=%h", "--abbrev=12"], cwd=common.REPO, check=True,
                            capture_output=True, text=True).stdout.strip()
    version = dpkg_deb("-f", path, "Version").strip()
    problems += missing("version", rf"^0\.1\+git\d{{14}}\.{commit}(\+changed)?$", version)
    files = {line.split()[5].removeprefix(".") for line in dpkg_deb("-c", path).splitlines()}
    wanted = FILES | {f"/usr/src/xencons-{version}/{name}" for name in ("dkms.conf", "Makefile")}
    problems += [f"{path} is missing" for path in sorted(wanted - files)]
    return problems + [f"{path} is in it" for path in sorted(files) if "/tests/" in path or "kunit" in path]


class Visit:
    """What was seen in a Debian."""

    def __init__(self, suite: str):
        self.found = package.visit(suite)
        self.releases = sorted(path.parent.name for path in self.found.glob("*/bzImage"))

    def read(self, name: str) -> str:
        return (self.found / name).read_text()


def with_visit(case: Callable) -> Callable:
    @functools.wraps(case)
    def wrapped(suite: str) -> list[str]:
        return case(Visit(suite))
    return wrapped


@with_visit
def lintian(seen: Visit) -> list[str]:
    """Neither an error nor a warning."""
    return seen.read("lintian.log").splitlines()


@with_visit
def installs(seen: Visit) -> list[str]:
    """For each kernel, signed, without starting anything."""
    problems = missing("install", r"\A(?!(.|\n)*^exit )", seen.read("install.log"))
    for release in seen.releases:
        problems += missing("dkms status", rf"(?m)^xencons/.*, {re.escape(release)}, x86_64: installed$", seen.read("dkms.log"))
        told = seen.read(f"{release}/modinfo")
        for pattern in (rf"(?m)^filename: .*/{re.escape(release)}/updates/dkms/xen-console\.ko", r"(?m)^sig_id: +PKCS#7",
                        r"(?m)^signer: +DKMS module signing key", r"(?m)^alias: +xencons$"):
            problems += missing(f"modinfo {release}", pattern, told)
    return problems + ([] if seen.releases else ["no kernel"])


@with_visit
def initramfs(seen: Visit) -> list[str]:
    """The module and what loads it are in that of each kernel, made by initramfs-tools or dracut."""
    problems = []
    for release in seen.releases:
        problems += missing(f"initramfs {release}", IN_INITRAMFS, seen.read(f"{release}/initramfs"))
        problems += missing(f"conf.d {release}", "(?m)^\tmodprobe -qb xen-console$", seen.read(f"{release}/initramfs-conf"))
        for pattern in (IN_INITRAMFS, r"sysinit\.target\.wants/xencons\.service"):
            problems += missing(f"dracut {release}", pattern, seen.read(f"{release}/dracut"))
    return problems


@with_visit
def refuses(seen: Visit) -> list[str]:
    """Kernels that the driver is not for are refused with the reason, before anything is built."""
    problems = []
    for release in UNSUPPORTED:
        told = re.sub(r"\s+", " ", seen.read(f"refused-{release}"))
        problems += missing(release, f"{REFUSAL}.*exit 77", told)
        problems += [f"{release}: {told}"] * ("Building" in told)
    return problems


@with_visit
def removes(seen: Visit) -> list[str]:
    """Nothing is left, but for the conffile until the purge."""
    problems = missing("remove", r"\A(?!(.|\n)*^exit )", seen.read("remove.log") + seen.read("purge.log"))
    problems += seen.read("dkms-removed.log").splitlines()
    problems += [f"left: {path}" for path in seen.read("left-removed").splitlines()
                 if path != "/etc/modprobe.d/xencons.conf"]
    problems += [f"left by the purge: {path}" for path in seen.read("left-purged").splitlines()]
    for release in seen.releases:
        problems += [f"left in the initramfs of {release}: {path}"
                     for path in seen.read(f"{release}/initramfs-removed").splitlines() if "modprobe.d" not in path]
    return problems


SHORT = {"builds": builds}
FULL = {f"{case.__name__}_{suite}": functools.partial(case, suite)
        for suite in package.SUITES for case in (lintian, installs, initramfs, refuses, removes)}


def main(arguments: list[str]) -> int:
    packages.need_packages([*packages.DEB, *packages.XEN])
    return ktap.run_named(SHORT | FULL, [*SHORT, *FULL] if arguments == ["--full"] else arguments or [*SHORT])


if __name__ == "__main__":
    common.program(main)
