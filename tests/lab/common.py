# SPDX-License-Identifier: GPL-2.0-only
"""What every room of the lab shares: the cache, locks, keys, progress."""

import contextlib
import fcntl
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

LAB = Path(__file__).resolve().parent
REPO = LAB.parents[1]
CACHE = Path(os.environ.get("XENCONS_CACHE") or Path.home() / ".cache/xencons").absolute()
SLOW = float(os.environ.get("XENCONS_SLOW") or 1)
# Limits are written for an idle machine, and others use this one, too: waits go on for so many times as long. lab.sh
# gets it in its environment.
PATIENCE = round(3 * SLOW) or 1
VERBOSE = os.environ.get("V") == "1"


class Usage(Exception):
    """Bad input: one line that says what to do; the program exits 2."""


class Failure(Exception):
    """Something under test, or a tool the lab needs, did not do its work."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tell(kind, error, trace) -> None:
    """What went wrong is told in a line, also where it is found before main() begins."""
    exits = {Usage: 2, Failure: 1, KeyboardInterrupt: 130}
    if kind not in exits:
        sys.__excepthook__(kind, error, trace)
        return
    if kind is not KeyboardInterrupt:
        say(str(error))
    sys.exit(exits[kind])


sys.excepthook = tell


def program(main: Callable[[list[str]], int]) -> NoReturn:
    """Run the program and exit."""
    sys.exit(main(sys.argv[1:]))


def choose(name: str, value: str, accepted) -> str:
    if value not in accepted:
        raise Usage(f"{name}={value} is not one of: {', '.join(accepted)}")
    return value


def digest(*parts: bytes | str) -> str:
    """A content key; the length of each part is hashed too, so parts cannot run together."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()[:16]


@contextlib.contextmanager
def locked(name: str):
    """Hold the lock CACHE/locks/NAME; says so when another run has it."""
    path = CACHE / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: waiting for another run to finish with it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made(path: Path, what: str, make: Callable[[Path], None], lock: str = "") -> Path:
    """A file or directory of the cache, by whoever wants it first: it is whole, or not there.

    make() gets the place to make it at, in a directory of its own that it may use for other things, too.
    """
    with locked(lock or path.name):
        if path.exists():
            return path
        if what:
            say(f"making {what}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            fresh = Path(scratch) / path.name
            make(fresh)
            fresh.rename(path)
    return path


def wait_for(what: str, condition, limit: float, alive=None, step: float = 0.05):
    """The first true value of condition(); Failure after limit seconds (times PATIENCE).

    alive() raises when waiting has become pointless.
    """
    end = time.monotonic() + limit * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if alive:
            alive()
        if time.monotonic() > end:
            raise Failure(f"no {what} within {limit * PATIENCE:g} s")
        time.sleep(step)
