"""`docker compose config`: the canonical project, or one list of what is in it."""

from __future__ import annotations

import os
import sys

from dockercompat.cli.composing.settings import settings, warn
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.files.merged import Options
    from dockercompat.compose.model.project import Project


def config(invocation: Invocation) -> None:
    options = invocation.options
    for name, lister in _LISTS.items():
        if getattr(options, name, None):
            text = lister(invocation)
            break
    else:
        text = _document(invocation)
    if options.quiet:
        return
    if options.output and text and not _listed(invocation):
        with open(options.output, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        return
    sys.stdout.write(text)


def _listed(invocation: Invocation) -> bool:
    return any(getattr(invocation.options, name, None) for name in _LISTS)


def _options(invocation: Invocation, *, env_resolution: bool) -> Options:
    from dockercompat.compose.files.merged import Options

    options = invocation.options
    noun = invocation.noun_options
    return Options(
        interpolation=not options.no_interpolate,
        normalization=not (options.no_normalize or (noun is not None and noun.compatibility)),
        path_resolution=not getattr(options, "no_path_resolution", False),
        consistency=not options.no_consistency,
        env_resolution=env_resolution and not getattr(options, "no_env_resolution", False),
        label_files=False,
    )


def _project(invocation: Invocation, *, env_resolution: bool = False, services: bool = True) -> Project:
    from dockercompat.compose.load import load_project

    return load_project(
        settings(invocation),
        invocation.environ,
        os.getcwd(),
        services=invocation.args if services else (),
        options=_options(invocation, env_resolution=env_resolution),
        warn=warn,
    )


def _document(invocation: Invocation) -> str:
    from dockercompat.compose.model import consistency, texts

    options = invocation.options
    kind = options.format or "yaml"
    if options.no_interpolate:
        document = _raw(invocation)
        _check_format(kind)
        return texts.json_text(document) if kind == "json" else texts.plain_yaml(document)
    project = _project(invocation, env_resolution=True)
    if not options.no_consistency:
        consistency.check_container_names(project)
    if options.resolve_image_digests or getattr(options, "lock_image_digests", False):
        from dockercompat.cli.commands.compose.digests import resolved

        project = resolved(project, invocation)
    _check_format(kind)
    document = project.document()
    if getattr(options, "lock_image_digests", False):
        document = {"services": {name: {"image": service["image"]} for name, service in project.services.items() if "image" in service}}
        return (texts.json_text(document) if kind == "json" else texts.plain_yaml(document)).replace("$", "$$")
    text = texts.json_text(document) if kind == "json" else texts.yaml(document)
    return text.replace("$", "$$")


def _check_format(kind: str) -> None:
    if kind not in ("yaml", "json"):
        raise ClientError(f'unsupported format "{kind}"')


def _raw(invocation: Invocation) -> dict[str, object]:
    from dockercompat.compose.load import load_document

    options = _options(invocation, env_resolution=False).replace(interpolation=False)
    document: dict[str, object] = load_document(settings(invocation), invocation.environ, os.getcwd(), options=options, warn=warn)
    return document


def _lines(items: list[str]) -> str:
    return "".join(f"{item}\n" for item in items)


def _services(invocation: Invocation) -> str:
    if invocation.options.no_interpolate:
        services = _raw(invocation).get("services") or {}
        assert isinstance(services, dict)
        return _lines(sorted(services))
    return _lines(list(_project(invocation, services=False).in_order()))


def _volumes(invocation: Invocation) -> str:
    return _lines(list(_project(invocation, services=False).volumes))


def _networks(invocation: Invocation) -> str:
    return _lines(list(_project(invocation, services=False).networks))


def _models(invocation: Invocation) -> str:
    return _lines([str(model.get("model", "")) for model in _project(invocation, services=False).models.values() if model.get("model")])


def _hashes(invocation: Invocation) -> str:
    from dockercompat.compose.model.hash import service_hash
    from dockercompat.compose.model.platforms import with_platforms
    from dockercompat.errors import InvalidProject

    project = with_platforms(_project(invocation, services=False))
    names = sorted(project.services) if invocation.options.hash == "*" else sorted(invocation.options.hash.split(","))
    for name in names:
        if name not in project.services:
            raise InvalidProject(f"no such service: {name}: {'disabled' if name in project.disabled else 'not found'}")
    return _lines([f"{name} {service_hash(project.services[name])}" for name in names])


def _profiles(invocation: Invocation) -> str:
    project = _project(invocation)
    services = [*project.services.values(), *project.disabled.values()]
    return _lines(sorted({profile for service in services for profile in service.get("profiles", ())}))


def _images(invocation: Invocation) -> str:
    from dockercompat.compose.model.project import image

    project = _project(invocation)
    return _lines([image(project, name) for name in project.services])


def _variables(invocation: Invocation) -> str:
    from dockercompat.compose.files import template
    from dockercompat.compose.model import texts

    found = {variable.name: variable for variable in template.variables(_raw(invocation))}
    if invocation.options.format in ("yaml", "json"):
        document = {
            name: {"Name": name, "DefaultValue": one.default, "PresenceValue": one.presence, "Required": one.required}
            for name, one in found.items()
        }
        if invocation.options.format == "json":
            return texts.json_text(document) + "\n"
        return texts.plain_yaml({name: {key.lower(): item for key, item in one.items()} for name, one in document.items()})
    rows = [("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE")]
    rows += [(one.name, "true" if one.required else "false", one.default, one.presence) for one in found.values()]
    widths = [max(20, *(len(row[column]) + 3 for row in rows)) for column in range(3)]
    return _lines(["".join([*(row[at].ljust(widths[at]) for at in range(3)), row[3]]) for row in rows])


def _environment(invocation: Invocation) -> str:
    project = _project(invocation, env_resolution=True)
    return _lines(sorted(f"{name}={value}" for name, value in project.environment.items()))


_LISTS: dict[str, Callable[[Invocation], str]] = {
    "services": _services,
    "volumes": _volumes,
    "networks": _networks,
    "models": _models,
    "hash": _hashes,
    "profiles": _profiles,
    "images": _images,
    "variables": _variables,
    "environment": _environment,
}
