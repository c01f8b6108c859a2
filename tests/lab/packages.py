# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages the tests need."""

import functools
import os
import platform
import re
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote

from common import CACHE, Failure, Usage, digest, locked, say

KERNEL = ["bc", "bison", "ccache", "cpio", "flex", "gcc", "libc6-dev", "libelf-dev", "libssl-dev", "make",
          "xz-utils"]
XEN = ["mmdebstrap", "python3-pexpect", "qemu-system-x86"]
LINT = ["codespell", "git", "perl", "shellcheck", "sparse"]
TREE = ["git", "kmod", "perl"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
REFRESH = 24 * 3600  # seconds between two questions what a suite has


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


@functools.cache
def mirrors() -> tuple[str, str]:
    """Where this machine's own apt gets Debian and Debian's security updates from."""
    release = platform.freedesktop_os_release()
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
                            check=False, capture_output=True, text=True).stdout if release["ID"] == "debian" else ""
    places = {suite: place for place, suite in map(str.split, reversed(listed.splitlines()))}
    main, security = (places.get(release.get("VERSION_CODENAME", "") + more) for more in ("", "-security"))
    if not main or not security:
        raise Usage(f"the tests need Debian 12 or 13, with its security updates in apt's sources; "
                    f"this is {release['PRETTY_NAME']}")
    return main, security


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
    done = subprocess.run([command[0], "-q", *(f"-o{name}={value}" for name, value in options.items()), *command[1:]],
                          cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(command)}, for {suite} {debian}, failed:\n{done.stderr[-2000:]}")
    return done.stdout


@functools.cache
def available(suite: str, debian: str = "amd64") -> dict[str, str]:
    """Packages of a suite and the versions apt would install.

    The mirror is asked once a day. If it does not answer, what it said last goes on to count.
    """
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

    No link leads out of it to what this machine has. The file "packages" there has their names and versions.
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


@functools.cache
def unpacked(suite: str, debian: str, packages: tuple[str, ...]) -> Path:
    """A root with what packages hold, fetched once: keyed by what is asked for.

    Newer ones are fetched by whoever deletes the directory.
    """
    path = CACHE / "root" / f"{suite}-{debian}-{digest(*packages)}"
    with locked(path.name):
        if not path.exists():
            say(f"fetching packages of {suite} {debian}")
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent) as fresh:
                unpack(suite, debian, list(packages), Path(fresh) / "root")
                (Path(fresh) / "root").rename(path)
    return path
