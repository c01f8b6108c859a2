# SPDX-License-Identifier: GPL-2.0-only
"""How the driver sits in a Linux source tree.

A plan maps paths of the tree to their wanted text, None for "no such file". plan() makes the one
with the driver, pristine() the one without; nothing here writes.
"""
import re
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
DRIVER = "drivers/xen/console"
OLDEST = (6, 1)
NEWEST = "7.3"
WANTED = "Linux {}.{} or later".format(*OLDEST)
# The driver is tested on these. Any other since OLDEST is taken, too, if each place is as expected.
TESTED = ("6.1", "6.12", NEWEST)
FILES = ("include/xen/xencons.h", "Documentation/admin-guide/xencons.rst",
         "Documentation/driver-api/xencons.rst", "Documentation/ABI/testing/sysfs-tty-xvc")

Plan = dict[str, str | None]


class Foreign(Exception):
    """The tree is not one this driver knows; the text says what was expected."""


# Lines the driver adds to files of the kernel: (file, the line they stand next to, on which side,
# the lines).
LINES = (
    ("drivers/Kconfig", r'source "drivers/xen/Kconfig"', "after",
     '\nsource "drivers/xen/console/Kconfig"\n'),
    ("drivers/Makefile", r"obj-\$\(CONFIG_XEN\)\s+\+= xen/", "after",
     "obj-$(CONFIG_XENCONS_CORE)\t+= xen/console/\n"),
    ("Documentation/admin-guide/index.rst", r"   xfs", "before",
     "   xencons\n"),
    ("Documentation/driver-api/index.rst", r"   xilinx/index", "before",
     "   xencons\n"),
)
# Text the driver replaces: (file, the old text, the new text). Each new text tells itself from the old.
EARLY = "#if defined(CONFIG_HVC_XEN) || IS_BUILTIN(CONFIG_XENCONS)\n"
EDITS = (
    ("include/xen/hvc-console.h", """\
void xen_console_resume(void);
void xen_raw_console_write(const char *str);
__printf(1, 2)
void xen_raw_printk(const char *fmt, ...);
#else
static inline void xen_console_resume(void) { }
""", f"""\
void xen_console_resume(void);
#else
static inline void xen_console_resume(void) {{ }}
#endif

{EARLY}\
void xen_raw_console_write(const char *str);
__printf(1, 2)
void xen_raw_printk(const char *fmt, ...);
#else
"""),
    ("arch/x86/kernel/early_printk.c",
     '#ifdef CONFIG_HVC_XEN\n\t\tif (!strncmp(buf, "xen", 3))\n',
     EARLY + '\t\tif (!strncmp(buf, "xen", 3))\n'),
    ("arch/x86/xen/enlighten.c",
     "#include <xen/page.h>\n",
     "#include <xen/page.h>\n#include <xen/xencons.h>\n"),
    ("arch/x86/xen/enlighten.c",
     "\tint cpu;\n\n\tfor_each_online_cpu(cpu)\n",
     "\tint cpu;\n\n\txencons_force_flush();\n\n\tfor_each_online_cpu(cpu)\n"),
)
# Sections the driver adds: (file, the line they stand before, what they look like). Our own file of
# the same name has them.
SECTIONS = (
    ("MAINTAINERS", r"XEN HYPERVISOR ARM", r"XEN CONSOLE DRIVER.*\n(?:[A-Z]:\t.*\n)+\n"),
    ("Documentation/admin-guide/kernel-parameters.txt", r"\txirc2ps_cs=.*",
     r"(?:\txencons\w*=.*\n(?:\t\t.*\n)+\n)+"),
)

# The types that differ, under the names the sources have for them, and the prototype that tells. Without
# a type: what the driver uses, and the first release of OLDEST did not have.
NATIVE = (
    ("include/linux/tty_driver.h", ("tty_write_ret_t", "tty_write_len_t"),
     r"\t(ssize_t|int)\s+\(\*write\)\(struct tty_struct \*tty,\s+const (?:u8|unsigned char) \*buf, (size_t|int) count\);"),
    ("include/linux/tty_driver.h", ("tty_xchar_t",),
     r"\tvoid \(\*send_xchar\)\(struct tty_struct \*tty, (u8|char) ch\);"),
    ("include/linux/kmsg_dump.h", ("kmsg_dump_arg_t",),
     r"\tvoid \(\*dump\)\(struct kmsg_dumper \*dumper, (enum kmsg_dump_reason|struct kmsg_dump_detail \*)\s*\w+\);"),
    ("include/linux/timer.h", (), r"extern int timer_delete_sync\(struct timer_list \*timer\);"),
)
# How printk prints: the sources that end so are for trees whose console.h has this, or has not.
PRINTK = ("include/linux/console.h", r"\bnbcon_cpu_emergency_enter\(", "nbcon", "legacy")
COMPAT_INCLUDE = '#include "xencons_compat.h"\n'


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Foreign(f"{path}: not the file expected in {WANTED}: {error}") from error


