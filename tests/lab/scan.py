# SPDX-License-Identifier: GPL-2.0-only
"""Signs of a crash in the logs of Xen, dom0 and guests."""

import re

SIGNATURES = re.compile("|".join([
    r"\bBUG\b:", r"\bWARNING:", r"\bOops\b", r"Call Trace", r"Kernel panic", r"kernel BUG at",
    r"[Uu]nable to handle", r"general protection fault", r"possible recursive locking", r"circular locking",
    r"inconsistent lock state", r"suspicious RCU", r"rcu.*(detected|self-detected) stall", r"soft lockup",
    r"hard LOCKUP", r"blocked for more than \d+ seconds", r"scheduling while atomic", r"sleeping function called",
    r"bad unlock balance", r"held lock freed", r"\bINFO: (trying to register|lockdep is turned off)", r"\bUBSAN:",
    r"nobody cared", r"\(XEN\).*(\bcrashed\b|Panic on CPU|Triple fault|Xen BUG|Assertion|FATAL)",
]))

# What looks like one and is not.
HARMLESS = [
    # x86 asks AMD processors for C1E; Xen does not let a PV guest read that register
    r"unchecked MSR access error: RDMSR from 0xc0010055.*\n.*Call Trace:",
]


def crash_lines(text: str, expected: str | None = None) -> list[str]:
    """Lines with a sign of a crash, but for those the case expects (a regular expression)."""
    for fine in HARMLESS + ([expected] if expected else []):
        text = re.sub(fine, "", text)
    return [line for line in text.splitlines() if SIGNATURES.search(line)]
