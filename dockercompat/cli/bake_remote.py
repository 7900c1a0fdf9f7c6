"""Bake definitions that stand in a git repository."""

from __future__ import annotations

import os
import tempfile

from dockercompat.build.bake.read import DEFAULT_FILES, File
from dockercompat.build.request import human_bytes
from dockercompat.build.solving import git
from dockercompat.errors import BakeFailed, BuildFailed
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.build.solving.report import Reporter
    from dockercompat.cli.invocation import Invocation


def read_files(invocation: Invocation, where: str, names: Sequence[str], reporter: Reporter) -> list[File]:
    """The definition files of a repository; names that begin with cwd:// are those of this directory. Raises BakeFailed."""
    if not git.is_git(where):
        raise BakeFailed(f"unsupported definition {where}: only git repositories are read")
    paths = invocation.engine.paths
    os.makedirs(paths.temp_dir, exist_ok=True)
    directory = tempfile.mkdtemp(prefix="bake-", dir=paths.temp_dir)
    found = []
    try:
        with reporter.step(f"[internal] load git source {where}"):
            try:
                root = git.fetch(git.parse(where), directory)[0]
            except BuildFailed as error:
                raise BakeFailed(str(error)) from None
        with reporter.step("[internal] load remote bake definitions") as step:
            for name in names or DEFAULT_FILES:
                local = name.startswith("cwd://")
                path = name.removeprefix("cwd://") if local else os.path.join(root, name)
                try:
                    with open(path, "rb") as file:
                        data = file.read()
                except FileNotFoundError:
                    if names:
                        raise BakeFailed(f"open {name.removeprefix('cwd://')}: no such file or directory") from None
                    continue
                step.log(f"reading {name} {human_bytes(len(data))} / {human_bytes(len(data))} done")
                found.append(File(name.removeprefix("cwd://"), data.decode("utf-8", "replace")))
    finally:
        remove_tree(directory)
    return found
