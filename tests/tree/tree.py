#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""From this repository into a kernel: the module, integrate, patch and the front door, as KTAP.

--full adds what no lab boots: another compiler, processors with 32 bits, and checkpatch for the older kernels.
"""
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(HOME / "tests"), str(HOME / "tests/lab"), str(HOME / "scripts")]
import common
import kernel
import kerneltree
import ktap
import module
import packages
import xen

INTEGRATE, PATCH = HOME / "scripts/integrate", HOME / "scripts/patch"
NEWEST = kernel.VERSIONS[0]
COMPAT = re.compile(r"xencons_compat|tty_write_(ret|len)_t|tty_xchar_t|kmsg_dump_arg_t|PROBE_")
# Whoever runs the tests, this one signs the patches.
SIGNER = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "A U Thor",
          "GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "author@example.com"}


def with_scratch(case: Callable) -> Callable:
    """Give a case a directory of its own, behind its other arguments."""
    @functools.wraps(case)
    def wrapped(*arguments: str) -> list[str]:
        with tempfile.TemporaryDirectory() as scratch:
            return case(*arguments, Path(scratch))
    return wrapped


def run(*command: str | Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


def checked(*command: str | Path, **options) -> str:
    """The output of a command that must succeed."""
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def miniature(version: str, to: Path) -> Path:
    """Those files of a kernel tree that integrate and patch look at."""
    source = kernel.source(version)
    for path in {"Makefile", kerneltree.PRINTK[0], *kerneltree.touched(), *(known[0] for known in kerneltree.NATIVE)}:
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, to / path)
    return to


def driver_files(version: str) -> list[str]:
    """The driver's, but for what trees have whose printk prints in another way."""
    _, other = kerneltree.printk(kernel.source(version))
    return [path for path in module.files(kerneltree.DRIVER) if f"xencons_{other}" not in path]


def headers(version: str) -> Path:
    """What modules are built against: this Debian's headers, or where it has none the lab's own kernel."""
    if packages.newest_headers(version):
        return packages.headers(version)
    kernel.build(version, "module", objects=True)
    return kernel.build_directory(version, "module")


def snapshot(tree: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path.relative_to(tree)): (path.stat().st_mtime_ns, path.read_bytes())
            for path in tree.rglob("*") if path.is_file()}


def contents(tree: Path) -> dict[str, bytes]:
    return {path: data for path, (_, data) in snapshot(tree).items() if not path.startswith(".git/")}


def differences(what: str, found: dict, wanted: dict) -> list[str]:
    return [f"{what}: {path}" for path in sorted(found.keys() | wanted.keys())
            if found.get(path) != wanted.get(path)]


@with_scratch
def module_builds(version: str, scratch: Path) -> list[str]:
    """Without a warning at W=1, with its second name, and clean takes all of it away."""
    top = module.copy(scratch / "source")
    before = contents(top)
    kdir = f"KDIR={headers(version)}"
    built = module.make(top, kdir, "W=1")
    problems = [line for line in built.stdout.splitlines() if re.search(r"warning|error|\*\*\*", line, re.I)]
    if built.returncode:
        return problems + built.stdout.splitlines()[-10:]
    ko = top / kerneltree.DRIVER / "xen-console.ko"
    if "xencons" not in checked("/sbin/modinfo", "-F", "alias", ko).split():
        problems.append("modprobe would not know it as xencons")
    installed = module.make(top, kdir, "W=1", "install", f"INSTALL_MOD_PATH={scratch}")
    dependencies = "".join(path.read_text() for path in scratch.glob("lib/modules/*/modules.dep"))
    if installed.returncode or "xen-console.ko" not in dependencies:
        problems += ["make install: depmod did not find the module", *installed.stdout.splitlines()[-10:]]
    module.make(top, "clean")
    return problems + differences("after make clean", contents(top), before)


