# SPDX-License-Identifier: GPL-2.0-only
"""Kernel sources, trees with the driver in them, and kernels built from both.

A build directory is made inside its source tree: kbuild then uses relative paths only, and
ccache finds the objects of one tree again for the other.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import arch
import packages
import stock
from common import CACHE, LAB, REPO, VERBOSE, Failure, choose, digest, locked, made, say

sys.path.insert(0, str(REPO / "scripts"))
import kerneltree  # noqa: E402  pylint: disable=wrong-import-position

# Where Debian's sources of these versions are; the newest it has moves.
SUITES = {"6.12": "trixie", "6.1": "bookworm"}
BACKPORTED = "trixie"


def newest() -> str:
    """The newest version of Linux that Debian has for its stable release."""
    found = re.findall(r"^linux-source-(\d+)\.(\d+)$", "\n".join(packages.available(BACKPORTED)), re.M)
    return "{}.{}".format(*max(tuple(map(int, version)) for version in found))


NEWEST = newest()
VERSIONS = (NEWEST, *SUITES)


def named(value: str) -> str:
    """A version, which may be called the newest."""
    return NEWEST if value == "newest" else choose("KERNEL", value, ("newest", *VERSIONS))


def stock_version() -> str:
    """The version that this machine's Debian came with."""
    return next(version for version, suite in SUITES.items() if suite == packages.codename())


@dataclass(frozen=True)
class Variant:
    """A way to configure a kernel."""

    fragments: list[str]  # of its configuration, beside base and its version's
    driver: bool = True  # the driver is in the tree
    versions: tuple[str, ...] = VERSIONS
    arches: tuple[str, ...] = ("x86",)
    memory: int = 128  # MiB a guest with it needs
    make: tuple[str, ...] = ()  # arguments of make
    full: tuple[str, ...] = ()  # versions that only full cases use


# KASAN watches what the driver touches: itself, the tty layer and printk. All of the kernel takes far longer
# to build and to run, and what a PVH guest runs before there is a shadow must not be watched.
WATCHED = ("console", "n_tty", "nbcon", "printk", "pty", "sysrq", "tty_buffer", "tty_io", "tty_ioctl",
           "tty_jobctrl", "tty_ldisc", "tty_ldsem", "tty_port",
           *sorted(path.stem for path in (REPO / "drivers/xen/console").rglob("*.c")))
KASAN = ("KASAN_SANITIZE=n", *(f"KASAN_SANITIZE_{stem}.o=y" for stem in WATCHED))

VARIANTS = {
    "xencons": Variant(["xencons"], arches=("x86", "arm64")),
    "fallback": Variant(["xencons", "fallback"], memory=192, full=VERSIONS[1:]),
    "module": Variant(["module"], driver=False, arches=("x86", "arm64"), full=VERSIONS[1:]),
    "hvc": Variant(["hvc"], driver=False, full=VERSIONS),
    "hvc-debug": Variant(["hvc", "debug"], driver=False, versions=(NEWEST,), memory=384, make=KASAN, full=(NEWEST,)),
    "hvc-faults": Variant(["hvc", "faults"], driver=False, versions=(NEWEST,), full=(NEWEST,)),
    "debug": Variant(["xencons", "debug", "ttynull"], versions=(NEWEST,), memory=384, make=KASAN),
    "rt": Variant(["xencons", "rt"], versions=(NEWEST,), memory=256, full=(NEWEST,)),
    "clang": Variant(["xencons", "clang"], versions=(), make=(f"LLVM=-{packages.LLVM}",
                                                              f"CC=ccache clang-{packages.LLVM}")),
}
# Debian's own is no variant: nothing of it is made.
STOCK = "debian"
# The newest kernel with the driver is made by clang.
CLANG = choose("CLANG", os.environ.get("CLANG") or "0", ("0", "1")) == "1"
# Lines of a cold build's log, for "how far"
BUILD_LINES = 1700
NOT_BUILT = ("Documentation/", "MAINTAINERS")
# A guest has no PIT, and to find that out looks at it 100,000 times: half a second for PV and three for PVH.
TSC = "arch/x86/kernel/tsc.c"
PIT = "\tif (!has_legacy_pic())\n\t\treturn 0;\n"
NO_PIT = "\treturn 0;\n"


def suite_of(version: str) -> str:
    """The Debian a version is from."""
    return SUITES.get(version, BACKPORTED)


@functools.cache
def source(version: str) -> Path:
    """The pristine source of Debian's package, unpacked once per package version."""
    package, suite = f"linux-source-{version}", suite_of(version)

    def make(fresh: Path) -> None:
        root = fresh.with_name("root")
        packages.unpack(suite, "amd64", [package], root)
        fresh.mkdir()
        subprocess.run(["tar", "xf", root / f"usr/src/{package}.tar.xz", "-C", fresh, "--strip-components=1"],
                       check=True)

    path = CACHE / "src" / f"linux-{version}-{packages.available(suite)[package]}"
    return made(path, path.name, make)


