"""Which files make a project, where it stands, what its variables are, and what it is called."""

from __future__ import annotations

import os
import re

from dockercompat.compose.files import dotenv, remote
from dockercompat.compose.values import quoted
from dockercompat.errors import InvalidProject
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.compose.values import Warn

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = ("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml")
_TRUTHS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


class Settings(Record):
    """What stands between `compose` and its command; "" and () for what is not given.

    files      as -f gives them, "-" for standard input
    profiles   of --profile; () leaves it to COMPOSE_PROFILES
    """

    files: tuple[str, ...] = ()
    project_name: str = ""
    project_dir: str = ""
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    all_resources: bool = False


class Sources(Record):
    """Where a project comes from.

    paths        absolute, "-" for standard input; () when there are none
    working_dir  absolute: what relative paths are relative to; where a file of elsewhere is kept, if one is
    name_dir     absolute: what the project is called after
    environment  the variables of the process, then those of environment files
    env_files    the environment files that were read, absolute
    profiles     the active ones, before services are selected
    """

    paths: tuple[str, ...]
    working_dir: str
    environment: dict[str, str]
    env_files: tuple[str, ...]
    profiles: tuple[str, ...]
    name_dir: str


def with_dot_env(settings: Settings, environ: Mapping[str, str], cwd: str) -> dict[str, str]:
    """The process's environment with the COMPOSE_ variables of `.env`: those that change how compose itself works."""
    known = dict(environ)
    known.setdefault("PWD", cwd)
    files = settings.env_files or _env_files(environ) or _default_env_file(known, _start_dir(settings, cwd))
    for name, value in read_env_files(known, files, cwd).items():
        if name.startswith("COMPOSE_"):
            known.setdefault(name, value)
    return known


def find(settings: Settings, environ: Mapping[str, str], cwd: str, warn: Warn) -> Sources:
    """Look for a project's files as docker compose does. environ is that of with_dot_env. Raises InvalidProject."""
    if settings.project_name and normalize_name(settings.project_name) != settings.project_name:
        raise InvalidProject(invalid_name(settings.project_name))
    environment = dict(environ)
    given = tuple(settings.env_files) or _env_files(environ)
    working_dir = _start_dir(settings, cwd)
    env_files = given or _default_env_file(environ, working_dir)
    _add(environment, read_env_files(environment, env_files, cwd, warn))
    named = list(settings.files)
    if not named and "COMPOSE_FILE" in environment:
        named = environment["COMPOSE_FILE"].split(environment.get("COMPOSE_PATH_SEPARATOR") or ":")
        for path in named:
            if path != "-" and not remote.is_remote(path) and not os.path.exists(_absolute(path, cwd)):
                raise InvalidProject(f"stat {_absolute(path, cwd)}: no such file or directory")
    paths = [path if path == "-" else place(path, cwd, environment) for path in named] or _discover(working_dir, warn)
    if not settings.project_dir:
        first = next((path for path in named or paths if path != "-"), None)
        working_dir = os.path.dirname(_absolute(first, cwd)) if first and not remote.is_remote(first) else cwd
    if not given:
        env_files = _default_env_file(environ, working_dir) or env_files
        _add(environment, read_env_files(environment, env_files, cwd))
    profiles = settings.profiles or tuple(name.strip() for name in environment.get("COMPOSE_PROFILES", "").split(","))
    kept = [os.path.dirname(at) for path, at in zip(named, paths) if remote.is_remote(path)]
    read = tuple(_absolute(path, cwd) for path in env_files)
    return Sources(tuple(paths), kept[-1] if kept else working_dir, environment, read, tuple(profiles), working_dir)


def _start_dir(settings: Settings, cwd: str) -> str:
    if settings.project_dir:
        return _absolute(settings.project_dir, cwd)
    first = next((path for path in settings.files if path != "-"), None)
    return os.path.dirname(_absolute(first, cwd)) if first and not remote.is_remote(first) else cwd


def place(path: str, directory: str, environ: Mapping[str, str]) -> str:
    """Where a compose file is: below a directory, or fetched. Raises InvalidProject."""
    return remote.local(path, environ, _NAMES) if remote.is_remote(path) else _absolute(path, directory)


def _absolute(path: str, cwd: str) -> str:
    return os.path.normpath(os.path.join(cwd, path))


def _env_files(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(path for path in environ.get("COMPOSE_ENV_FILES", "").split(",") if path)


def _default_env_file(environ: Mapping[str, str], directory: str) -> tuple[str, ...]:
    disabled = environ.get("COMPOSE_DISABLE_ENV_FILE")
    if disabled is not None:
        if disabled not in _TRUTHS:
            raise InvalidProject(f"strconv.ParseBool: parsing {quoted(disabled)}: invalid syntax")
        if _TRUTHS[disabled]:
            return ()
    path = os.path.join(directory, ".env")
    return (path,) if os.path.exists(path) and not os.path.isdir(path) else ()


def read_env_files(environment: Mapping[str, str], paths: Sequence[str], cwd: str, warn: Warn | None = None) -> dict[str, str]:
    """The variables of environment files; a later file sees those of an earlier one, and beats it. Raises InvalidProject."""
    found: dict[str, str] = {}

    def lookup(name: str) -> str | None:
        return environment[name] if name in environment else found.get(name)

    for path in paths:
        path = _absolute(_expand_home(path, environment), cwd)
        try:
            text = dotenv.read(path)
        except FileNotFoundError:
            raise InvalidProject(f"couldn't find env file: {path}") from None
        except IsADirectoryError:
            raise InvalidProject(f"{path} is a directory") from None
        except OSError as error:
            raise InvalidProject(f"open {path}: {(error.strerror or '').lower()}") from None
        try:
            found |= dotenv.parse(text, lookup, warn)
        except InvalidProject as error:
            raise InvalidProject(f"failed to read {path}: {error}") from None
    return found


def _expand_home(path: str, environment: Mapping[str, str]) -> str:
    return environment.get("HOME", "") + path[1:] if path.startswith("~") else path


def _add(environment: dict[str, str], more: Mapping[str, str]) -> None:
    for name, value in more.items():
        environment.setdefault(name, value)


def _discover(directory: str, warn: Warn) -> list[str]:
    while True:
        found = _existing(_NAMES, directory)
        if found:
            _tell_twins("config", found, warn)
            overrides = _existing(_OVERRIDES, directory)
            _tell_twins("override", overrides, warn)
            return found[:1] + overrides[:1]
        parent = os.path.dirname(directory)
        if parent == directory:
            return []
        directory = parent


def _existing(names: tuple[str, ...], directory: str) -> list[str]:
    return [path for path in (os.path.join(directory, name) for name in names) if os.path.exists(path)]


def _tell_twins(what: str, found: list[str], warn: Warn) -> None:
    if len(found) > 1:
        warn(f"Found multiple {what} files with supported names: {', '.join(found)}")
        warn(f"Using {found[0]}")


def normalize_name(name: str) -> str:
    """A project's name of a directory's or a file's: lower case, other characters dropped, a letter or a digit first."""
    return re.sub(r"[^a-z0-9_-]", "", name.lower()).lstrip("_-")


def invalid_name(name: str) -> str:
    return (
        f"invalid project name {quoted(name)}: must consist only of lowercase alphanumeric characters, hyphens, and underscores "
        "as well as start with a letter or number"
    )
