"""Small Dockerfiles with what docker makes of them: how a case is written, laid out, built and looked at.

    python -m tests.dockerfiles record|compare [--docker "COMMAND"] [--seen FILE] FILE ...

`record` builds every case with a docker that has BuildKit and writes what came out into the files; `compare` builds with another
program and shows the differences. Each needs an image busybox:latest. A file holds cases:

    ==== NAME
    == args --build-arg A=b
    == file PATH [mode=0755] [link=TARGET] [crlf] [bom] [nonl] [base64] [tar=gz] [dir] [fifo] [hard=PATH]
    content
    == said / steps / config / history / tree         what docker made of it

@PORT@ in a file stands for the port of a web server with the files of `== web PATH`; `== web x.git` makes a repository of its lines.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import functools
import hashlib
import http.server
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "live" / "dockerfiles"
ANSWERS = ("said", "steps", "config", "history", "tree")


class Case:
    """One Dockerfile: its context, the words of its build, and what docker made of it by the names of ANSWERS."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.args: list[str] = []
        self.files: list[tuple[str, dict[str, str], str]] = []
        self.web: list[tuple[str, dict[str, str], str]] = []
        self.expected: dict[str, str] = {}
        self.source = ""


def read(path: Path) -> list[Case]:
    """The cases of one file."""
    cases: list[Case] = []
    for block in re.split(r"^==== ", path.read_bytes().decode(), flags=re.MULTILINE)[1:]:
        head, _, rest = block.partition("\n")
        case = Case(head.strip())
        parts = re.split(r"^== (.*)\n", rest, flags=re.MULTILINE)
        for heading, content in zip(parts[1::2], parts[2::2], strict=True):
            kind, _, words = heading.partition(" ")
            if kind in ANSWERS:
                case.expected[kind] = content
                continue
            case.source += f"== {heading}\n{content}"
            if kind == "args":
                case.args = shlex.split(words)
                continue
            name, *attributes = shlex.split(words)
            entry = (name, dict([*each.split("=", 1), ""][:2] for each in attributes), content)
            (case.web if kind == "web" else case.files).append(entry)
        cases.append(case)
    return cases


def write(path: Path, cases: list[Case]) -> None:
    """A file of the cases with what is expected of them."""
    text = ""
    for case in cases:
        text += f"==== {case.name}\n{case.source}"
        text += "".join(f"== {kind}\n{case.expected[kind]}" for kind in ANSWERS if case.expected.get(kind))
    path.write_bytes(text.encode())


def _content(attributes: dict[str, str], text: str) -> bytes:
    if "crlf" in attributes:
        text = text.replace("\n", "\r\n")
    if "nonl" in attributes:
        text = text.removesuffix("\n")
    data = base64.b64decode(text) if "base64" in attributes else text.encode()
    if "tar" in attributes:
        data = _archive(text, attributes["tar"])
    return b"\xef\xbb\xbf" + data if "bom" in attributes else data