def linked_copy(original: Path, name: str) -> Path:
    """A copy by hard links: whoever changes a file there has to replace it."""
    def make(fresh: Path) -> None:
        subprocess.run(["cp", "-al", original, fresh], check=True)

    return made(CACHE / "tree" / name, "", make, lock="copy-" + name)


def tree(version: str, driver: bool = True) -> Path:
    """A source tree to build in; integrate() puts the driver into it, under the tree's lock."""
    original = source(version)
    return linked_copy(original, original.name if driver else original.name.replace("linux", "pristine", 1))


def integrate(top: Path) -> None:
    subprocess.run([REPO / "scripts/integrate", top], check=True, stdout=subprocess.DEVNULL)


def skip_pit(top: Path) -> None:
    """All that the lab changes in a kernel, but for the driver."""
    text = (top / TSC).read_text()
    if PIT in text:
        (top / TSC).unlink()
        (top / TSC).write_text(text.replace(PIT, NO_PIT))


def driver_digest(top: Path) -> str:
    """Key of what the driver adds to a tree, as far as a kernel can show it."""
    plan = kerneltree.plan(top)
    return digest(*(f"{path}\n{text}" for path, text in sorted(plan.items()) if not path.startswith(NOT_BUILT)))


def config(version: str, variant: str) -> str:
    """The fragments of a kernel: its architecture's, its version's if there is one, its variant's."""
    names = (*arch.chosen().config, version, *VARIANTS[variant].fragments)
    paths = [LAB / "config" / f"{name}.config" for name in names]
    return "".join(path.read_text() for path in paths if path.exists())


def check_config(wanted: str, result: str) -> None:
    """Kconfig drops what it cannot have without a word; say it."""
    have = set(result.splitlines())
    last = dict(re.findall(r"^(CONFIG_\w+)=(.*)$", wanted, re.M))
    lost = [symbol for symbol, value in last.items()
            if not (f"# {symbol} is not set" in have or f"{symbol}=" not in result if value == "n"
                    else f"{symbol}={value}" in have)]
    if lost:
        raise Failure("Kconfig dropped from the fragments: " + " ".join(sorted(lost)))


def run_make(arguments: list[str], log: Path, what: str) -> None:
    """make with its output in log and a line of progress now and then."""
    here = arch.chosen()
    command = ["make", "-j", str(os.cpu_count()), f"ARCH={here.name}", f"CROSS_COMPILE={here.compiler}",
               f"CC=ccache {here.compiler}gcc", "HOSTCC=ccache gcc", *arguments]
    env = dict(os.environ, CCACHE_DIR=str(CACHE / "ccache"), KBUILD_BUILD_TIMESTAMP="1970-01-01",
               KBUILD_BUILD_USER="lab", KBUILD_BUILD_HOST="lab", LC_ALL="C")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):  # we may run below another make
        env.pop(name, None)
    start = shown = time.monotonic()
    with open(log, "a", encoding="utf-8") as out:
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for count, line in enumerate(process.stdout, 1):
            out.write(line)
            now = time.monotonic()
            if VERBOSE:
                sys.stderr.write(line)
            elif now - shown >= 15:
                shown = now
                say(f"{what}: {now - start:.0f} s, step {count} of at most {max(BUILD_LINES, count)}")
    if process.wait():
        tail = "".join(log.read_text().splitlines(keepends=True)[-25:])
        raise Failure(f"{what} failed:\n{tail}full log: {log}")


def memory(variant: str) -> int:
    """MiB a guest with it needs."""
    return 256 if variant == STOCK else VARIANTS[variant].memory


def actual(version: str, variant: str) -> str:
    """The variant that is made where this one is wanted."""
    return "clang" if CLANG and (version, variant) == (NEWEST, "xencons") else variant


def build_directory(version: str, variant: str) -> Path:
    variant = actual(version, variant)
    return tree(version, VARIANTS[variant].driver) / f"{arch.chosen().build}-{variant}"