SIZES = "tty_write_size tty_write_int"
# What is wrong, with the probes' text or an argument of make, and what the one line about it must contain.
NO_BUILD = (
    (None, "CC=/nonexistent/gcc", "xencons: /nonexistent/gcc does not compile for this kernel: "
                                  "/bin/sh: 1: /nonexistent/gcc: not found (the kernel was built with "),
    (None, "KCFLAGS=-fno-such-option", "-fno-such-option"),
    ("#error\n", "", f'xencons: this kernel answers "" to the probes "{SIZES}"'),
    ("", "", f'xencons: this kernel answers "{SIZES}" to the probes "{SIZES}"'),
    ("", "CONFIG_XENCONS_CORE=y", "xencons: this kernel has the driver built in"),
)


@with_scratch
def probes(scratch: Path) -> list[str]:
    """A compiler that fails, probes that all fail or all compile, a driver that is built in: one line says which."""
    top = module.copy(scratch)
    problems = []
    for text, argument, line in NO_BUILD:
        if text is not None:
            for probe in SIZES.split():
                (top / f"include/compat/probes/{probe}.c").write_text(text)
        done = module.make(top, f"KDIR={packages.headers('6.12')}", *argument.split())
        told = [said for said in done.stdout.splitlines() if "*** xencons: " in said]
        if not done.returncode or len(told) != 1 or line not in told[0]:
            problems += [f"exit {done.returncode}, expected: {line}", *done.stdout.splitlines()[-5:]]
    return problems


@with_scratch
def integrate_twice(version: str, scratch: Path) -> list[str]:
    """The second time changes nothing, and files linked from elsewhere are never written to."""
    original = miniature(version, scratch / "original")
    before = contents(original)
    tree = scratch / "tree"
    checked("cp", "-al", original, tree)
    checked(INTEGRATE, tree)
    first = snapshot(tree)
    checked(INTEGRATE, tree)
    problems = differences("changed by the second run", snapshot(tree), first)
    problems += differences("changed through a hard link", contents(original), before)
    if contents(tree) == before:
        problems.append("the first run changed nothing")
    return problems


@with_scratch
def integrated_is_native(version: str, scratch: Path) -> list[str]:
    """Nothing of the compile probes reaches a kernel tree, and all the rest does."""
    tree = miniature(version, scratch)
    checked(INTEGRATE, tree)
    problems = [f"{path}: {found[0]}" for path, data in contents(tree).items()
                if (found := COMPAT.search(data.decode()))]
    sources = {path for path in driver_files(version) if not path.endswith("/Kbuild")}
    missing = sources ^ {path for path in contents(tree) if path.startswith(kerneltree.DRIVER)}
    problems += [f"{path}: in one of the two trees only" for path in sorted(missing)]
    types = kerneltree.native_types(tree)
    prototype = (rf"\b{types['tty_write_ret_t']}\s+xencons_tty_write\(struct tty_struct \*tty, const u8 \*buf, "
                 rf"{types['tty_write_len_t']} count\)")
    if not re.search(prototype, (tree / kerneltree.DRIVER / "xencons_tty.c").read_text()):
        problems.append(f"xencons_tty.c: no {prototype}")
    return problems


@with_scratch
def update(version: str, scratch: Path) -> list[str]:
    """An older integration becomes the same as a fresh one."""
    fresh, old = miniature(version, scratch / "fresh"), miniature(version, scratch / "old")
    checked(INTEGRATE, fresh)
    checked(INTEGRATE, old)
    console = old / kerneltree.DRIVER
    (console / "xencons.c").write_text("/* older */\n")
    (console / "xencons_gone.c").write_text("/* no more */\n")
    (console / "Makefile").unlink()
    maintainers = old / "MAINTAINERS"
    maintainers.write_text(maintainers.read_text().replace("F:\tdrivers/xen/console/\n", "F:\tolder/\n"))
    (console / "xencons.o").write_text("built here\n")
    checked(INTEGRATE, old)
    (console / "xencons.o").unlink()
    return differences("not as fresh", contents(old), contents(fresh))


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        text = (tree / path).read_text()
        assert old in text, f"{path}: {old}"
        (tree / path).write_text(text.replace(old, new))
    return change