def _archive(text: str, form: str) -> bytes:
    """A tar of lines `PATH MODE UID:GID CONTENT`, `PATH -> TARGET`, `PATH/`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for line in text.splitlines():
            words = line.split(" ", 3)
            info = tarfile.TarInfo(words[0])
            if words[1:2] == ["->"]:
                info.type, info.linkname = tarfile.SYMTYPE, words[2]
                archive.addfile(info)
                continue
            info.mode = int(words[1], 8)
            info.uid, info.gid = map(int, words[2].split(":"))
            if words[0].endswith("/"):
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                data = words[3].encode() if len(words) > 3 else b""
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    tools = {"gz": ["gzip", "-n"], "bz2": ["bzip2"], "xz": ["xz"], "zst": ["zstd", "-q"]}
    if form in tools:
        return subprocess.run([*tools[form], "-c"], input=buffer.getvalue(), stdout=subprocess.PIPE, check=True).stdout
    return buffer.getvalue()


def lay_out(case: Case, directory: Path, port: int) -> None:
    """Write the context of a case."""
    directory.mkdir(parents=True)
    for name, attributes, text in case.files:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in attributes:
            path.symlink_to(attributes["link"])
        elif "hard" in attributes:
            path.hardlink_to(directory / attributes["hard"])
        elif "fifo" in attributes:
            os.mkfifo(path)
        elif "dir" in attributes:
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(_content(attributes, text.replace("@PORT@", str(port))))
            path.chmod(0o644)
        if "mode" in attributes:
            path.chmod(int(attributes["mode"], 8))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def web(cases: list[Case], directory: Path) -> Any:
    """A web server with the files of all cases; yields its port."""
    directory.mkdir()
    for case in cases:
        for name, attributes, text in case.web:
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith(".git"):
                _repository(path, text)
            else:
                path.write_bytes(_content(attributes, text))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _repository(path: Path, text: str) -> None:
    """A bare repository, to be fetched over plain http: a commit for every line `BRANCH PATH CONTENT`, `tag:NAME` for a tag."""
    tree = path.with_suffix(".tree")
    tree.mkdir()
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "a@b"))},
        "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z",
    }

    def git(*words: str, cwd: Path = tree) -> None:
        subprocess.run(["git", *words], cwd=cwd, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    git("init", "-b", "main")
    for line in text.splitlines():
        if line.startswith("tag:"):
            git("tag", line[4:])
            continue
        branch, name, content = line.split(" ", 2)
        git("checkout", "-B", branch) if branch != "main" else None
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content + "\n")
        git("add", ".")
        git("commit", "-m", "x")
        git("checkout", "main") if branch != "main" else None
    git("clone", "--bare", str(tree), str(path))
    git("update-server-info", cwd=path)


def entries(data: bytes) -> dict[str, str]:
    """The tree of a tar as text by path: kind, mode, owner, size and digest or target."""
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for info in archive:
            name = info.name.strip("/").removeprefix("./")
            owner = f"{info.uid}:{info.gid}"
            if info.isdir():
                found[name] = f"d {info.mode:04o} {owner}"
            elif info.issym():
                found[name] = f"l {owner} -> {info.linkname}"
            elif info.islnk():
                found[name] = f"h -> {info.linkname.strip('/').removeprefix('./')}"
            elif info.isfile():
                file = archive.extractfile(info)
                assert file is not None
                body = file.read()
                short = hashlib.sha256(body).hexdigest()[:12]
                shown = json.dumps(body.decode()) if len(body) < 100 and body.isascii() else f"{len(body)} {short}"
                found[name] = f"f {info.mode:04o} {owner} {shown}"
            else:
                found[name] = f"{info.type!r} {info.mode:04o} {owner}"
    return found


def tree_text(tree: dict[str, str], base: dict[str, str]) -> str:
    """What a tree has that the base has not; a base that the tree has nothing of counts as empty."""
    if "bin/busybox" not in tree and "bin/sh" not in tree:
        base = {}
    lines = [f"{name} {text}\n" for name, text in sorted(tree.items()) if base.get(name) != text]
    return "".join(lines + [f"-{name}\n" for name in sorted(base) if name not in tree])


def clean(text: str, directory: Path, port: int) -> str:
    """Text of a build without what changes from one run to the next."""
    text = text.replace(str(directory), "DIR").replace(str(port), "@PORT@")
    text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
    text = re.sub(r"\b[a-z0-9]{25}::[a-z0-9]{25}\b|\b[a-z0-9]{25}\b", "ID", text)
    text = re.sub(r"/\S+/overlay2/\S+/merged/", "/", text)
    text = re.sub(r"(checksum of ref) \S+:", r"\1:", text)
    return re.sub(r"^(#\d+ )?\d+\.\d{2,3} ", r"\g<1>T ", text, flags=re.MULTILINE)


def said(text: str) -> str:
    """What stands outside the log of the steps: warnings, the excerpt and the error."""
    lines = [line.rstrip() for line in text.replace("\x1b[33m", "").replace("\x1b[0m", "").splitlines()]
    lines = [line for line in lines if line and not re.match(r"#\d+( |$)", line) and not line.startswith("View build details")]
    warned = [line for line in lines if line.startswith(" - ")]  # docker's order is that of a Go map
    at = lines.index(warned[0]) if warned else 0
    rest = [line for line in lines if line not in warned]
    return "".join(f"{line}\n" for line in rest[:at] + sorted(warned) + rest[at:])


def steps(text: str) -> str:
    """The names of the steps, sorted."""
    names = set()
    for number, name in re.findall(r"^#(\d+) (\[.*)", text, re.MULTILINE):
        if not re.match(r"\[.*\] FROM ", name):  # a base that other builds use, too, has their number, or none
            names.add((number, name))
    return "".join(f"{name}\n" for name in sorted({name for _, name in names}) if not re.match(r"\[internal\]|\[context \S+\] load", name))


def log(text: str) -> str:
    """The whole log of the steps, by step, without numbers, times and sizes."""
    blocks: dict[str, list[str]] = {}
    for number, rest in re.findall(r"^#(\d+) (.*)", text, re.MULTILINE):
        rest = re.sub(r"\b\d+(\.\d+)?(s|kB|MB|B|GB)\b( / \d.*?B)?", "N", rest).replace("N N", "N").removesuffix(" N")
        rest = re.sub(r"\[.*\d+/\d+\] FROM", "[N] FROM", rest)
        if rest == "CACHED":
            rest = "DONE"
        if rest not in ("...", "transferring context:", "transferring dockerfile:") and not rest.startswith(
            ("building with", "exporting layers")
        ):
            block = blocks.setdefault(number, [])
            if rest not in block:
                block.append(rest)
    done = [" | ".join(block) for block in blocks.values()]
    return "".join(f"{each}\n" for each in sorted(done))


class Builder:
    """Builds cases with one docker.

    words     the command's beginning
    together  it gives an image and an archive in one build, which docker's own builder does not
    """

    def __init__(self, words: list[str], work: Path, port: int, env: dict[str, str] | None = None, *, together: bool = False) -> None:
        self.words = words
        self.together = together
        self.env = env
        self.work = work
        self.port = port
        self.base: dict[str, str] = {}

    def docker(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self.words, *words], cwd=cwd or self.work, env=self.env, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )

    def read_base(self) -> None:
        directory = self.work / "base"
        directory.mkdir()
        (directory / "Dockerfile").write_text("FROM busybox\n")
        self.docker("build", "-q", "-o", "type=tar,dest=base.tar", "base")
        self.base = entries((self.work / "base.tar").read_bytes())

    def build(self, case: Case) -> dict[str, str]:
        """What came of a case, by the names of ANSWERS, and the whole log."""
        slug = re.sub(r"[^a-z0-9]+", "-", case.name.lower())
        directory = self.work / slug
        lay_out(case, directory, self.port)
        args = [word.replace("@PORT@", str(self.port)) for word in case.args]
        context = [] if args[-1:] and args[-1].startswith("ctx:") else ["."]
        if not context:
            context = [args.pop().removeprefix("ctx:")]
        tag = f"dockerfile-{slug}:latest"
        outputs = ["-o", f"type=tar,dest={self.work}/{slug}.tar"]
        both = ["-o", "type=image", *outputs] if self.together else []
        built = self.docker("build", "--progress=plain", "-t", tag, *both, *args, *context, cwd=directory)
        text = clean(built.stderr.decode("utf-8", "replace"), directory, self.port).replace(tag, "TAG").replace(tag[:-7], "TAG")
        found = {"said": said(text), "steps": steps(text), "log": log(text), "text": text}
        if built.returncode == 0 and not any(word == "--check" or word.startswith("--call") for word in args):
            document = json.loads(self.docker("image", "inspect", tag).stdout)[0]
            shown = {
                "Config": document["Config"],
                **{k: document.get(k) for k in ("Author", "Architecture", "Os", "Variant") if document.get(k)},
            }
            shown["Config"] = {k: v for k, v in shown["Config"].items() if v or (k in ("Entrypoint", "Cmd") and v == [])}
            shown["Layers"] = len(document["RootFS"].get("Layers") or ())
            found["config"] = clean(json.dumps(shown, indent=1, sort_keys=True, ensure_ascii=False) + "\n", directory, self.port)
            history = self.docker("history", "--no-trunc", "--format", "{{.CreatedBy}} | {{.Comment}}", tag).stdout.decode()
            found["history"] = clean(history, directory, self.port)
            if not self.together:
                self.docker("build", "-q", *outputs, *args, *context, cwd=directory)
            tar = self.work / f"{slug}.tar"
            found["tree"] = tree_text(entries(tar.read_bytes()), self.base) if tar.exists() else "no tar\n"
            tar.unlink(missing_ok=True)
        elif built.stdout:
            found["said"] += clean(built.stdout.decode(), directory, self.port)
        return found


def build_all(cases: list[Case], docker: list[str], *, jobs: int = 3) -> list[dict[str, str]]:
    """Every case's result, in their order."""
    work = Path(tempfile.mkdtemp(prefix="dockerfiles-"))
    work.chmod(0o755)
    try:
        with web(cases, work / "web") as port, ThreadPoolExecutor(jobs) as pool:
            builder = Builder(docker, work, port)
            builder.read_base()
            return list(pool.map(builder.build, cases))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("record", "compare"))
    parser.add_argument("--docker", default="docker")
    parser.add_argument("--seen", help="a file for (record) or with (compare) the whole logs, to compare these too")
    parser.add_argument("--only", default="", help="a regular expression over names")
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    docker = shlex.split(options.docker)
    paths = [Path(each) for each in options.files] or sorted(FOLDER.glob("*.txt"))
    groups = [(path, read(path)) for path in paths]
    cases = [case for _, group in groups for case in group if re.search(options.only, case.name)]
    results = build_all(cases, docker)
    seen: dict[str, Any] = {}
    if options.seen and Path(options.seen).exists():
        seen = json.loads(Path(options.seen).read_text())
    differ = 0
    for case, result in zip(cases, results, strict=True):
        if options.what == "record":
            case.expected = {kind: result.get(kind, "") for kind in ANSWERS}
            seen[case.name] = {"log": result["log"], "text": result["text"]}
            continue
        different = False
        for kind in (*ANSWERS, "log"):
            wanted = case.expected.get(kind, "") if kind != "log" else seen.get(case.name, {}).get("log", result["log"])
            got = result.get(kind, "")
            if wanted != got:
                different = different or kind != "log"
                where = sys.stdout if kind != "log" else sys.stderr
                a, b = wanted.split("\n"), got.split("\n")
                print(f"{case.name}: {kind}", file=where)
                print(
                    "".join(f"  - {line}\n" for line in a if line not in b) + "".join(f"  + {line}\n" for line in b if line not in a),
                    end="",
                    file=where,
                )
                if sorted(a) == sorted(b):
                    print("  order:", a, b, file=where)
        differ += different
    if options.what == "record":
        for path, group in groups:
            write(path, group)
        if options.seen:
            Path(options.seen).write_text(json.dumps(seen, indent=1))
    print(f"{len(cases)} cases, {differ} differ", file=sys.stderr)
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
