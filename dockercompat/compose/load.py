"""A compose project from its files: the one entry that commands use."""

from __future__ import annotations

import os
import sys

from dockercompat.compose.files import dotenv, merged, sources
from dockercompat.compose.files.merged import Options, Reading
from dockercompat.compose.files.sources import Settings, Sources
from dockercompat.compose.model import consistency, normalize, shapes
from dockercompat.compose.model.decode import Decoder, changed
from dockercompat.compose.model.project import SECTIONS, Project
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.compose.files.template import Lookup
    from dockercompat.compose.values import Value, Warn

DEFAULT = Options()


def load_project(
    settings: Settings,
    environ: Mapping[str, str],
    cwd: str,
    *,
    services: Sequence[str] = (),
    options: Options = DEFAULT,
    warn: Warn = lambda message: None,
    stdin: bytes | None = None,
) -> Project:
    """Find, read and check a project, as docker compose does before it acts.

    settings  the flags before the command
    environ   the process's environment; COMPOSE_ variables in it and in `.env` count
    services  named by the user: their profiles are on, all but they and their dependencies is left out; () for all
    options   what to leave out
    warn      is told each warning, without docker compose's time and level
    stdin     what `-f -` reads; None: the process's standard input
    Raises    InvalidProject
    """
    found, document, name = _load(settings, environ, cwd, options, warn, stdin)
    project = _decode(document, found, name, settings, cwd, warn)
    project = project.with_profiles(found.profiles)
    if options.consistency:
        consistency.check(project)
    if options.env_resolution:
        project = resolve_environment(project, warn)
    project = resolve_labels(project, warn, keep=options.label_files)
    project = project.with_enabled(services).select(services)
    return project if settings.all_resources else project.without_unused()


def load_document(
    settings: Settings,
    environ: Mapping[str, str],
    cwd: str,
    *,
    options: Options = DEFAULT,
    warn: Warn = lambda message: None,
    stdin: bytes | None = None,
) -> Value:
    """The merged document as `config --no-interpolate` shows it: no types, no profiles. Raises InvalidProject."""
    return _load(settings, environ, cwd, options, warn, stdin)[1]


def _load(
    settings: Settings, environ: Mapping[str, str], cwd: str, options: Options, warn: Warn, stdin: bytes | None
) -> tuple[Sources, Value, str]:
    known = sources.with_dot_env(settings, environ, cwd)
    found = sources.find(settings, known, cwd, warn)
    if not found.paths:
        raise InvalidProject("no configuration file provided: not found")
    contents = [(path, _content(path, stdin)) for path in found.paths]
    name = project_name(settings, found, contents, options, warn)
    found.environment["COMPOSE_PROJECT_NAME"] = name
    home = environ.get("HOME", "")
    reading = Reading(options, found.working_dir, found.working_dir, found.environment, home, warn)
    document = merged.load(contents, reading)
    merged.resolve_environment(document, found.environment)
    if not document:
        raise InvalidProject("empty compose file")
    if not name:
        raise InvalidProject("project name must not be empty")
    if options.normalization:
        document["name"] = name
        document = normalize.normalize(document, name, found.environment)
    return found, document, name


def _content(path: str, stdin: bytes | None) -> bytes:
    if path != "-":
        return merged.read_file(path)
    return sys.stdin.buffer.read() if stdin is None else stdin


def project_name(settings: Settings, found: Sources, contents: Sequence[tuple[str, bytes]], options: Options, warn: Warn) -> str:
    """-p, COMPOSE_PROJECT_NAME, the last `name` in the files, the directory. Raises InvalidProject."""
    from dockercompat.compose.files import names

    given = settings.project_name or found.environment.get("COMPOSE_PROJECT_NAME", "")
    in_files = "" if settings.project_name else names.in_files([data for _, data in contents])
    if given:
        if sources.normalize_name(given) != given:
            raise InvalidProject(sources.invalid_name(given))
        return given
    if in_files:
        if options.interpolation:
            in_files = names.interpolated(in_files, found.environment, warn)
        return sources.normalize_name(in_files) if options.normalization else in_files
    return sources.normalize_name(os.path.basename(found.name_dir))