def numbered(number: str) -> Callable[[Path], None]:
    """Have a tree say that it is another version of Linux."""
    def change(tree: Path) -> None:
        lines = "VERSION = {}\nPATCHLEVEL = {}\n".format(*number.split("."))
        text, count = re.subn(r"^VERSION = .*\nPATCHLEVEL = .*\n", lines, (tree / "Makefile").read_text(), flags=re.M)
        assert count == 1
        (tree / "Makefile").write_text(text)
    return change


def other_driver(tree: Path) -> None:
    (tree / kerneltree.DRIVER).mkdir(parents=True)
    (tree / kerneltree.DRIVER / "Kconfig").write_text("config XENCONS_OF_OTHERS\n")


# What is wrong with a tree, and what the one line about it must name.
FOREIGN = {
    "no kernel": (lambda tree: (tree / "Makefile").unlink(), "Linux 6.1 or later"),
    "another Makefile": (lambda tree: (tree / "Makefile").write_text("all:\n"), "Linux 6.1 or later"),
    "an old version": (numbered("6.0"), "is Linux 6.0: expected the source of Linux 6.1 or later"),
    "no line in drivers/Makefile": (replace("drivers/Makefile", "+= xen/", "+= zen/"), "drivers/Makefile: expected"),
    "two lines in drivers/Kconfig": (
        replace("drivers/Kconfig", 'source "sound/Kconfig"', 'source "drivers/xen/Kconfig"'),
        "drivers/Kconfig: expected"),
    "another MAINTAINERS": (replace("MAINTAINERS", "XEN HYPERVISOR ARM\n", "XEN ARM\n"), "MAINTAINERS: expected"),
    "no index": (lambda tree: (tree / "Documentation/driver-api/index.rst").unlink(), "driver-api/index.rst"),
    "another prototype": (replace("include/linux/tty_driver.h", "(*write)", "(*put)"), "tty_driver.h: no prototype"),
    "another timer": (replace("include/linux/timer.h", "timer_delete_sync(", "timer_remove_sync("),
                      "timer.h: no prototype"),
    "another hvc-console.h": (replace("include/xen/hvc-console.h", "__printf(1, 2)", "__printf(1, 3)"),
                              "hvc-console.h: expected"),
    "another early_printk.c": (replace("arch/x86/kernel/early_printk.c", "CONFIG_HVC_XEN", "CONFIG_HVC_ZEN"),
                               "early_printk.c: expected"),
    "another xen_reboot": (replace("arch/x86/xen/enlighten.c", "\tfor_each_online_cpu(cpu)\n",
                                   "\tfor_each_present_cpu(cpu)\n"), "xen/enlighten.c: expected"),
    "another driver": (other_driver, "is not this driver"),
}


@with_scratch
def refuses(version: str, scratch: Path) -> list[str]:
    """A tree it does not know gets one line, exit 2, and no change."""
    problems = []
    for name, (spoil, line) in FOREIGN.items():
        tree = miniature(version, scratch / name.replace("/", " "))
        spoil(tree)
        before = snapshot(tree)
        done = run(INTEGRATE, tree)
        if done.returncode != 2 or done.stdout or len(done.stderr.splitlines()) != 1 or line not in done.stderr:
            problems.append(f"{name}: exit {done.returncode}: {done.stdout}{done.stderr}")
        problems += differences(f"{name}: changed", snapshot(tree), before)
        if run(PATCH, tree, "-").returncode != 2:
            problems.append(f"{name}: patch does not refuse it")
    return problems


