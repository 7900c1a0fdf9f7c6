"""`up` in front: the containers' output while they run, and what their ends and Ctrl-C lead to.

Source: docker/compose, pkg/compose/up.go.
"""

from __future__ import annotations

import os
import signal
import sys

from dockercompat.cli.composing.lines import WATCH, Lines
from dockercompat.cli.composing.naming import short_name
from dockercompat.cli.composing.progress import Printer
from dockercompat.cli.interrupts import Held
from dockercompat.compose.apply.runner import Runner
from dockercompat.compose.following import Begun, Ended, Follower, Output, Reading
from dockercompat.compose.plan import down
from dockercompat.compose.plan.step import Step
from dockercompat.errors import DockerError, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.cli.composing.beside import Beside
    from dockercompat.cli.composing.menu import Menu
    from dockercompat.cli.composing.session import Session
    from dockercompat.compose.actual import Container

_INTERRUPTED = 130
_RED = "\x1b[31m\x1b[1m{}\x1b[0m"
_STARTS = ("container.start", "container.wait")


def attached(session: Session, services: Sequence[str], steps: Sequence[Step]) -> int:
    """Bring a project up and show its output until its containers have ended; the status to exit with."""
    shown = _attached_services(session, services)
    session.apply([step for step in steps if step.kind not in _STARTS])
    starts = [step for step in steps if step.kind in _STARTS]
    watching = _begin_to_watch(session, services) if session.invocation.options.watch else None
    watched = _Watched(session, services, shown, watching)
    try:
        return watched.run(starts)
    except KeyboardInterrupt:
        watched.leave()
        print("Gracefully Stopping... press Ctrl+C again to force", flush=True)
        watched.tells_ends = False
        watched.end()
        print(file=sys.stderr, flush=True)  # docker compose's error without words
        return _INTERRUPTED
    finally:
        watched.close()


def _begin_to_watch(session: Session, services: Sequence[str]) -> Beside:
    from dockercompat.cli.composing.beside import Beside

    return Beside(session, services)


def _attached_services(session: Session, services: Sequence[str]) -> list[str]:
    """Those whose output is shown."""
    options = session.invocation.options
    known = session.project["services"]
    if options.attach:
        session.check_services(options.attach)
        chosen = list(options.attach)
        if options.attach_dependencies:
            chosen = session.selected(chosen)
    elif session.named and not options.attach_dependencies:
        chosen = list(session.named)
    else:
        chosen = list(services)
    session.check_services(options.no_attach or ())
    left = set(options.no_attach or ())
    return [name for name in chosen if name not in left and (known[name].get("attach") is not False or name in (options.attach or ()))]