def _decode(document: Value, found: Sources, name: str, settings: Settings, cwd: str, warn: Warn) -> Project:
    decoder = Decoder(warn)
    services: Value = {
        key: decoder.section(value, shapes.SERVICE, f"services[{key}]") for key, value in sorted((document.get("services") or {}).items())
    }
    resources: Value = {
        section: {
            key: decoder.section(value, shapes.RESOURCES[section], f"{section}[{key}]")
            for key, value in sorted((document.get(section) or {}).items())
        }
        for section in SECTIONS
    }
    decoder.check()
    extensions = {key: document[key] for key in sorted(document) if key.startswith("x-")}
    env_files = tuple(os.path.normpath(os.path.join(cwd, path)) for path in settings.env_files)
    return Project(
        name=name,
        working_dir=found.working_dir,
        paths=found.paths,
        env_files=env_files,
        environment=found.environment,
        services=services,
        disabled={},
        profiles=found.profiles,
        extensions=extensions,
        **resources,
    )


def resolve_environment(project: Project, warn: Warn = lambda message: None) -> Project:
    """Services with the variables of their env_file in their environment, and without env_file. Raises InvalidProject."""
    return project.replace(services={name: _with_env_files(service, project, warn) for name, service in project.services.items()})


def _with_env_files(service: Value, project: Project, warn: Warn) -> Value:
    files = service.get("env_file")
    own = service.get("environment")
    if not files and not own:
        return service
    own = {key: project.environment.get(key) if value is None else value for key, value in (own or {}).items()}

    def lookup(name: str) -> str | None:
        return project.environment[name] if name in project.environment else own.get(name)

    variables = {key: value for key, value in own.items() if value is not None}
    for file in files or ():
        variables |= _read_env_file(file, lookup, variables, "env", warn)
    environment = dict(sorted({**variables, **own}.items()))
    return changed(service, shapes.SERVICE, {"environment": environment or None, "env_file": None})


def _read_env_file(file: Value, lookup: Lookup, known: dict[str, str], what: str, warn: Warn) -> dict[str, str]:
    path = file.get("path", "")
    if not os.path.exists(path):
        if not file.get("required", True):
            return {}
        raise InvalidProject(f"{what} file {path} not found: stat {path}: no such file or directory")
    kind = file.get("format", "")
    try:
        text = dotenv.read(path)
        if kind == "raw":
            return dotenv.parse_raw(text, lookup)
        if kind:
            raise InvalidProject(f'unsupported {what}_file format "{kind}"')
        return dotenv.parse(text, lookup, warn, dict(known))
    except IsADirectoryError:
        raise InvalidProject(f"failed to read {path}: read {path}: is a directory") from None
    except InvalidProject as error:
        raise InvalidProject(f"failed to read {path}: {error}") from None


def resolve_labels(project: Project, warn: Warn = lambda message: None, *, keep: bool = False) -> Project:
    """Services with the labels of their label_file, and without label_file unless it is to be kept."""
    if not any("label_file" in service for service in project.services.values()):
        return project
    return project.replace(services={name: _with_label_files(service, warn, keep=keep) for name, service in project.services.items()})


def _with_label_files(service: Value, warn: Warn, *, keep: bool) -> Value:
    if "label_file" not in service:
        return service
    labels: dict[str, str] = {}
    for path in service["label_file"]:
        labels |= _read_env_file({"path": path}, lambda name: None, labels, "label", warn)
    labels = dict(sorted({**labels, **service.get("labels", {})}.items()))
    return changed(service, shapes.SERVICE, {"labels": labels or None, "label_file": service["label_file"] if keep else None})