@with_scratch
def accepts_others(scratch: Path) -> list[str]:
    """A version nobody tried, in which each place is as expected: done, and one line says so."""
    problems = []
    env = {**os.environ, **SIGNER}
    for version in kernel.VERSIONS:
        number = f"{version.split('.')[0]}.99"
        tree = miniature(version, scratch / version)
        numbered(number)(tree)
        line = f"Linux {number}: not one of the tested versions ({', '.join(kerneltree.TESTED)})\n"
        for command in ((PATCH, tree, "-"), (INTEGRATE, tree), (INTEGRATE, tree)):
            done = run(*command, env=env)
            if done.returncode or not done.stdout or done.stderr != line:
                problems.append(f"{command[0].name}, as {number}: exit {done.returncode}: {done.stderr}")
        for target in (["integrate"], ["patch", f"OUT={scratch / 'patch'}"]):
            said = module.make(HOME, *target, f"KSRC={tree}", **SIGNER).stdout
            if said.count(line) != 1 or len(said.splitlines()) != 2:
                problems.append(f"make {target[0]}, as {number}: {said}")
    return problems


@with_scratch
def checkpatch(version: str, scratch: Path) -> list[str]:
    """The kernel's own has nothing to say about the patch."""
    source, patch = kernel.source(version), scratch / "patch"
    checked(PATCH, source, patch, env={**os.environ, **SIGNER})
    # domU is a name of the hypervisor's interface; kzalloc_obj() is what older kernels do not have. checkpatch
    # leaves a cache where it runs.
    done = run(source / "scripts/checkpatch.pl", f"--root={source}", "--strict", "--terse", "--no-summary",
               "--ignore=CAMELCASE,ALLOC_WITH_SIZEOF", patch, cwd=scratch)
    return done.stdout.splitlines() or ([done.stderr] if done.returncode else [])


@with_scratch
def patch_applies(version: str, scratch: Path) -> list[str]:
    """On the pristine source and by git am, to what integrate makes."""
    source, patch = kernel.source(version), scratch / "patch"
    env = {**os.environ, **SIGNER, "GIT_CEILING_DIRECTORIES": str(source.parent)}
    checked(PATCH, source, patch, env=env)
    checked("git", "apply", "--check", patch, cwd=source, env=env)

    integrated, repository = miniature(version, scratch / "integrated"), miniature(version, scratch / "repository")
    checked(INTEGRATE, integrated)
    git = ("git", "-C", repository)
    checked(*git, "init", "-q", env=env)
    checked(*git, "add", "--all", env=env)
    checked(*git, "commit", "-q", "-m", "pristine", env=env)
    checked(*git, "am", "-q", patch, env=env)
    problems = differences("git am and integrate differ", contents(repository), contents(integrated))

    if checked(PATCH, integrated, "-", env=env) != patch.read_text():
        problems.append("an integrated tree gives another patch")
    author = "A U Thor <author@example.com>"
    if not re.search(rf"^From: {author}$.*^Subject: \[PATCH\] xen: .*^Signed-off-by: {author}$",
                     patch.read_text(), re.M | re.S):
        problems.append("no From, Subject and Signed-off-by")
    nobody = {**env, "GIT_CONFIG_VALUE_1": ""}
    done = run(PATCH, source, scratch / "unsigned", env=nobody)
    if done.returncode != 2 or "user.email" not in done.stderr or (scratch / "unsigned").exists():
        problems.append(f"without a signer: exit {done.returncode}: {done.stderr}")
    return problems


XEN = {"64BIT": "y", "SMP": "y", "ACPI": "y", "MODULES": "y", "TTY": "y", "HYPERVISOR_GUEST": "y", "PARAVIRT": "y",
       "XEN": "y", "XEN_PV": "y"}
BUILT_IN = {"XENCONS": "y", "KUNIT": "y", "XENCONS_KUNIT_TEST": "y", "DEBUG_FS": "y", "MAGIC_SYSRQ": "y",
            "PRINTK": "y", "EARLY_PRINTK": "y"}
