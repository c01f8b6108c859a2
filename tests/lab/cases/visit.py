# SPDX-License-Identifier: GPL-2.0-only
"""What "make run" does."""

import subprocess

from common import LAB, PATIENCE, Failure
from suite import Lab, case

VISIT = [str(LAB / "lab.py"), "visit"]


@case("visit-live-{guest}", dom0=None, full=lambda guest: guest == "pvh", guest=("pv", "pvh", "dom0"))
def live(lab: Lab, guest: str) -> None:
    """On a terminal: {guest}'s console is live, Ctrl-] leaves, the terminal is as before"""
    import pexpect  # a package that the listing of cases does without

    with open(lab.directory / "visit.log", "w", encoding="utf-8") as log:
        shell = pexpect.spawn("/bin/sh", timeout=90 * PATIENCE, encoding="utf-8", codec_errors="replace", logfile=log,
                              env={"PS1": "host> ", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        try:
            shell.sendline(f"stty -a | sum; {' '.join(VISIT)} --guest {guest}; echo exit=$?; stty -a | sum")
            shell.expect(r"\n(\d+ +\d+)\r")
            before = shell.match[1]
            shell.expect(r"Ctrl-\] to leave")
            shell.expect("# ")
            shell.send("echo $((6*7))-answer\r")
            shell.expect("\n42-answer")
            shell.send("\x1d")
            shell.expect(r"exit=(\d+)\r\n(\d+ +\d+)\r")
        except pexpect.ExceptionPexpect as problem:
            raise Failure(f"waiting for {shell.searcher}: {type(problem).__name__}") from problem
        finally:
            shell.close(force=True)
    if shell.match.groups() != ("0", before):
        raise Failure(f"exit and terminal settings: {shell.match.groups()} instead of {('0', before)}")


@case("visit-scripted-{guest}-{mode}", dom0=None, full=lambda guest, mode: (guest, mode) != ("dom0", "off"),
      guest=("pv", "dom0"), mode=("xvc", "off"))
def scripted(lab: Lab, guest: str, mode: str) -> None:
    """Without a terminal: the scripted visit of {guest} with XENCONS={mode} passes"""
    done = subprocess.run([*VISIT, "--guest", guest, "--mode", mode], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    (lab.directory / "visit.log").write_text(done.stdout)
    wanted = "/dev/xvc0" if mode == "xvc" else "There is no console in this mode"
    if done.returncode or wanted not in done.stdout:
        raise Failure(f"exit {done.returncode}, or no '{wanted}'")
