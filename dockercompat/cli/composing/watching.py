"""Files that are watched for a project, and what is done in its containers when they change.

Source: docker/compose, pkg/compose/watch.go.
"""

from __future__ import annotations

import select
import sys
import time

from dockercompat.cli.composing.preparing import asked_for
from dockercompat.cli.composing.progress import Printer
from dockercompat.cli.composing.settings import warn
from dockercompat.compose.apply.runner import Runner
from dockercompat.compose.plan import restart, up
from dockercompat.compose.watching import batch, rules, sync
from dockercompat.errors import Canceled, ClientError, DockerError
from dockercompat.host.notifier import Notifier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NoReturn

    from dockercompat.cli.composing.session import Session
    from dockercompat.cli.composing.voice import Voice
    from dockercompat.compose.plan.step import Step
    from dockercompat.compose.watching.batch import Actions, Copy

_LARGE = 1000  # a batch about which there is something to say


class Watch:
    """What is watched for services of a project.

    voice   says what is done
    prune   images that a rebuild leaves without a name are removed
    quiet   nothing of a build is shown
    Raises  ClientError when nothing is to be watched; HostLacks when the kernel allows no more
    """

    def __init__(self, session: Session, services: Sequence[str], voice: Voice, *, prune: bool = True, quiet: bool = False) -> None:
        self.session, self.voice, self.prune, self.quiet = session, voice, prune, quiet
        self.rules = rules.rules(session.project, services, warn)
        session.invocation.join()
        for rule in self.rules:
            if rule.initial and rule.syncs:
                self._sync(rule.service, list(sync.initial(rule)))
        self.notifier = Notifier([rule.path for rule in self.rules], self._skips)

    def run(self) -> NoReturn:
        """Watch until the program is told to end, which raises KeyboardInterrupt."""
        self.voice.line("Watch enabled")
        changes = batch.Gathering()
        poller = select.poll()
        poller.register(self.notifier.fileno(), select.POLLIN)
        while True:
            wait_s = changes.wait_s(time.monotonic())
            if poller.poll(None if wait_s is None else 1000 * wait_s + 1):
                changes.add(filter(self._concerns, self.notifier.read()), time.monotonic())
            paths = changes.take(time.monotonic())
            if paths:
                self._handle(paths)

    def close(self) -> None:
        self.notifier.close()

    def _skips(self, directory: str) -> bool:
        return all(rule.skips(directory) for rule in self.rules)

    def _concerns(self, path: str) -> bool:
        return any(rule.concerns(path) for rule in self.rules)

    def _handle(self, paths: Sequence[str]) -> None:
        if len(paths) > _LARGE:
            warn(f"Very large batch of file changes detected: {len(paths)} files. This may impact performance.")
            self.voice.line("Large batch of file changes detected. If you just switched branches, this is expected.")
        actions = batch.decide(self.rules, paths)
        restarts = bool(actions.rebuild or actions.restart)
        try:
            if restarts:
                self.voice.busy(True)
            self._do(actions)
        except (DockerError, OSError) as error:
            warn(f"Error handling changed files: {error}")
        finally:
            if restarts:
                self.voice.busy(False)

    def _do(self, actions: Actions) -> None:
        session = self.session
        if actions.rebuild:
            self._rebuild(actions.rebuild)
        for service, copies in actions.sync.items():
            self.voice.line(f'Syncing service "{service}" after {len(copies)} changes were detected')
            self._sync(service, copies)
        if actions.restart:
            if not session.dry:
                steps = restart.restart(session.project, actions.restart, session.actual().of)
                self._carry_out(steps)
            self.voice.line(f"service(s) {_listed(actions.restart)} restarted")
        for service, hook in actions.hooks:
            if not session.dry:
                self._execute(service, hook)

    def _sync(self, service: str, copies: Sequence[Copy]) -> None:
        if copies and not self.session.dry:
            sync.sync(self.session.door, [each.id for each in self.session.actual().of(service)], copies)

    def _rebuild(self, services: Sequence[str]) -> None:
        from dockercompat.cli.composing import building, images

        session = self.session
        self.voice.line(f"Rebuilding service(s) {_listed(services)} after changes were detected...")
        if session.dry:
            self.voice.line(f"service(s) {_listed(services)} successfully built")
            return
        try:
            with self.voice.of_all():
                building.build(session, services, quiet=self.quiet, progress="plain")
        except Canceled:
            raise KeyboardInterrupt from None
        except DockerError as error:
            self.voice.line(f"Build failed. Error: {error}" if str(error) else "Build failed.")
            raise
        ids = {name: str((images.find(session, name) or {}).get("Id") or "") for name in services}
        self.voice.line(f"service(s) {_listed(services)} successfully built")
        try:
            plan = up.plan(
                session.project, session.actual(), asked_for(session, services, ids).replace(targets=services, recreate=up.FORCE)
            )
            self._carry_out(plan.steps)
        except DockerError as error:
            self.voice.line(f"Failed to recreate services after update. Error: {error}")
            raise
        if self.prune:  # now that no container is of the image that was before
            self._prune(ids.values())

    def _carry_out(self, steps: Sequence[Step]) -> None:
        sys.stdout.flush()
        Runner(self.session.door, Printer(None)).run(steps)

    def _prune(self, kept: Any) -> None:
        """Remove what earlier builds of the project have left without a name; what is in use stays."""
        from dockercompat.spec.filter import Filters

        session = self.session
        filters = Filters({"dangling": ["true"], "label": [session.label]})
        for image in session.door.verb("image.list", "list_images")(session.door.engine, filters=filters):
            if image["Id"] not in kept:
                try:
                    session.door.verb("image.remove")(session.door.engine, image["Id"])
                except DockerError:
                    continue

    def _execute(self, service: str, hook: Mapping[str, Any]) -> None:
        """Run a hook in each of a service's containers. Raises ClientError for the first that fails, when it has run in all."""
        session = self.session
        failed = 0
        for container in session.containers([service], running=True):
            command = hook.get("command") or []
            variables = [name if value is None else f"{name}={value}" for name, value in (hook.get("environment") or {}).items()]
            status, output = session.door.execute(
                container.id,
                list(command),
                user=hook.get("user") or "",
                privileged=bool(hook.get("privileged")),
                working_dir=hook.get("working_dir") or "",
                environment=variables,
            )
            self.voice.raw(output)
            failed = failed or status
        if failed:
            raise ClientError(f'exec in service "{service}" exited with status {failed}')


def _listed(services: Sequence[str]) -> str:
    return "[" + " ".join(f'"{name}"' for name in services) + "]"