# Symbols wanted, on x86 with Xen, and what Kconfig makes of them.
KCONFIG = (
    ("x86", {"XENCONS": "y"}, {"XENCONS": "y", "XENCONS_CORE": "y"}),
    ("x86", {"XENCONS": "y", "HVC_XEN": "y"}, {"XENCONS": "m", "XENCONS_CORE": "m"}),
    ("x86", {"XENCONS": "m", "KUNIT": "y", "XENCONS_KUNIT_TEST": "y"},
     {"XENCONS_CORE": "m", "XENCONS_KUNIT_TEST": "m"}),
    ("x86", {"XENCONS": "y", "KUNIT": "m", "XENCONS_KUNIT_TEST": "m"},
     {"XENCONS_CORE": "y", "XENCONS_KUNIT_TEST": "m"}),
    ("x86", {"XENCONS": "y", "KUNIT": "y", "KUNIT_ALL_TESTS": "y"}, {"XENCONS_KUNIT_TEST": "y"}),
    ("x86", {"KUNIT": "y", "KUNIT_ALL_TESTS": "y"}, {"XENCONS_CORE": None, "XENCONS_KUNIT_TEST": None}),
    ("x86", {"KUNIT": "m", "XENCONS_KUNIT_TEST": "m"}, {"XENCONS_CORE": "m", "XENCONS_KUNIT_TEST": "m"}),
    ("um", {"TTY": "y", "KUNIT": "y", "XENCONS": "y", "XENCONS_KUNIT_TEST": "y"},
     {"XENCONS": None, "XENCONS_CORE": "y", "XENCONS_KUNIT_TEST": "y"}),
)


def mirror(source: Path, to: Path, paths: list[str]) -> Path:
    """A tree of links to source in which the directories of the paths are real."""
    for directory in sorted({parent for path in paths for parent in Path(path).parents if (source / parent).is_dir()}):
        (to / directory).unlink(missing_ok=True)
        (to / directory).mkdir()
        for entry in (source / directory).iterdir():
            (to / directory / entry.name).symlink_to(entry)
    return to


def configure(tree: Path, out: Path, arch: str, wanted: dict[str, str], *options: str) -> dict[str, str]:
    """The symbols that are set when only these are asked for."""
    out.mkdir(parents=True, exist_ok=True)
    fragment = out / "wanted"
    fragment.write_text("".join(f"CONFIG_{name}={value}\n" for name, value in wanted.items()))
    done = module.make(tree, "-s", f"ARCH={arch}", f"O={out}", *options, f"KCONFIG_ALLCONFIG={fragment}",
                       "allnoconfig")
    if done.returncode:
        raise RuntimeError(done.stdout)
    return dict(re.findall(r"^CONFIG_(\w+)=(.*)$", (out / ".config").read_text(), re.M))


@with_scratch
def kconfig(scratch: Path) -> list[str]:
    """What can be chosen together, and that the tests can be reached without Xen."""
    problems = []
    source = kernel.source(NEWEST)
    tree = mirror(source, scratch / "tree", list(kerneltree.plan(source)))
    checked(INTEGRATE, tree)
    for arch, wanted, expected in KCONFIG:
        have = configure(tree, scratch / arch, arch, XEN | wanted if arch == "x86" else wanted)
        problems += [f"{arch} {wanted}: {name} is {have.get(name)}, expected {value}"
                     for name, value in expected.items() if have.get(name) != value]
    return problems


@with_scratch
def kconfig_from_outside(scratch: Path) -> list[str]:
    """A kernel without the driver whose Kconfig sources this repository's, wherever it is, has its options"""
    source = kernel.source(NEWEST)
    tree = mirror(source, scratch / "tree", ["drivers/Kconfig"])
    theirs = tree / "drivers/Kconfig"
    theirs.unlink()
    theirs.write_text(f'{(source / "drivers/Kconfig").read_text()}\nsource "{HOME}/Kconfig"\n')
    wanted = {"XENCONS": "y", "KUNIT": "y", "XENCONS_KUNIT_TEST": "y"}
    have = configure(tree, scratch / "out", "x86", XEN | wanted)
    return differences("option", {name: have.get(name) for name in wanted}, wanted)


