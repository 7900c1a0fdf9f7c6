"""What completion offers from the live state and the environment: a function for each name of a listing in surface/completions.py.

Each gives words (with a description after a tab) and cobra's directive; the shells' scripts sort out what does not begin as typed.
"""

from __future__ import annotations

from dockercompat.cli.surface.completions import (
    EVENT_ACTIONS,
    EVENT_FILTERS,
    EVENT_TYPES,
    FILES,
    LOG_OPTIONS,
    LOG_OPTIONS_OF_ALL,
    NO_FILES,
    NO_SPACE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeAlias

    from dockercompat.cli.flags import Options
    from dockercompat.cli.invocation import Invocation

    Answer: TypeAlias = tuple[list[str], int]

_SECURITY = ["apparmor=", "label=", "no-new-privileges", "seccomp=", "systempaths=unconfined"]
_LABELS = ["disable", "level:", "role:", "type:", "user:"]


class Asked:
    """One question: the flags and arguments before the word, and what there is of the word ("" for a new one)."""

    def __init__(
        self, options: Options, args: Sequence[str], word: str, environ: Mapping[str, str], invocation: Callable[[], Invocation]
    ) -> None:
        self.options = options
        self.args = args
        self.word = word
        self.environ = environ
        self._invocation = invocation

    def ask(self, module: str, name: str, *args: object, **options: object) -> Any:
        """What a verb of the engine that is meant answers. Raises DockerError."""
        invocation = self._invocation()
        return invocation.verb(module, name)(invocation.engine, *args, **options)


def containers(asked: Asked) -> Answer:
    return _containers(asked), NO_FILES


def running(asked: Asked) -> Answer:
    return _containers(asked, all=False), NO_FILES


def not_paused(asked: Asked) -> Answer:
    return _containers(asked, lambda each: each["State"] != "paused", all=False), NO_FILES


def paused(asked: Asked) -> Answer:
    return _containers(asked, lambda each: each["State"] == "paused", all=False), NO_FILES


def stopped(asked: Asked) -> Answer:
    return _containers(asked, lambda each: each["State"] in ("exited", "created")), NO_FILES


def removable(asked: Asked) -> Answer:
    return containers(asked) if asked.options.force else stopped(asked)


def links(asked: Asked) -> Answer:
    return [f"{name}:" for name in _containers(asked)], NO_SPACE


def ipc(asked: Asked) -> Answer:
    return _namespace(asked, ["host", "none", "private", "shareable"])


def pid(asked: Asked) -> Answer:
    return _namespace(asked, ["host"])


def images(asked: Asked) -> Answer:
    return [name for image in asked.ask("image.list", "list_images") for name in image["RepoTags"] or ()], NO_FILES


def networks(asked: Asked) -> Answer:
    from dockercompat.spec.filter import Filters

    return [network["Name"] for network in asked.ask("network.list", "list", Filters())], NO_FILES


def network_and_others(asked: Asked) -> Answer:
    """A network, and then containers that are not in it."""
    if not asked.args:
        return networks(asked)
    return _containers(asked, lambda each: asked.args[0] not in each["NetworkSettings"]["Networks"]), NO_FILES


def network_and_members(asked: Asked) -> Answer:
    """A network, and then containers that are in it."""
    if not asked.args:
        return networks(asked)
    return _containers(asked, lambda each: asked.args[0] in each["NetworkSettings"]["Networks"]), NO_FILES


def volumes(asked: Asked) -> Answer:
    return [volume["Name"] for volume in asked.ask("volume.list", "list")["Volumes"]], NO_FILES


def context_names(asked: Asked) -> Answer:
    from dockercompat.cli.contexts import Store

    names = sorted(context.name for context in Store(asked.environ).list())
    return sorted(names, key=lambda name: name == "default"), NO_FILES  # docker's store has that one last


def contexts(asked: Asked) -> Answer:
    from dockercompat.cli.contexts import current

    names = [name for name in context_names(asked)[0] if name not in asked.args]
    return [f"{name}\tcurrent" if name == current(asked.environ) else name for name in names], NO_FILES


def exported_context(asked: Asked) -> Answer:
    return ([], FILES) if asked.args else contexts(asked)


def environment(asked: Asked) -> Answer:
    """Names alone: a value may be a secret."""
    return [*asked.environ], NO_FILES


def log_options(asked: Asked) -> Answer:
    driver = asked.options.log_driver
    if driver == "none":
        return [], NO_SPACE | NO_FILES
    known = LOG_OPTIONS.get(driver)
    names = [*LOG_OPTIONS_OF_ALL, *(known or (name for each in LOG_OPTIONS.values() for name in each))]
    return _with_sign(dict.fromkeys(names)), NO_SPACE | NO_FILES if known else NO_SPACE


def security_options(asked: Asked) -> Answer:
    word = asked.word
    if word and "apparmor=".startswith(word):
        return ["apparmor="], NO_SPACE
    if word.startswith("label="):
        if word.startswith("label=d"):
            return ["label=disable"], NO_FILES
        return [f"label={each}" for each in _LABELS], NO_SPACE | NO_FILES
    if word and "label=".startswith(word):
        return ["label="], NO_SPACE
    if word.startswith("seccomp="):
        return ["seccomp=unconfined"], NO_FILES
    if len(word) > 1 and "seccomp=".startswith(word):
        return ["seccomp="], NO_SPACE
    return list(_SECURITY), NO_FILES


def event_filters(asked: Asked) -> Answer:
    key, equals, _ = asked.word.partition("=")
    values: Iterable[str]
    if not equals:
        return _with_sign(EVENT_FILTERS), NO_SPACE
    if key == "container":
        values = _containers(asked)
    elif key == "daemon":
        document = asked.ask("system.info", "info")
        values = (document["Name"], document["ID"])
    elif key == "event":
        values = EVENT_ACTIONS
    elif key == "image":
        values = images(asked)[0]
    elif key == "network":
        values = networks(asked)[0]
    elif key == "scope":
        values = ("local", "swarm")
    elif key == "type":
        values = EVENT_TYPES
    elif key == "volume":
        values = volumes(asked)[0]
    elif key in EVENT_FILTERS:
        values = ()
    else:
        return _with_sign(EVENT_FILTERS), NO_SPACE | NO_FILES
    return [f"{key}={value}" for value in values], NO_FILES


def _containers(asked: Asked, keep: Callable[[dict[str, Any]], bool] | None = None, *, all: bool = True) -> list[str]:
    ids = asked.environ.get("DOCKER_COMPLETION_SHOW_CONTAINER_IDS") == "yes"
    names = []
    for each in asked.ask("container.list", "list", all=all):
        if keep is None or keep(each):
            names += [each["Id"]] if ids else []
            names += [name.removeprefix("/") for name in each["Names"]]
    return names


def _namespace(asked: Asked, words: list[str]) -> Answer:
    """--ipc and --pid: words, or another container's."""
    if asked.word and "container:".startswith(asked.word) and asked.word != "container:":
        return ["container:"], NO_SPACE
    if asked.word.startswith("container:"):
        return [f"container:{name}" for name in _containers(asked)], NO_FILES
    return ["container:", *words], NO_FILES


def _with_sign(names: Iterable[str]) -> list[str]:
    return [f"{name}=" for name in names]
