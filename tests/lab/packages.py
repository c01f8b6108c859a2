# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages the tests need."""

import functools
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote

from common import CACHE, Failure, Usage, digest, locked, made, say

KERNEL = ["bc", "bison", "ccache", "cpio", "flex", "gcc", "libc6-dev", "libelf-dev", "libssl-dev", "make",
          "xz-utils"]
XEN = ["mmdebstrap", "python3-pexpect", "qemu-system-x86"]
LINT = ["codespell", "git", "perl", "pyflakes3", "shellcheck", "sparse"]
TREE = ["git", "kmod", "perl"]
LLVM = 19  # which Debian 12 and 13 have, and Linux takes
CLANG = [f"{program}-{LLVM}" for program in ("clang", "lld", "llvm")]
TREE_FULL = [*CLANG, "gcc-arm-linux-gnueabihf"]
HEADERS = ["pahole"]
DEB = ["build-essential", "debhelper", "dh-dkms", "git"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
HOSTS = ("bookworm", "trixie")
REFRESH = 24 * 3600  # seconds between two questions what a suite has


def missing(packages: list[str]) -> list[str]:
    """Those of the packages that dpkg does not know as installed."""
    query = subprocess.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages],
                           capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def need_packages(packages: list[str]) -> None:
    """Install what is missing when root, else say which command does."""
    codename()
    wanted = missing(packages)
    if not wanted:
        return
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *wanted]
    if os.geteuid() != 0:
        raise Usage("missing packages, run: sudo " + " ".join(install))
    say(f"installing {' '.join(wanted)}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    update()
    done = subprocess.run(install, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(install)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def codename() -> str:
    """What this machine's Debian is called."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    if release.get("ID") != "debian" or release.get("VERSION_CODENAME") not in HOSTS or not shutil.which("apt-get"):
        raise Usage("the tests need Debian 12 or 13, with apt-get; this is "
                    + release.get("PRETTY_NAME", "another system"))
    return release["VERSION_CODENAME"]


def update() -> None:
    """Have apt ask its sources, when root; else say which command does."""
    if os.geteuid() != 0:
        raise Usage("apt knows no packages yet, run: sudo apt-get update")
    subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False)


@functools.cache
def mirrors() -> tuple[str, str]:
    """Where this machine's own apt gets Debian and Debian's security updates from."""
    suite = codename()
    fields = "$(ORIGIN) $(CODENAME) $(REPO_URI)"
    list_targets = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    if not subprocess.run(list_targets, check=False, capture_output=True).stdout:
        update()
    listed = subprocess.run(list_targets, check=False, capture_output=True, text=True).stdout
    places = dict(re.findall("^Debian (.*) (.*)", listed, re.M))
    if suite not in places or f"{suite}-security" not in places:
        raise Usage(f"the tests need {suite} and {suite}-security among apt's sources")
    return places[suite], places[f"{suite}-security"]


def sources(suite: str) -> str:
    """Lines for apt: a suite, its updates and what is backported to it."""
    main, security = mirrors()
    places = (main, suite), (main, f"{suite}-backports"), (security, f"{suite}-security")
    return "".join(f"deb [signed-by={KEYRING}] {place} {name} main\n" for place, name in places)


def run_apt(suite: str, debian: str, *command: str, cwd: Path | None = None) -> str:
    """apt-get or apt-cache for a suite and architecture of Debian, with a state of its own.

    The machine's is not touched, and root is not needed.
    """
    state = CACHE / "apt" / f"{suite}-{debian}"
    for directory in ("lists/partial", "cache/archives/partial"):
        (state / directory).mkdir(parents=True, exist_ok=True)
    listed = state / "sources"
    if not listed.exists() or listed.read_text() != sources(suite):  # apt compares times
        listed.write_text(sources(suite))
    options = {"APT::Architecture": debian, "APT::Architectures": debian, "Dir::State": state,
               "Dir::State::status": "/dev/null", "Dir::Cache": state / "cache", "APT::Sandbox::User": "",
               "Dir::Etc::sourcelist": listed, "Dir::Etc::sourceparts": "/dev/null"}
    with locked(f"apt-get-{suite}-{debian}"):
        done = subprocess.run([command[0], "-q", *(f"-o{name}={value}" for name, value in options.items()),
                               *command[1:]], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(command)}, for {suite} {debian}, failed:\n{done.stderr[-2000:]}")
    return done.stdout


@functools.cache
def available(suite: str, debian: str = "amd64") -> dict[str, str]:
    """Packages of a suite and the versions apt would install.

    The mirror is asked once a day. If it does not answer, what it said last goes on to count.
    """
    codename()
    answer = CACHE / "apt" / f"{suite}-{debian}" / "available"
    with locked(f"apt-{suite}-{debian}"):
        if not answer.exists() or time.time() - answer.stat().st_mtime > REFRESH:
            say(f"asking for the packages of {suite} {debian}")
            try:
                run_apt(suite, debian, "apt-get", "update", "--error-on=any")
                listed = re.findall("^(?:Package|Version): (.*)", run_apt(suite, debian, "apt-cache", "dumpavail"), re.M)
                answer.write_text("".join(f"{name} {version}\n" for name, version in zip(listed[::2], listed[1::2])))
            except Failure as failure:
                if not answer.exists():
                    raise
                say(f"{failure}\ngoing on with the packages known on {time.ctime(answer.stat().st_mtime)}")
        return dict(map(str.split, answer.read_text().splitlines()))


def unpack(suite: str, debian: str, packages: list[str], root: Path) -> None:
    """Fetch packages and put what they hold below root, which gets the merged /usr of today's Debian.

    No link, and no Makefile of kernel headers, leads out of it to what this machine has. The file "packages" there
    has their names and versions.
    """
    available(suite, debian)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    with tempfile.TemporaryDirectory(dir=root.parent) as fresh:
        run_apt(suite, debian, "apt-get", "download", *packages, cwd=Path(fresh))
        archives = sorted(Path(fresh).glob("*.deb"))
        (root / "packages").write_text("".join(f"{unquote(path.name).replace('_', ' ')}\n" for path in archives))
        for package in archives:
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as tar:
                subprocess.run(["tar", "x", "--keep-directory-symlink", "-C", root], stdin=tar.stdout, check=True)
    for link in [path for path in root.rglob("*") if path.is_symlink() and path.readlink().is_absolute()]:
        target = os.path.relpath(f"{root}{link.readlink()}", link.parent)
        link.unlink()
        link.symlink_to(target)
    for makefile in root.glob("usr/src/linux-headers-*[!n]/Makefile"):  # but for that of -common
        text = makefile.read_text().replace("/usr/src/", "$(unpacked)/")
        makefile.write_text(f"unpacked := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))..)\n{text}")


@functools.cache
def unpacked(suite: str, debian: str, packages: tuple[str, ...]) -> Path:
    """A root with what packages hold, fetched once: keyed by what is asked for.

    Newer ones are fetched by whoever deletes the directory.
    """
    path = CACHE / "root" / f"{suite}-{debian}-{digest(*packages)}"
    return made(path, f"packages of {suite} {debian}", lambda fresh: unpack(suite, debian, list(packages), fresh))


def mmdebstrap(suite: str, target: Path | str, *arguments: str | Path) -> None:
    """Make a root of that Debian, from where this machine gets its own."""
    with tempfile.TemporaryDirectory() as scratch:
        listed = Path(scratch) / "sources.list"
        listed.write_text(sources(suite))
        done = subprocess.run(["mmdebstrap", *arguments, suite, target, listed], capture_output=True, text=True,
                              check=False, env=dict(os.environ, LC_ALL="C"))
    if done.returncode:
        raise Failure(f"mmdebstrap failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def newest_headers(version: str, suite: str = "") -> str:
    """The newest release of a version of Linux that a Debian has headers of; empty if none.

    Without a name it is this machine's own: the headers of another want its compiler and its C library.
    """
    have = "\n".join(available(suite or codename()))
    found = re.findall(rf"^linux-headers-({re.escape(version)}\.[^-]+(?:-\d+)?)-amd64$", have, re.M)
    return max(found, key=lambda name: [int(number) for number in re.findall(r"\d+", name)], default="")


def headers(version: str, suite: str = "") -> Path:
    """What modules are built with for a version of Linux: as in Debian, but unpacked, not installed."""
    suite = suite or codename()
    release = newest_headers(version, suite)
    programs = (f"linux-kbuild-{release}", f"linux-kbuild-{version}")
    kbuild = next(name for name in programs if name in available(suite))
    names = (f"linux-headers-{release}-amd64", f"linux-headers-{release}-common", kbuild)
    return unpacked(suite, "amd64", names) / f"usr/src/{names[0]}"