# What a kernel says whose own check finds that.
# What a kernel with the driver built in does not have
MODULE_ONLY = {"xencons_takeover"}
SPARSE_TOO_OLD = "C=2 specified, but sparse is not available or not up to date"


def objections(version: str, output: str, *actions: str) -> list[str]:
    """Warnings and errors, and which of the driver's files an action of kbuild was not seen on."""
    said = [line for line in output.splitlines() if SPARSE_TOO_OLD not in line]
    problems = [line for line in said if re.search(r"warning|error|\*\*\*", line, re.I)]
    for action in actions:
        seen = {Path(line.split()[1]).stem for line in said if re.match(rf"  {action} ", line)}
        problems += [f"no {action} of {path}" for path in driver_files(version)
                     if path.endswith(".c") and Path(path).stem not in seen | MODULE_ONLY]
    return problems


def compiled(version: str, name: str, arch: str, wanted: dict[str, str], *options: str) -> tuple[list[str], str]:
    """Compile driver and tests inside a kernel, in the build directory of that name: problems, and what make said."""
    source = kernel.source(version)
    tree = kernel.linked_copy(source, source.name.replace("linux", "lint", 1))
    out = tree / name
    with kernel.locked("build-" + tree.name):
        checked(INTEGRATE, tree)
        have = configure(tree, out, arch, wanted, *options)
        problems = [f"{symbol} is {have.get(symbol)}" for symbol in wanted if have.get(symbol) != wanted[symbol]]
        make = functools.partial(module.make, tree, f"-j{os.cpu_count()}", f"ARCH={arch}", f"O={out}", *options)
        done = make("prepare")
        if not done.returncode:
            shutil.rmtree(out / kerneltree.DRIVER, ignore_errors=True)
            done = make("W=1", f"{kerneltree.DRIVER}/")
    return problems, done.stdout


def without_a_word(version: str, name: str, arch: str, wanted: dict[str, str], *options: str) -> list[str]:
    problems, said = compiled(version, name, arch, wanted, *options)
    return problems + objections(version, said, "CC")


def built_in(version: str) -> list[str]:
    """Driver and tests compile inside the kernel, without a word from W=1 and sparse."""
    problems, said = compiled(version, "build", "x86", XEN | BUILT_IN, "C=2", "CC=ccache gcc")
    if SPARSE_TOO_OLD not in said:
        return problems + objections(version, said, "CC", "CHECK")
    print(f"# Linux {version}: this machine's sparse is too old for it, not used")
    return problems + objections(version, said, "CC")


def built_in_clang(version: str) -> list[str]:
    """The same with clang, one that Debian 12 and 13 have and Linux 7.x takes."""
    return without_a_word(version, "build-clang", "x86", XEN | BUILT_IN, f"LLVM=-{packages.LLVM}")


XEN_I386 = {"SMP": "y", "ACPI": "y", "MODULES": "y", "TTY": "y", "HYPERVISOR_GUEST": "y", "PARAVIRT": "y",
            "X86_GENERIC": "y", "PCI": "y", "XEN": "y", "XEN_PVHVM_GUEST": "y"}


def built_in_i386(version: str) -> list[str]:
    """The same for a PVH or HVM guest with 32 bits."""
    # Xen wants PAE, which older kernels have for large memory.
    options = (kernel.source(version) / "arch/x86/Kconfig").read_text()
    pae = "HIGHMEM64G" if "config HIGHMEM64G\n" in options else "X86_PAE"
    return without_a_word(version, "build-i386", "i386", XEN_I386 | {pae: "y"} | BUILT_IN)