class _Watched:
    """Containers that are followed, the process that starts them, and the one that watches files, if one does."""

    def __init__(self, session: Session, services: Sequence[str], shown: Sequence[str], watching: Beside | None) -> None:
        self.watching = watching
        self.menu: Menu | None = None
        self.session, self.services, self.shown = session, services, shown
        options = session.invocation.options
        self.options = options
        self.exit_from = options.exit_code_from or ""
        self.pid = 0
        self.tells_ends = True
        self.follower = Follower(session.door, session.label, Reading(tail=0, timestamps=bool(options.timestamps)), starts=True)
        self.all = {each.id: each for each in session.containers(services)}
        self.left = set(self.all)
        self.codes: dict[str, int] = {}
        followed = [each for each in self.all.values() if each.service in shown]
        names = {each.id: short_name(session.name, each) for each in followed}
        colour = session.coloured()
        self.lines = Lines(sorted(names.values()), prefix=not options.no_log_prefix, colour=colour)
        if watching is not None:
            self.lines.know(WATCH)
        if names:
            self.lines.say(f"Attaching to {', '.join(sorted(names.values()))}")
        for each in self.all.values():
            self.follower.add(each)

    def run(self, starts: Sequence[Step]) -> int:
        """Until all have ended, or one's end ends the others."""
        self._start(starts)
        self._show_menu()
        with Held() as held:
            last = self._follow(held)
        if last is not None:
            return self._abort(last)
        if self.watching is not None:
            self._stop_watching()
            self.lines.watch("Watch disabled")
        return 0

    def _follow(self, held: Held) -> Ended | None:
        """Show what comes until all have ended; the end that ends the others, if one does."""
        for event in self.follower.news():
            held.check()
            self._hear()
            if isinstance(event, Output):
                if event.container.service in self.shown:
                    self.lines.write(short_name(self.session.name, event.container), event.stream, event.text)
            elif isinstance(event, Ended):
                if self._ended(event):
                    return event
            elif isinstance(event, Begun) and event.container.service in self.services and not event.container.one_off:
                self._begun(event.container)
            is_starting = bool(self.pid) and not self._started()
            if not is_starting and not self.left and not self._goes_on():
                return None
        return None

    def _start(self, starts: Sequence[Step]) -> None:
        """The starts, in a process beside the one that shows output: it ends with their status."""
        if not starts:
            return
        session = self.session
        session.invocation.join()
        session.door.before_fork()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            runner = Runner(session.door, Printer(None))
            runner.run(starts)
            status = 0
        except (DockerError, OSError) as error:
            print(sentence(error), file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            pass
        finally:
            os._exit(status)

    def _started(self) -> bool:
        """Whether the starts are done. Raises ClientError when one failed, which has been said."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return False
        self.pid = 0
        code = os.waitstatus_to_exitcode(status)
        if code:
            from dockercompat.errors import StatusOnly

            raise StatusOnly(code if code > 0 else 1)
        return True

    def _begun(self, container: Container) -> None:
        self.all[container.id] = container
        self.left.add(container.id)
        self.lines.know(short_name(self.session.name, container))
        if container.id not in self.follower.containers:
            self.follower.begin(container)

    def _runs(self, container: Container) -> bool:
        return any(each.id == container.id and each.is_running for each in self.session.containers([container.service]))

    def _goes_on(self) -> bool:
        """Whether containers that end are there again, or will be: who watches files restarts them and makes them anew."""
        if self.watching is None:
            return False
        if not self.watching.busy:
            self.left = {each.id for each in self.session.containers(self.services) if each.is_running}
        return bool(self.watching.busy or self.left)

    def _hear(self) -> None:
        """What is told by who watches files, and what a key asks for."""
        if self.watching is not None:
            for said in self.watching.take():
                if isinstance(said, bytes):
                    self.lines.raw(said)
                else:
                    self.lines.watch(said)
            if self.watching.is_over:
                self._stop_watching()
        if self.menu is not None:
            key = self.menu.key()
            if key == "w":
                self._toggle()
            elif key in ("\r", "\n"):
                self.lines.say("")

    def _show_menu(self) -> None:
        from dockercompat.cli.composing import menu

        if menu.is_wanted(self.options, self.session.environ):
            self.menu = self.lines.menu = menu.Menu(lambda: self.watching is not None)
            self.menu.draw()

    def _toggle(self) -> None:
        """Begin to watch files, or end it."""
        assert self.menu is not None
        if self.watching is not None:
            self._stop_watching()
            self.lines.watch("Watch disabled")
            return
        project = self.session.project["services"]
        if not any((project[name].get("develop") or {}).get("watch") for name in self.services):
            self.menu.fail("Watch", "watch is not yet configured. Learn more: https://docs.docker.com/compose/file-watch/")
            return
        try:
            self.watching = _begin_to_watch(self.session, self.services)
            self.menu.draw()
        except DockerError as error:
            self.lines.watch(str(error))

    def _stop_watching(self) -> None:
        if self.watching is not None:
            self.watching.end()
            self.watching = None

    def leave(self) -> None:
        """Show no menu any more."""
        if self.menu is not None:
            self.menu.close()
            self.menu = self.lines.menu = None

    def _ended(self, event: Ended) -> bool:
        """Take note of an end; whether it ends everything."""
        container = event.container
        name = short_name(self.session.name, container)
        self.left.discard(container.id)
        self.codes[container.service] = event.exit_code
        if container.service in self.shown:
            self.lines.flush(name)
        if container.service in self.shown and self.tells_ends:
            made_anew = event.is_gone and self.watching is not None
            self.lines.say(f"{name} has been recreated" if made_anew else f"{name} exited with code {event.exit_code}", name)
        if self.watching is not None and (event.is_gone or self.watching.busy or self._runs(container)):
            return False
        if self.options.abort_on_container_exit:
            return True
        return bool(self.options.abort_on_container_failure and event.exit_code)

    def _abort(self, event: Ended) -> int:
        text = "Aborting on container exit..."
        print(text if self.session.environ.get("NO_COLOR") else _RED.format(text), file=sys.stderr, flush=True)
        self.end()
        status = self._status(event)
        if status:
            print(file=sys.stderr, flush=True)  # docker compose's error without words
        return status

    def _status(self, event: Ended) -> int:
        """What to exit with once this end has ended the others."""
        if not self.exit_from:
            return event.exit_code
        if self.exit_from in self.codes:
            return self.codes[self.exit_from]
        found = self.session.containers([self.exit_from])
        if not found:
            return event.exit_code
        document = self.session.door.verb("container.inspect")(self.session.door.engine, found[0].id)
        return int(document["State"]["ExitCode"])

    def end(self) -> None:
        """Stop what runs, in order; another Ctrl-C kills it."""
        self.close()
        session = self.session
        timeout_s = self.options.timeout if self.options.given("timeout") else None
        containers = session.containers(self.services)
        self.left = {each.id for each in containers if each.is_running}
        try:
            session.apply(down.stop(session.project, containers, timeout_s))
        except KeyboardInterrupt:
            alive = [each for each in session.containers(self.services) if each.is_running]
            steps = [Step(f"kill {each.name}", "container.kill", f"Container {each.name}", each.id) for each in alive]
            session.apply(steps)
        self._last_lines()

    def _last_lines(self) -> None:
        """What they wrote while they were stopped."""
        for event in self.follower.news():
            if isinstance(event, Output) and event.container.service in self.shown:
                self.lines.write(short_name(self.session.name, event.container), event.stream, event.text)
            elif isinstance(event, Ended):
                self._ended(event)
            if event is None and not self.left:
                return

    def close(self) -> None:
        """End the processes that start containers and watch files, if they are still at it."""
        self.leave()
        self._stop_watching()
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
            os.waitpid(self.pid, 0)
            self.pid = 0
