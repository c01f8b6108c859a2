# SPDX-License-Identifier: GPL-2.0-only
"""Channels of a guest: those of its xl.cfg, and those that are entries in xenstore only."""

from guest import Guest, add_device_model
from host import Machine
from initramfs import tool

INITIALISING, INIT_WAIT, INITIALISED, CONNECTED, CLOSING, CLOSED = range(1, 7)


def settings(machine: Machine, count: int, place: str = "/run") -> dict[str, list[str]]:
    """For a guest with so many channels, lab.1 and so on, whose sockets are below place.

    Xen 4.17 loses the first of the list: one is before them.
    """
    add_device_model(machine)
    for name in ("stream", "unix"):
        (machine.share / name).write_bytes(tool(name))
    machine.must(f"mkdir -p {place}; rm -f {place}/lab.*\n"
                 "for name in stream unix; do cp /share/$name /bin; chmod +x /bin/$name; done")
    return {"channel": [f"name={name},connection=socket,path={place}/{name}"
                        for name in (f"lab.{number}" for number in range(count + 1))]}


def numbers(guest: Guest) -> dict[str, str]:
    """The numbers of the channels that are in xenstore, by their names."""
    place = f"/local/domain/{guest.domid}/device/console"
    return dict(map(str.split, guest.must(
        f"for n in $(xenstore-list {place}); do echo $(xenstore-read {place}/$n/name) $n; done").splitlines()))


def nodes(guest: Guest, number: int | str) -> tuple[str, str]:
    """Where in xenstore a channel and its backend are."""
    return (f"/local/domain/{guest.domid}/device/console/{number}",
            f"/local/domain/0/backend/console/{guest.domid}/{number}")


def entries(guest: Guest, number: int, name: str, backend: int | None) -> str:
    """The script that makes what the toolstack would."""
    front, back = nodes(guest, number)
    there = (f"xenstore-write {back} ''; xenstore-chmod {back} n0 r{guest.domid}\n"
             f"xenstore-write {back}/frontend {front} {back}/frontend-id {guest.domid} {back}/state {backend}")
    return (f"{there if backend else 'true'}\n"
            f"xenstore-write {front} ''; xenstore-chmod {front} n{guest.domid} r0\n"
            f"xenstore-write {front}/backend {back} {front}/backend-id 0 {front}/name '{name}' "
            f"{front}/state {INITIALISING}\n")


def add(guest: Guest, number: int, name: str, backend: int | None) -> tuple[str, str]:
    """A channel whose backend is in this state, or not there."""
    guest.must(entries(guest, number, name, backend))
    return nodes(guest, number)


def state(guest: Guest, places: list[str], value: int) -> None:
    guest.must(f"xenstore-write {' '.join(f'{place}/state {value}' for place in places)}")


def wait_state(guest: Guest, places: list[str], value: int) -> None:
    """Until each of them has come to it."""
    guest.must(f""". /lib/lab.sh
        there() {{ [ "$(xenstore-read $place/state)" = {value} ]; }}
        for place in {' '.join(places)}; do
            wait_until 30 there || {{ xenstore-ls $place; exit 1; }}
        done""", 60)


def answer(guest: Guest, *pairs: tuple[str, str]) -> None:
    """What backends do that wait for the guest."""
    fronts, backs = map(list, zip(*pairs))
    state(guest, backs, INIT_WAIT)
    wait_state(guest, fronts, INITIALISED)
    state(guest, backs, CONNECTED)
    wait_state(guest, fronts, CONNECTED)


def add_all(guest: Guest, names: dict[int, str]) -> None:
    """Channels that are connected and do nothing."""
    guest.must("".join(entries(guest, number, name, INITIALISING) for number, name in names.items()), 120)
    answer(guest, *(nodes(guest, number) for number in names))


def plug(guest: Guest, numbers: range) -> None:
    """More channels lab.N, for the QEMU that serves those of settings(): it looks at what comes to xenstore, too.

    libxl gives QEMU 10 s to begin with all that are in xl.cfg, too little for many more than eight here.
    """
    script = ""
    for number in numbers:
        front, back = nodes(guest, number + 1)
        # QEMU takes what is online, and does not look again: that comes last.
        script += (entries(guest, number + 1, f"lab.{number}", INITIALISING) +
                   f"xenstore-write {front}/output unix:/run/lab.{number},server=on,wait=off {front}/type ioemu\n"
                   f"xenstore-write {back}/online 1\n")
    guest.must(script, 120)


def remove_all(guest: Guest, numbers: list[int]) -> None:
    guest.must("xenstore-rm " + " ".join(nodes(guest, number)[0] for number in numbers))