XEN_ARM32 = {"MMU": "y", "ARCH_MULTIPLATFORM": "y", "ARCH_MULTI_V7": "y", "ARCH_VIRT": "y", "AEABI": "y",
             "SMP": "y", "MODULES": "y", "TTY": "y", "XEN": "y"}


def built_in_arm32(version: str) -> list[str]:
    """The same for Arm with 32 bits."""
    wanted = {name: value for name, value in BUILT_IN.items() if name != "EARLY_PRINTK"}
    return without_a_word(version, "build-arm32", "arm", XEN_ARM32 | wanted, "CROSS_COMPILE=arm-linux-gnueabihf-")


AS_MODULES = {"XENCONS": "m", "KUNIT": "m", "XENCONS_KUNIT_TEST": "m", "DEBUG_FS": "y", "MAGIC_SYSRQ": "y",
              "PRINTK": "y"}


def symbols(path: Path, *options: str) -> set[str]:
    return {line.split()[-1] for line in checked("nm", *options, path).splitlines()}


def tests_apart(version: str) -> list[str]:
    """As distributions build them: the driver needs no kunit.ko, the tests find what they use in it (finding 5)"""
    source = kernel.source(version)
    tree = kernel.linked_copy(source, source.name.replace("linux", "lint", 1))
    out = tree / "build-modules"
    with kernel.locked("build-" + tree.name):
        checked(INTEGRATE, tree)
        have = configure(tree, out, "x86", XEN | AS_MODULES)
        built = module.make(tree, f"-j{os.cpu_count()}", f"O={out}", "prepare", f"{kerneltree.DRIVER}/")
    problems = [f"{name} is {have.get(name)}" for name in AS_MODULES if have.get(name) != AS_MODULES[name]]
    if built.returncode:
        return problems + built.stdout.splitlines()[-20:]
    driver, tests = (out / kerneltree.DRIVER / f"{name}.o" for name in ("xen-console", "xen-console-test"))
    problems += [f"the driver uses {name}" for name in symbols(driver, "-u") if "kunit" in name]
    offered = {found[1] for name in symbols(driver) if (found := re.match("__(?:export_symbol|ksymtab)_(.*)", name))}
    exported = {line.split()[1] for line in (headers(version) / "Module.symvers").read_text().splitlines()}
    problems += [f"the tests use {name}, not in xencons_exports.c" for name in symbols(tests, "-u")
                 if name not in exported | offered and "kunit" not in name]
    return problems


# Bad input, and what the one line about it must contain.
BAD_INPUT = (
    ("modules KDIR=/nonexistent", "KDIR=/nonexistent: KDIR= takes"),
    ("install KDIR=/nonexistent", "KDIR=/nonexistent: KDIR= takes"),
    ("integrate", "KSRC=: KSRC= takes the source tree of Linux 6.1 or later"),
    ("integrate KSRC=/nonexistent", "/nonexistent is not a kernel source tree: expected"),
    ("patch", "KSRC=: KSRC= takes"),
    ("patch KSRC=/nonexistent", "/nonexistent is not a kernel source tree: expected"),
    ("run GUEST=vm", "GUEST=vm: GUEST= takes one of: pv pvh hvm dom0"),
    ("run KERNEL=5.4", f"KERNEL=5.4: KERNEL= takes one of: debian newest {' '.join(kernel.VERSIONS)}"),
    ("run XEN=4.14", "XEN=4.14: XEN= takes one of: 4.20 4.17"),
    ("lab XEN=4.14 CASE=all", "XEN=4.14: XEN= takes one of: 4.20 4.17"),
    ("run XENCONS=vga", "XENCONS=vga: XENCONS= takes one of: off tty[N] ttyS[N] xvc hvc[N]"),
    ("kunit KERNEL=5.4", f"KERNEL=5.4: KERNEL= takes one of: newest {' '.join(kernel.VERSIONS)}"),
    ("bench KERNEL=5.4", f"KERNEL=5.4: KERNEL= takes one of: debian newest {' '.join(kernel.VERSIONS)}"),
    ("bench WORKLOAD=nothing", "WORKLOAD=nothing: WORKLOAD= takes one of: bulk "),
    ("bench ROUNDS=0", "ROUNDS=0: ROUNDS= takes a number from 1 on"),
    ("lab", "CASE=: CASE= takes one of: all "),
    ("lab CASE=nothing", "CASE=nothing: CASE= takes one of: all "),
)


