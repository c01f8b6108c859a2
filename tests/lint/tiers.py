# SPDX-License-Identifier: GPL-2.0-only
"""Which files of the driver may include what: pure, core, transport.

Pure files compile in userspace, core files on User Mode Linux, transport files on Xen only.
"""
import re

import module

DRIVER = "drivers/xen/console/"
PURE = {"xencons_page.c", "xencons_page.h", "xencons_param.c", "xencons_param.h", "xencons_sysrq.c", "xencons_sysrq.h"}
CORE = {"xencons.h", "xencons.c", "xencons_wire.c", "xencons_tx.c", "xencons_text.c", "xencons_rx.c", "xencons_console.c",
        "xencons_nbcon.c", "xencons_legacy.c", "xencons_tty.c", "xencons_channel.c", "xencons_tty0.c", "xencons_dummy.c",
        "xencons_txq.c", "xencons_txq.h", "xencons_debugfs.c", "xencons_poll.c", "xencons_exports.c"}
TRANSPORT = {"xencons_main.c", "xencons_ring.c", "xencons_ring.h", "xencons_suspend.c", "xencons_primary.c",
             "xencons_xenbus.c", "xencons_hv.c", "xencons_early.c", "xencons_takeover.c", "xencons_takeover.h"}

RING_PAGE = "xen/interface/io/console.h"
BASIC = {f"linux/{name}.h" for name in (
    "array_size", "build_bug", "compiler", "errno", "kernel", "kstrtox", "limits", "log2", "minmax", "stddef", "string", "types")}


def tier(name: str) -> str | None:
    if name.startswith("tests/"):
        return "core"
    return next((tier for tier, files in (("pure", PURE), ("core", CORE), ("transport", TRANSPORT))
                 if name in files), None)


def may_include(name: str, header: str) -> bool:
    kind = tier(name)
    own = header.rpartition("/")[2]
    if kind == "pure":
        return header in BASIC | {"asm/barrier.h", RING_PAGE} or own in PURE
    if kind == "core":
        return header == RING_PAGE or not header.startswith(("xen/", "asm/xen/"))
    return kind == "transport"


def tiers() -> list[str]:
    """Every file is in a tier, and includes what its tier may."""
    problems = []
    for path in module.files(DRIVER):
        name = path.removeprefix(DRIVER)
        if not name.endswith((".c", ".h")):
            continue
        if not tier(name):
            problems.append(f"{path}: in no tier, see {__name__}.py")
            continue
        text = (module.HOME / path).read_text(encoding="utf-8")
        problems += [f"{path}: a {tier(name)} file must not include {header}"
                     for header in re.findall(r'^#\s*include\s+[<"](.*?)[>"]', text, re.M)
                     if not may_include(name, header)]
    return problems
