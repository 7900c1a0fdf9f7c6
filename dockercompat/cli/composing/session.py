"""One call of a compose command: its project, as the files or the engine tell, and the engine it lives on."""

from __future__ import annotations

import os
import sys
import time

from dockercompat.cli.composing.progress import Printer, printer
from dockercompat.cli.composing.settings import dry_run
from dockercompat.compose import actual, names, recalled
from dockercompat.compose.apply.runner import Runner
from dockercompat.compose.apply.waiting import NotReady
from dockercompat.compose.door import Door
from dockercompat.compose.plan import graph
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from dockercompat.cli.flags import Options
    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.actual import Actual, Container
    from dockercompat.compose.plan.step import Step

_UNLIMITED = -1
_LAST_LINES = 10  # of a container that failed while it was waited for


class Session:
    """What a compose command works with.

    needs_files  False for a command that -p NAME alone is enough for: then the project is what the engine knows of it
    services     those that were named; they switch on their own profiles
    """

    def __init__(self, invocation: Invocation, *, services: Sequence[str] = (), needs_files: bool = True) -> None:
        self.invocation = invocation
        self.environ: Mapping[str, str] = invocation.environ
        options = invocation.noun_options
        assert options is not None
        self.options = options
        self.door = Door(invocation.engine, invocation.verb, remote=invocation.remote is not None)
        self.dry = dry_run(invocation)
        self.named = tuple(services)
        self._actual: Actual | None = None
        self._show: Printer | None = None
        self.hashes: Mapping[str, str] = {}
        self.labels: dict[str, str] = {}
        self.environment: Mapping[str, str] = invocation.environ
        self.project = self._project(needs_files)

    def _project(self, needs_files: bool) -> dict[str, Any]:
        from dockercompat.cli.composing.loading import load

        name = self.options.project_name or self.environ.get("COMPOSE_PROJECT_NAME") or ""
        if not needs_files and name and not self.options.file:
            return recalled.project(name, actual.look(self.door, name))
        loaded = load(self.invocation, self.named)
        self.hashes = loaded.hashes
        self.environment = loaded.environment
        self.labels = loaded.labels
        return loaded.project

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def label(self) -> str:
        """The label of the project's containers."""
        return f"{names.PROJECT}={self.name}"

    def actual(self) -> Actual:
        """The project as it is on the engine now."""
        wanted = [each["name"] for each in (self.project.get("networks") or {}).values()]
        volumes = [each["name"] for each in (self.project.get("volumes") or {}).values()]
        return actual.look(self.door, self.name, wanted=wanted, wanted_volumes=volumes)

    @property
    def by_name_alone(self) -> bool:
        """Whether the project is what the engine knows of it, no files read."""
        return "networks" not in self.project

    def check_services(self, services: Iterable[str]) -> None:
        """Raises ClientError for one that the project does not have."""
        for name in services:
            if name not in self.project["services"]:
                raise ClientError(f"no such service: {name}")

    def check_service(self, name: str) -> None:
        """The same for the service that a flag names, in docker compose's other words."""
        if name not in self.project["services"]:
            raise ClientError(f"no such service: {name}: not found")

    def selected(self, services: Sequence[str], *, dependencies: bool = True) -> list[str]:
        """The services that are meant, all when none is named, in the order of their dependencies."""
        self.check_services(services)
        wanted = services or sorted(self.project["services"])
        ordered = graph.with_dependencies(self.project, wanted)
        return ordered if dependencies else [each for each in ordered if each in wanted]

    def containers(
        self, services: Sequence[str] = (), *, one_off: bool = False, running: bool = False, orphans: bool = False
    ) -> list[Container]:
        """The project's containers of these services, of all when none is named. orphans: those of services that it has no more, too."""
        self.check_services(services)
        wanted = services or self.project["services"]
        return [
            each
            for each in self.actual().containers
            if (each.service in wanted or (orphans and not services)) and (one_off or not each.one_off) and (each.is_running or not running)
        ]

    def one(self, service: str, index: int = 0, *, running: bool = True) -> Container:
        """A container of a service: that with this number, else the first. Raises ClientError when there is none."""
        found = [each for each in self.actual().containers if each.service == service]
        replicas = [each for each in found if not each.one_off]
        if not index and not replicas:
            replicas = [each for each in found if each.is_running][:1]
        for each in replicas:
            if index in (0, each.number) and (each.is_running or not running):
                return each
        shown = f" container #{index}" if index else ""
        raise ClientError(f'service "{service}" is not running{shown}')

    def as_command(self, name: str, args: list[str], given: Options | None = None, **values: Any) -> Invocation:
        """The same call as one of docker's own commands on containers, for what is done as that does it.

        name    "container exec"
        given   flags of the same names, taken over
        values  flags of that command
        """
        from dockercompat.cli.flags import Options
        from dockercompat.cli.surface.container import COMMANDS

        command = next(each for each in COMMANDS if each.name == name)
        options = Options(command.flags)
        known = {flag.name.replace("-", "_") for flag in command.flags}
        if given is not None:
            values = {**{key: value for key, value in vars(given).items() if key in known}, **values}
        for key, value in values.items():
            setattr(options, key, value)
        return self.invocation.with_command(command, options, args)

    def is_on(self, variable: str) -> bool:
        """Whether a variable says yes."""
        return self.environ.get(variable, "").lower() in ("1", "t", "true")

    @property
    def separator(self) -> str:
        """What stands between the parts of a container's name."""
        return "_" if self.options.compatibility or self.is_on("COMPOSE_COMPATIBILITY") else "-"

    def build_progress(self) -> str:
        """The mode of a build's progress."""
        mode = self.options.progress or self.environ.get("COMPOSE_PROGRESS") or self.environ.get("BUILDKIT_PROGRESS") or "auto"
        return {"json": "rawjson", "none": "quiet"}.get(mode, mode)

    def coloured(self) -> bool:
        """Whether containers' output has colours: on a terminal, or where --ansi says so."""
        if getattr(self.invocation.options, "no_color", False) or "NO_COLOR" in self.environ:
            return False
        ansi = self.options.ansi or self.environ.get("COMPOSE_ANSI") or "auto"
        return ansi == "always" or (ansi == "auto" and not self.options.no_ansi and sys.stdout.isatty())

    def printer(self, title: str = "Running") -> Printer:
        """What shows the progress of this command: one and the same until it is closed."""
        if self._show is None:
            ansi = "never" if self.options.no_ansi else self.options.ansi
            stream = sys.stdout if self.is_on("COMPOSE_STATUS_STDOUT") else sys.stderr
            self._show = printer(self.options.progress or "", ansi or "", self.environ, stream, title=title, dry=self.dry)
        return self._show

    def be_quiet(self) -> None:
        """Nothing is told of what is done."""
        vars(self.options)["progress"] = "quiet"

    def close_printer(self) -> None:
        """What is written next is not to be among the lines of progress."""
        if self._show is not None:
            self._show.close()
            self._show = None

    def apply(self, steps: Iterable[Step], title: str = "Running") -> Sequence[tuple[Step, str]]:
        """Carry out steps, or say what they are where nothing is to be done; those that failed and may, with what they failed of."""
        show = self.printer(title)
        if self.dry:
            from dockercompat.compose.plan.step import in_order

            for step in in_order(steps):
                show.told(step, step.doing, "")
                show.told(step, step.done, "")
            self.close_printer()
            return ()
        self.invocation.join()
        sys.stdout.flush()
        runner = Runner(self.door, show, parallel=self._parallel())
        try:
            runner.run(steps)
        except NotReady as error:
            self.close_printer()
            if error.container:
                self._last_lines(error.container)
            raise
        finally:
            self.close_printer()
        return runner.warned

    def apply_quietly(self, steps: Iterable[Step]) -> None:
        """Carry out steps without a word, in a dry run none."""
        if not self.dry:
            self.invocation.join()
            Runner(self.door, Printer(None), parallel=self._parallel()).run(steps)

    def _last_lines(self, document: Mapping[str, Any]) -> None:
        """Show what a container that failed, as inspect gives it, wrote last since it started."""
        from dockercompat.cli.composing.lines import Lines
        from dockercompat.cli.composing.naming import short_name
        from dockercompat.spec import clock

        container_id = document["Id"]
        container = next((each for each in self.actual().containers if each.id == container_id), None)
        if container is None:
            return
        name = short_name(self.name, container)
        lines = Lines([name], colour=self.coloured())
        load, shown = self.door.verb("container.state", "load"), self.door.verb("container.logs", "shown_logs")
        since_ns = clock.timestamp(document["State"]["StartedAt"], time.time_ns())
        for _, text in shown(self.door.engine, load(self.door.engine, container_id), tail=_LAST_LINES, since_ns=since_ns):
            lines.write(name, "stderr", text)
        lines.flush(name)

    def _parallel(self) -> int:
        asked = self.options.parallel
        if asked in (None, _UNLIMITED) and self.environ.get("COMPOSE_PARALLEL_LIMIT", "").lstrip("-").isdigit():
            asked = int(self.environ["COMPOSE_PARALLEL_LIMIT"])
        if asked is None or asked < 0:
            return 2 * (os.cpu_count() or 1)
        return max(1, int(asked))
