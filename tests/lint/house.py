# SPDX-License-Identifier: GPL-2.0-only
"""The driver's parts: small structures, and files that call each other one way only."""
import graphlib
import re

import module

DRIVER = "drivers/xen/console/"
MOST_FIELDS = 15
DEFINITION = re.compile(r"^(?!static)[a-z][\w *]*?\b(xencons_\w+)\([^;{}]*\)[^;{}]*\n\{", re.M)
STRUCTURE = re.compile(r"^struct (\w+) \{\n(.*?)^\}", re.M | re.S)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
FIELD_LIST = re.compile(r"\([^()]*\)")  # the arguments of a pointer to a function


def sources(suffixes: tuple[str, ...]) -> dict[str, str]:
    """What the compiler sees of the driver's files, by name."""
    return {path.removeprefix(DRIVER): COMMENT.sub("", (module.HOME / path).read_text(encoding="utf-8"))
            for path in module.files(DRIVER) if path.endswith(suffixes) and "/tests/" not in path}


def structures() -> list[str]:
    """No structure that cannot be taken in at a glance; a list of functions is not one."""
    problems = []
    for name, text in sources((".c", ".h")).items():
        for found in STRUCTURE.finditer(text):
            declarations = FIELD_LIST.sub("", found[2]).split(";")[:-1]
            fields = sum(one.count(",") + 1 for one in declarations)
            if fields > MOST_FIELDS:
                problems.append(f"{DRIVER}{name}: struct {found[1]} has {fields} fields, more than {MOST_FIELDS}")
    return problems


def circles() -> list[str]:
    """Who calls whom: no way leads back."""
    texts = sources((".c",))
    del texts["xencons_exports.c"]  # has the name of everything
    homes: dict[str, set[str]] = {}
    for name, text in texts.items():
        for function in DEFINITION.findall(text):
            homes.setdefault(function, set()).add(name)
    calls = {name: {home for word in set(re.findall(r"\bxencons_\w+", text)) for home in homes.get(word, ())
                    if name not in homes[word]}
             for name, text in texts.items()}
    try:
        graphlib.TopologicalSorter(calls).prepare()
    except graphlib.CycleError as error:
        return [f"{DRIVER}: a circle of files: {' -> '.join(reversed(error.args[1]))}"]
    return []