def store(path: Path, what: str, out: Path) -> None:
    """Fill kernels/<key> and make it appear at once."""
    fresh = path.with_name(path.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    shutil.copy(out / arch.chosen().image, fresh)
    shutil.copy(out / ".config", fresh / "config")
    shutil.copy(out / "include/config/kernel.release", fresh / "release")
    shutil.copy(out / "build.log", fresh / "log")
    (fresh / "name").write_text(f"{what}\n")
    fresh.rename(path)


def seed(version: str, out: Path) -> None:
    """Start from another variant's objects, when there are any: kbuild knows which of them to make again."""
    for variant in VARIANTS:
        other = build_directory(version, variant)
        if (other / "key").exists():
            subprocess.run(["cp", "-a", other, out], check=True)
            (out / "key").unlink()
            rename_paths(out / "tools", other, out)
            return
    out.mkdir()


def rename_paths(tools: Path, other: Path, out: Path) -> None:
    """The tools alone are built with absolute paths; built again, objtool would make kbuild redo every object."""
    for command in tools.rglob(".*.cmd"):
        times = command.stat()
        text = command.read_text().replace(f"{other.parent}/", f"{out.parent}/")
        command.write_text(text.replace(f"{out.parent}/{other.name}/", f"{out}/"))
        os.utime(command, ns=(times.st_atime_ns, times.st_mtime_ns))


def compile_kernel(what: str, top: Path, out: Path, driver: bool, fragments: str, arguments: tuple[str, ...]) -> None:
    """Bring a build directory up to date with the fragments and the driver."""
    say(f"{what}: building")
    start = time.monotonic()
    if driver:
        integrate(top)
    skip_pit(top)
    (out / "key").unlink(missing_ok=True)
    wanted = out / "fragments"
    wanted.write_text(fragments)
    log = out / "build.log"
    log.write_text("")
    make = ["-C", str(top), f"O={out.name}"]
    run_make([*make, *arguments, f"KCONFIG_ALLCONFIG={wanted}", "allnoconfig"], log, what)
    check_config(fragments, (out / ".config").read_text())
    run_make([*make, *arguments, Path(arch.chosen().image).name, "modules"], log, what)
    say(f"{what}: built in {time.monotonic() - start:.0f} s")


@functools.cache  # a run stays with the driver it began with
def build(version: str, variant: str, objects: bool = False) -> Path:
    """The directory kernels/<key> with image, config, release and log; built when needed.

    With objects, its build directory is up to date too.
    """
    if variant == STOCK:
        return stock.unpacked(suite_of(version), version)
    variant = actual(version, variant)
    driver = VARIANTS[variant].driver
    top = tree(version, driver)
    fragments = config(version, variant)
    compiler = subprocess.run([f"{arch.chosen().compiler}gcc", "--version"],
                              capture_output=True, text=True, check=True).stdout
    key = digest(top.name, NO_PIT, fragments, *VARIANTS[variant].make, compiler, driver_digest(top) if driver else "")
    path = CACHE / "kernels" / key
    if path.exists() and not objects:
        return path
    out = build_directory(version, variant)
    mark = out / "key"
    what = f"kernel {version} {variant}"
    with locked(f"build-{version}"):
        if not path.exists() or (objects and not (mark.exists() and mark.read_text() == key)):
            if not out.exists():
                seed(version, out)
            compile_kernel(what, top, out, driver, fragments, VARIANTS[variant].make)
            if not path.exists():
                store(path, what, out)
            mark.write_text(key)
    return path


def make_module(version: str, variant: str, copy: Path) -> None:
    if variant == STOCK:
        stock.make(suite_of(version), version, "-C", str(copy))
        return
    run_make(["-C", str(copy), f"KDIR={build_directory(version, variant)}", *VARIANTS[actual(version, variant)].make],
             copy / "build.log", f"module for kernel {version} {variant}")


def build_module(version: str, variant: str, name: str, sources: dict[str, Path]) -> bytes:
    """NAME.ko, made for that kernel by plain make in a copy of the sources."""
    kernel = build(version, variant, objects=True)
    key = digest(kernel.name, *(f"{place}\n{path.read_text()}" for place, path in sorted(sources.items())))

    def make(fresh: Path) -> None:
        copy = fresh.with_name("build")
        for place, original in sources.items():
            (copy / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(original, copy / place)
        make_module(version, variant, copy)
        next(copy.rglob(f"{name}.ko")).rename(fresh)

    # A build directory changes while its kernel is made.
    lock = f"{'module' if variant == STOCK else 'build'}-{version}"
    return made(CACHE / "modules" / f"{key}.ko", "", make, lock).read_bytes()


def module(version: str, variant: str) -> bytes:
    """xen-console.ko."""
    sources = [REPO / "Makefile", *(path for top in ("drivers", "include") for path in (REPO / top).rglob("*")
                                    if path.suffix in (".c", ".h") or path.name in ("Makefile", "Kbuild"))]
    return build_module(version, variant, "xen-console", {str(path.relative_to(REPO)): path for path in sources})


def module_files(version: str, variant: str) -> dict[str, tuple[int, bytes]]:
    """xen-console.ko where modprobe finds it, and as /module."""
    place = f"lib/modules/{release(build(version, variant))}/xen-console.ko"
    return {place: (0o100644, module(version, variant)), "module": (0o120777, place.encode())}


def lab_module(version: str, variant: str, name: str = "lab_fault") -> bytes:
    """One of the lab's own, which may look into the driver."""
    sources = [*(REPO / "drivers/xen/console").glob("*.h"), LAB / "modules/Makefile", LAB / f"modules/{name}.c"]
    return build_module(version, variant, name, {path.name: path for path in sources})


def image(kernel: Path) -> Path:
    """What is booted."""
    return kernel / Path(arch.chosen().image).name


def release(kernel: Path) -> str:
    """What uname -r says there."""
    return (kernel / "release").read_text().strip()