def front_door() -> list[str]:
    """help lists every target; bad input gets one line with what is accepted, and exit 2."""
    problems = []
    listed = module.make(HOME, "help").stdout
    targets = re.search(r"^\.PHONY: (.*)", (HOME / "Makefile").read_text(), re.M)[1].split()
    problems += [f"make help does not list {target}" for target in targets
                 if not re.search(rf"^make \[?{target}\b", listed, re.M)]
    if module.make(HOME, "KDIR=").stdout.splitlines()[0] != listed.splitlines()[0]:
        problems.append("without a kernel, plain make is not make help")
    for arguments, line in BAD_INPUT:
        done = module.make(HOME, *arguments.split())
        if done.returncode != 2 or len(done.stdout.splitlines()) != 1 or line not in done.stdout:
            problems.append(f"make {arguments}: exit {done.returncode}: {done.stdout}")
    return problems


def unpacked(version: str) -> list[str]:
    """No link among what is unpacked of a Xen's Debian leads to what this machine has."""
    root = xen.root(version)
    return [f"{path} leads to {path.resolve()}" for path in root.rglob("*")
            if path.is_symlink() and not path.resolve().is_relative_to(root)]


@with_scratch
def other_hosts(scratch: Path) -> list[str]:
    """Where there is no apt-get, one line says what the tests need; make has another one."""
    problems = []
    for name in ("sort", "uname"):  # the Makefile uses them
        (scratch / name).symlink_to(shutil.which(name))
    for target in ("run", "lab-list", "kunit", "lint", "bench", "check", "deb"):
        done = module.make(HOME, target, f"PATH={scratch}")
        said = done.stdout.splitlines()
        if done.returncode != 2 or len(said) != 2 or not said[0].startswith("the tests need Debian 12 or 13"):
            problems += [f"make {target}: exit {done.returncode}", *said[-10:]]
    return problems


def named(*cases: Callable) -> dict[str, ktap.Case]:
    """Each case on each kernel that there is something to build modules against for, where it needs that."""
    return {f"{case.__name__}_{version}": functools.partial(case, version)
            for case in cases for version in kernel.VERSIONS
            if case not in (module_builds, tests_apart) or version == NEWEST or packages.newest_headers(version)}


def cases() -> dict[str, ktap.Case]:
    found = named(module_builds, built_in, tests_apart, integrate_twice, integrated_is_native, update, refuses,
                  patch_applies)
    found[f"checkpatch_{NEWEST}"] = functools.partial(checkpatch, NEWEST)
    found |= {f"unpacked_{version}": functools.partial(unpacked, version) for version in xen.RELEASES}
    return found | {case.__name__: case for case in (probes, accepts_others, kconfig, kconfig_from_outside,
                                                     front_door, other_hosts)}


def main(arguments: list[str]) -> int:
    full = named(checkpatch, built_in_clang, built_in_i386, built_in_arm32)
    os.environ["CCACHE_DIR"] = str(common.CACHE / "ccache")
    if arguments == ["--full"]:
        arguments = list(cases() | full)
    packages.need_packages([*packages.TREE, *packages.KERNEL, *packages.HEADERS])
    if set(arguments) & (full.keys() - cases().keys()):
        packages.need_packages(packages.TREE_FULL)
    return ktap.run_named(cases() | full, arguments or list(cases()))


if __name__ == "__main__":
    common.program(main)
