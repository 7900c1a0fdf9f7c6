"""Who may import whom (the floors), and what a command that a person waits for may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "dockercompat"
FLOORS = {
    "errors": 0, "record": 0, "json": 0,
    "spec": 1, "kernel": 1, "host": 2, "state": 2, "storage": 3, "distribution": 3, "net": 3, "runtime": 3,
    "engine": 4, "build": 5, "remote": 5, "compose": 6, "api": 7, "cli": 8, "__main__": 9, "__init__": 0,
}  # fmt: skip
SLOW = {
    "typing",
    "dataclasses",
    "pathlib",
    "logging",
    "subprocess",
    "inspect",
    "asyncio",
    "typer",
    "rich",
    "requests",
    "yaml",
    "zstandard",
    "isal",
}
WRAPPERS = {"re", "json", "sqlite3", "signal", "enum", "datetime", "ctypes"}  # 12 ms together
LATE = {"typer", "rich", "requests", "yaml", "zstandard", "isal", "tree_sitter", "tree_sitter_hcl", "h11", "wsproto", "inotify_simple"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text(), str(path))


def run_time_imports(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Modules imported when the program runs: name, line, whether at the top of the file."""

    def walk(node: ast.AST, top: bool) -> Iterator[tuple[str, int, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
                for other in child.orelse:
                    yield from walk(ast.Module([other], []), top)
            elif isinstance(child, ast.Import):
                yield from ((alias.name, child.lineno, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"relative import in line {child.lineno}"
                yield from ((f"{child.module}.{alias.name}", child.lineno, top) for alias in child.names)
            else:
                yield from walk(child, top and not isinstance(child, ast.FunctionDef | ast.Lambda))

    yield from walk(tree, True)


def test_floors() -> None:
    """A file imports from lower floors and from its own folder, never from a sibling."""
    wrong = []
    for name, tree in sources():
        own = name.removesuffix(".py").split("/")[0]
        for module, line, _ in run_time_imports(tree):
            parts = module.split(".")
            if parts[0] != "dockercompat" or len(parts) < 2 or parts[1] == own or parts[1] == "__version__":
                continue
            if parts[1] not in FLOORS or FLOORS[parts[1]] >= FLOORS[own]:
                wrong.append(f"{name}:{line} imports {module}")
    assert wrong == []


NOUNS = {
    "container": {"image", "network", "system", "volume"},
    "image": {"system"},
    "network": {"system"},
    "volume": {"system"},
    "manifest": {"image"},
    "builder": {"image"},
    "system": set(),
    "registry": set(),
}  # fmt: skip
ABOUT_MANY_NOUNS = {
    "engine/network/connect.py": {"container"},
    "engine/network/stale.py": {"container"},
    "engine/system/df.py": {"builder", "container", "image", "volume"},
}


def test_nouns_of_the_engine() -> None:
    """Containers use images, networks and volumes, never the other way round; everything records events."""
    wrong = []
    for name, tree in sources():
        folders = name.split("/")
        if folders[0] != "engine" or len(folders) < 3:
            continue
        for module, line, _ in run_time_imports(tree):
            parts = module.split(".")
            if parts[:2] != ["dockercompat", "engine"] or len(parts) < 4 or parts[2] == folders[1]:
                continue
            if parts[2] not in NOUNS[folders[1]] | ABOUT_MANY_NOUNS.get(name, set()):
                wrong.append(f"{name}:{line} imports {module}")
    assert wrong == []


def test_no_module_needs_itself() -> None:
    """No circle of imports at the top of files, whoever is loaded first."""
    trees = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): tree for name, tree in sources()}
    needs: dict[str, set[str]] = {}
    for name, tree in trees.items():
        modules = [module.removeprefix("dockercompat.") for module, _, top in run_time_imports(tree) if top]
        needs[name] = {found for module in modules for found in (module, module.rpartition(".")[0]) if found in trees} - {name}
    while leaves := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in leaves}
    assert sorted(needs) == []


def test_only_the_kernels_room_has_ctypes() -> None:
    wrong = [f"{name}:{line}" for name, tree in sources() for module, line, _ in run_time_imports(tree) if module.split(".")[0] == "ctypes"]
    assert [place for place in wrong if not place.startswith("kernel/")] == []


def test_only_one_file_starts_programs() -> None:
    wrong = []
    for name, tree in sources():
        wrong += [f"{name}:{line}" for module, line, _ in run_time_imports(tree) if module.split(".")[0] == "subprocess"]
    assert wrong == []


def test_json_is_our_quick_one() -> None:
    """Write `from dockercompat import json`: the standard module takes 6 ms to import."""
    wrong = [name for name, tree in sources() for module, _, top in run_time_imports(tree) if top and module.split(".")[0] == "json"]
    assert [name for name in wrong if FLOORS[name.split("/")[0].removesuffix(".py")] <= FLOORS["engine"]] == []


def test_slow_packages_are_imported_late() -> None:
    wrong = [
        f"{name}:{line} imports {module}"
        for name, tree in sources()
        for module, line, top in run_time_imports(tree)
        if top and module.split(".")[0] in LATE and not name.startswith("api/")  # loaded by the service alone
    ]
    assert wrong == []


def loaded_by(*words: str, tmp_path: Path) -> set[str]:
    """Modules loaded after `pydocker WORDS`, started without Python's own site module."""
    code = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); sys.argv[1:] = {list(words)!r}\n"
        "import os, dockercompat.__main__ as program  # its main() would not return\n"
        "program.run_words(); sys.stdout = sys.__stderr__; print('\\nMODULES', *sys.modules)"
    )
    (tmp_path / "run").mkdir(exist_ok=True)
    environ = {
        "HOME": str(tmp_path),
        "PYDOCKER_ROOT": str(tmp_path / "root"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "PATH": "/usr/bin:/bin",
    }
    ended = subprocess.run([sys.executable, "-ISc", code], env=environ, capture_output=True, text=True, timeout=60)
    assert "MODULES" in ended.stderr, ended.stderr
    return set(ended.stderr.rpartition("MODULES ")[2].split())


PS_LOADS = """
__main__ cli cli.commands cli.commands.container cli.config_file cli.endpoint cli.contexts cli.flags cli.invocation
cli.listing cli.listing.container cli.output cli.refusals cli.listing.table cli.listing.text cli.main
cli.surface cli.surface.container cli.surface.root cli.surface.rows
engine engine.container engine.container.list engine.container.state engine.container.store engine.engine engine.network
engine.mending engine.network.health
errors json host host.lock host.paths host.run kernel kernel.holder kernel.idmap kernel.process kernel.syscall
    net net.process
cli.interrupts record runtime runtime.conmon runtime.crun spec spec.clock spec.container spec.duration spec.filter spec.number spec.port
spec.size state state.db state.sqlite
"""


def test_what_ps_loads(tmp_path: Path) -> None:
    """The pinned list: whoever makes `ps` load more says so here."""
    loaded = loaded_by("ps", tmp_path=tmp_path)
    assert not loaded & {*SLOW, *WRAPPERS}, loaded & {*SLOW, *WRAPPERS}
    ours = {module.removeprefix("dockercompat.") for module in loaded if module.startswith("dockercompat.")}
    assert ours - set(PS_LOADS.split()) == set()
    assert not loaded & {"functools", "collections", "sqlite3", "datetime"}


def test_what_the_parser_loads(tmp_path: Path) -> None:
    """A refusal is made of little: `docker rename` without arguments."""
    loaded = loaded_by("rename", tmp_path=tmp_path)
    assert not loaded & {*SLOW, "re", "json", "sqlite3", "ctypes", "importlib.util"}


def test_what_documents_without_a_template_do_without(tmp_path: Path) -> None:
    loaded = loaded_by("inspect", "nothing", tmp_path=tmp_path)
    assert "dockercompat.cli.inspecting" in loaded
    assert not {f"dockercompat.cli.template.{name}" for name in ("lexer", "parser", "evaluate", "functions", "printing")} & loaded


def test_what_the_version_loads(tmp_path: Path) -> None:
    loaded = loaded_by("--version", tmp_path=tmp_path)
    assert not loaded & {*SLOW, "re", "json", "sqlite3", "ctypes", "signal", "enum"}
