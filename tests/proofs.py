"""Which claims of the matrix could not fail: each is tried with its flag ignored, or its command doing nothing.

    BASE_TAR=... python -m tests.proofs [--live] [--shard I/N] [ROW or TEST part ...]

Writes to standard output, a line a claim: "weak", "strong", "broken" (does not pass as it is) or "skipped", the test, the row.
`--weak-into` adds the weak cases of tests/conformance to a file as weak.txt holds them; the matrix does not count those.
Live tests are run one by one.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import os
import shutil
import site
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from dockercompat.cli import matrix

TESTS = Path(__file__).resolve().parent
CONFORMANCE = TESTS / "conformance"
VARIABLE = "IGNORED_ROW"
LIMIT_S = 20

PROGRAM = """#!{python} -IS
import os, sys
sys.path[:0] = {path!r}
row = os.environ.get({variable!r})
if row and sys.argv[1:2] != ["internal"]:
    from dockercompat.cli import flags, main as cli, surface
    name, _, flag_name = row.partition(" --")
    if name == "docker":
        rows = surface.root.FLAGS
    else:
        command = surface.rows_of(name.split()[0]).command(name)
        rows = command.flags
    if flag_name:
        kept = flags._set
        def ignoring(options, flag, text, warn):
            if flag_name in (flag.name, flag.alias_of) and any(flag is row for row in rows):
                flags._convert(flag, text)
            else:
                kept(options, flag, text, warn)
        flags._set = ignoring
    else:
        found = cli.find_handler
        cli.find_handler = lambda handler: (lambda invocation: 0) if handler == command.handler else found(handler)
from dockercompat.__main__ import main
sys.exit(main())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", action="store_true", help="the tests of tests/live, not the cases of tests/conformance")
    parser.add_argument("--lonely", action="store_true", help="with --live: only rows that no case proves")
    parser.add_argument("--shard", default="0/1", help="I/N: only every Nth test, from the Ith")
    parser.add_argument("--weak-into", help="file that weak cases are appended to")
    parser.add_argument("part", nargs="*", help="only claims in whose row or test this stands")
    chosen = parser.parse_args()
    claims = matrix.claims(f"{TESTS}/live") if chosen.live else matrix.recorded(str(CONFORMANCE), weak=True)
    rows_by_test: dict[str, list[str]] = {}
    for claim in claims:
        rows = rows_by_test.setdefault(claim.test, [])
        row = matrix.canonical(claim.row)
        if row not in rows and (not chosen.part or any(part in row or part in claim.test for part in chosen.part)):
            rows.append(row)
    index, count = map(int, chosen.shard.split("/"))
    work = Path(tempfile.mkdtemp(prefix="pydocker-proofs-"))
    try:
        program = work / "docker"
        path = [str(TESTS.parent), *site.getsitepackages()]
        program.write_text(PROGRAM.format(python=sys.executable, path=path, variable=VARIABLE))
        program.chmod(0o755)
        try_one: Any = _live(program) if chosen.live else _case(program, work)
        counted = {matrix.canonical(claim.row) for claim in matrix.recorded(str(CONFORMANCE))} if chosen.lonely else set()
        for test in sorted(rows_by_test)[index::count]:
            rows = [row for row in rows_by_test[test] if row not in counted]
            if not rows:
                continue
            if not (passed := try_one(test, "")):
                print("skipped" if passed is None else "broken", test, sep="\t", flush=True)
                continue
            for row in rows:
                weak = try_one(test, row)
                print("weak" if weak else "strong", test, row, sep="\t", flush=True)
                if weak and chosen.weak_into:
                    with open(chosen.weak_into, "a") as file:
                        file.write(f"{test.removeprefix('conformance ')} {row}\n")
    finally:
        if not chosen.live:
            subprocess.run([program, "system", "reset", "--force"], stdout=subprocess.DEVNULL, check=False)
        shutil.rmtree(work, ignore_errors=True)


def _case(program: Path, work: Path) -> Any:
    """A function: does the case give docker's answer though the row is ignored?"""
    os.environ.update(PYDOCKER_ROOT=f"{work}/root", XDG_RUNTIME_DIR=f"{work}/run", LIMIT=str(LIMIT_S))
    os.mkdir(work / "run")
    loader = importlib.machinery.SourceFileLoader("conformance_run", str(CONFORMANCE / "run"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    suite = importlib.util.module_from_spec(spec)
    loader.exec_module(suite)
    engine = suite.Engine(str(program))
    engine.ensure_base()

    def passes(test: str, row: str) -> bool:
        name = test.removeprefix("conformance ")
        engine.clean()
        engine.env[VARIABLE] = row
        try:
            got = engine.case(str(CONFORMANCE / "cases" / f"{name}.sh"))
        finally:
            del engine.env[VARIABLE]
        return all((CONFORMANCE / "expected" / f"{name}.{kind}").read_bytes().decode() == got[kind] for kind in ("out", "err", "rc"))

    return passes


def _live(program: Path) -> Any:
    """A function: does no part of the live test itself fail though the row is ignored? What its fixtures do does not count.

    None: it was skipped.
    """

    def passes(test: str, row: str) -> bool | None:
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-rf", "-p", "no:cacheprovider", f"{TESTS}/{test}"]
        environ = {**os.environ, VARIABLE: row, "PYDOCKER_COMMAND": str(program)}
        try:
            done = subprocess.run(words, cwd=TESTS.parent, env=environ, capture_output=True, text=True, timeout=LIMIT_S * 6)
        except subprocess.TimeoutExpired:
            return False
        if any(line.startswith("FAILED ") for line in done.stdout.splitlines()):
            return False
        return None if " passed" not in done.stdout and " skipped" in done.stdout else True

    return passes


if __name__ == "__main__":
    main()