def version(tree: Path) -> str:
    """The tree's version, as 6.12; Foreign if it is too old."""
    wanted = f"expected the source of {WANTED}"
    if not (tree / "Makefile").is_file():
        raise Foreign(f"{tree} is not a kernel source tree: {wanted}")
    found = re.search(r"^VERSION = (\d+)\nPATCHLEVEL = (\d+)$", read(tree / "Makefile"), re.M)
    if not found:
        raise Foreign(f"{tree}/Makefile does not say a kernel version: {wanted}")
    number = ".".join(found.groups())
    if tuple(map(int, found.groups())) < OLDEST:
        raise Foreign(f"{tree} is Linux {number}: {wanted}")
    return number


def note(tree: Path) -> str:
    """What to know about a tree that was taken, a line or nothing."""
    number = version(tree)
    if number in TESTED:
        return ""
    return f"Linux {number}: not one of the tested versions ({', '.join(TESTED)})\n"


def native_types(tree: Path) -> dict[str, str]:
    types = {}
    for header, names, prototype in NATIVE:
        found = re.search(prototype, read(tree / header))
        if not found:
            raise Foreign(f"{tree / header}: no prototype like: {prototype}")
        types.update(zip(names, found.groups()))
    return types


def printk(tree: Path) -> tuple[str, str]:
    """How printk prints in this tree, and how it does not."""
    header, look, new, old = PRINTK
    return (new, old) if re.search(look, read(tree / header), re.M) else (old, new)


def driver_sources(top: Path) -> list[str]:
    """The driver's files under top, without what a build left there."""
    return sorted(str(path.relative_to(top)) for path in (top / DRIVER).rglob("*")
                  if path.name in ("Kconfig", "Makefile", ".kunitconfig")
                  or (path.suffix in (".c", ".h") and not path.name.endswith(".mod.c")))


def nativised(text: str, types: dict[str, str]) -> str:
    reason = r"\1->reason" if types["kmsg_dump_arg_t"].endswith("*") else r"\1"
    text = re.sub(r"\bkmsg_dump_arg_reason\((\w+)\)", reason, text)
    for name, native in types.items():
        # No space behind the star of a pointer.
        space = r" ?" if native.endswith("*") else ""
        text = re.sub(rf"\b{name}\b{space}", native, text)
    return text.replace(COMPAT_INCLUDE, "")


def hooks() -> list[tuple[str, str, str, str, str]]:
    """All additions alike: (file, next to which line, on which side, the text, how to find it)."""
    lines = [(path, place, side, text, re.escape(text)) for path, place, side, text in LINES]
    sections = [(path, place, "before", re.search(look, read(HOME / path) + "\n")[0], look)
                for path, place, look in SECTIONS]
    return lines + sections


def with_hook(path: Path, text: str, place: str, side: str, ours: str) -> str:
    parts = re.split(f"^({place}\n)", text, flags=re.M)
    if len(parts) != 3:
        raise Foreign(f"{path}: expected exactly one line like: {place}")
    before, line, after = parts
    return before + (line + ours if side == "after" else ours + line) + after


def touched() -> list[str]:
    """The kernel's own files that are changed."""
    return sorted({*(hook[0] for hook in hooks()), *(edit[0] for edit in EDITS)})


def with_edit(path: Path, text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise Foreign(f"{path}: expected exactly once: {old.strip().splitlines()[-1].strip()}")
    return text.replace(old, new)


def pristine(tree: Path) -> Plan:
    """The files plan() may touch, as they are in a tree without the driver."""
    version(tree)
    console = tree / DRIVER
    if console.exists() and "config XENCONS\n" not in read(console / "Kconfig"):
        raise Foreign(f"{console} exists and is not this driver")
    texts: Plan = {path: None for path in (*driver_sources(tree), *FILES)}
    texts |= {path: read(tree / path) for path in touched()}
    for path, _, _, _, look in hooks():
        texts[path] = re.sub(f"^{look}", "", texts[path], flags=re.M)
    for path, old, new in EDITS:
        texts[path] = texts[path].replace(new, old)
    return texts


def plan(tree: Path) -> Plan:
    """The same files, and the driver's, as they are in a tree with the driver."""
    texts = pristine(tree)
    types = native_types(tree)
    kind, other = printk(tree)
    for path in driver_sources(HOME):
        if f"xencons_{other}" not in path:
            texts[path] = nativised(read(HOME / path), types)
    makefile = f"{DRIVER}/Makefile"
    texts[makefile] = texts[makefile].replace(f"xencons_{other}", f"xencons_{kind}")
    for path in FILES:
        texts[path] = read(HOME / path)
    for path, place, side, ours, _ in hooks():
        texts[path] = with_hook(tree / path, texts[path], place, side, ours)
    for path, old, new in EDITS:
        texts[path] = with_edit(tree / path, texts[path], old, new)
    return texts
