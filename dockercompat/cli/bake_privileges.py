"""What a bake file may not do without leave: the host's network, insecure steps, files outside of the directory."""

from __future__ import annotations

import os
import sys

from dockercompat.cli import asking
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.build.bake.target import Target
    from dockercompat.cli.build_progress import Display


def ask(targets: Mapping[str, Target], allowed: Sequence[str], environ: Mapping[str, str], display: Display) -> None:
    """Ask on a terminal, refuse elsewhere. Raises ClientError."""
    wanted = _wanted(targets, allowed, environ)
    if not wanted:
        return
    display.finish()
    out = sys.stderr
    out.write("Your build is requesting privileges for following possibly insecure capabilities:\n\n")
    out.write("".join(f" - {what}\n" for what, _ in wanted))
    flags = " ".join(f"--allow={name}" for _, name in wanted)
    terminal = sys.stdin.isatty()
    if terminal:
        out.write(f'\nIn order to not see this message in the future pass "{flags}" to grant requested privileges.\n')
    else:
        out.write(f'\nPass "{flags}" to grant requested privileges.\n')
    words = ["docker", *sys.argv[1:]]
    if "bake" in words:
        place = words.index("bake") + 1
        out.write("\nYour full command with requested privileges:\n\n")
        out.write(f"{' '.join(words[:place])} {flags} {' '.join(words[place:])}\n\n")
    if terminal:
        out.write("Do you want to grant requested privileges and continue? [y/N] ")
        out.flush()
        if asking.agrees():
            return
    raise ClientError("ERROR: additional privileges requested")


def _wanted(targets: Mapping[str, Target], allowed: Sequence[str], environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wanted and not allowed: in words, and the name that --allow takes."""
    found: dict[str, str] = {}
    entitlements = {each for target in targets.values() for each in target.get("entitlements") or ()}
    if "network.host" in entitlements and "network.host" not in allowed:
        found["network.host"] = "Running build containers that can access host network"
    if "security.insecure" in entitlements and "security.insecure" not in allowed:
        found["security.insecure"] = "Running privileged containers that can make system changes"
    if environ.get("BUILDX_BAKE_ENTITLEMENTS_FS", "") in ("0", "false", "f", "FALSE", "False", "F"):
        return [(words, name) for name, words in found.items()]
    read, write = _paths(targets)
    for name, paths, words in (("fs.read", read, "Read access to path"), ("fs.write", write, "Write access to path")):
        granted = [os.getcwd(), *(text.partition("=")[2] for text in allowed if text.partition("=")[0] in (name, "fs"))]
        if "*" in granted:
            continue
        for path in sorted(paths):
            if not any(_within(path, each) for each in granted):
                shown = _existing(path)
                found[f"{name}={shown}"] = f"{words} {shown}"
    both = [
        name.removeprefix("fs.read=") for name in found if name.startswith("fs.read=") and f"fs.write={name.partition('=')[2]}" in found
    ]
    for path in both:
        del found[f"fs.read={path}"], found[f"fs.write={path}"]
        found[f"fs={path}"] = f"Read and write access to path {path}"
    return [(words, name) for name, words in found.items()]


def _paths(targets: Mapping[str, Target]) -> tuple[set[str], set[str]]:
    from dockercompat.build.bake.show import is_remote

    read: set[str] = set()
    write: set[str] = set()
    for target in targets.values():
        context = str(target.get("context"))
        if not is_remote(context):
            read.add(context)
            read.add(os.path.join(context, str(target.get("dockerfile"))) if target.get("dockerfile-inline") is None else context)
        for where in (target.get("contexts") or {}).values():
            if "://" not in where and not where.startswith("target:"):
                read.add(where)
        read.update(each["src"] for each in target.get("secret") or () if each.get("src"))
        read.update(each["src"] for each in target.get("cache-from") or () if each["type"] == "local" and each.get("src"))
        write.update(each["dest"] for each in target.get("cache-to") or () if each["type"] == "local" and each.get("dest"))
        for each in target.get("output") or ():
            if each["type"] in ("local", "tar") and each.get("dest", "-") != "-":
                write.add(each["dest"])
    return read, write


def _existing(path: str) -> str:
    """The part of a path that there is, links followed."""
    made = os.path.realpath(path)
    while not os.path.exists(made):
        made = os.path.dirname(made)
    return made


def _within(path: str, directory: str) -> bool:
    inner, outer = _existing(path), os.path.realpath(directory)
    return outer == "/" or inner == outer or inner.startswith(outer + "/")
