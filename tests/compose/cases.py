"""Small compose projects with what docker compose answers: the files under tests/compose/cases.

A case begins with `=== NAME | WORDS`, its files with `--- PATH`, the answer with `>>> STATUS`, what went to standard error with `!!!`.
WORDS are those after `compose`; variables may stand before them. `@` stands for the project's directory.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "cases"
HOME = "/home/u"
_ASSIGNMENT = re.compile(r"[A-Z_]+=").match


class Case(NamedTuple):
    name: str
    line: str
    files: dict[str, str]
    status: int = 0
    stdout: str = ""
    stderr: str = ""

    @property
    def words(self) -> list[str]:
        return [word for word in shlex.split(self.line) if not _ASSIGNMENT(word)]

    def environ(self, directory: Path) -> dict[str, str]:
        own = dict(word.split("=", 1) for word in shlex.split(self.line) if _ASSIGNMENT(word))
        return {"HOME": HOME, "USER": "u", "PATH": "/usr/bin:/bin", "PWD": str(directory), **own}

    def lay_out(self, directory: Path) -> None:
        for path, text in self.files.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text)

    def written(self) -> str:
        files = "".join(f"--- {path}\n{text}" for path, text in self.files.items())
        stderr = f"!!!\n{self.stderr}" if self.stderr else ""
        return f"=== {self.name} | {self.line}\n{files}>>> {self.status}\n{self.stdout}{stderr}"


def normalized(text: str, directory: Path) -> str:
    """Without the machine's paths, times and line ends."""
    text = re.sub(r'time="[^"]*"', 'time="T"', text.replace(str(directory), "@"))
    return text if not text or text.endswith("\n") else text + "\n"


def read(path: Path) -> list[Case]:
    cases = []
    for text in re.split(r"^=== ", path.read_text(), flags=re.M)[1:]:
        head, _, rest = text.partition("\n")
        name, _, line = head.partition(" | ")
        question, _, answer = rest.partition("\n>>> ") if not rest.startswith(">>> ") else ("", "", rest[4:])
        files = {}
        for one in re.split(r"^--- ", question + "\n", flags=re.M)[1:]:
            file, _, content = one.partition("\n")
            files[file] = content
        status, _, output = answer.partition("\n")
        stdout, _, stderr = output.partition("!!!\n")
        cases.append(Case(name, line, files, int(status or 0), stdout, stderr))
    return cases
