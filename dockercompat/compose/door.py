"""The engine that a project lives on: the user's own, or another one that is spoken to over its API."""

from __future__ import annotations

import os

from dockercompat.errors import ClientError
from dockercompat.spec.filter import Filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, cast
else:

    def cast(_, value):
        return value


_WORDS = 500  # of paths in one command line


class Door:
    """What compose asks of an engine, in the Engine API's words.

    engine  what its verbs are given
    verb    finds one: verb("container.stop"), verb("container.stop", "kill")
    remote  whether it is another engine
    """

    def __init__(self, engine: Any, verb: Callable[..., Callable[..., Any]], *, remote: bool) -> None:
        self.engine = engine
        self.verb = verb
        self.remote = remote

    def before_fork(self) -> None:
        """A connection to the database must not cross a fork; one to another engine knows its process itself."""
        if not self.remote:
            self.engine.db.close()

    def containers(self, labels: Iterable[str], *, all: bool = True) -> list[dict[str, Any]]:
        """The list's entries of the containers that have these labels ("name" or "name=value")."""
        found: list[dict[str, Any]] = self.verb("container.list")(self.engine, Filters({"label": list(labels)}), all=all)
        return found

    def networks(self, labels: Iterable[str]) -> list[dict[str, Any]]:
        """The networks that have these labels."""
        found: list[dict[str, Any]] = self.verb("network.list")(self.engine, Filters({"label": list(labels)}))
        return found

    def volumes(self, labels: Iterable[str]) -> list[dict[str, Any]]:
        """The volumes that have these labels."""
        found: list[dict[str, Any]] = self.verb("volume.list")(self.engine, Filters({"label": list(labels)}))["Volumes"] or []
        return found

    def create_container(self, body: dict[str, Any], name: str, platform: str = "") -> dict[str, Any]:
        """Create a container of an image that is there; {"Id", "Warnings"}."""
        create = self.verb("container.create")
        if self.remote:
            return cast("dict[str, Any]", create(self.engine, body, name, platform))
        from dockercompat.engine.image.ensure import ensure

        found = create(self.engine, body, name, lambda: ensure(self.engine, body["Image"], policy="never", platform=platform))
        return cast("dict[str, Any]", found)

    def start(self, ref: str) -> None:
        """Start a container; nothing when it runs."""
        current = self.verb("container.state", "current")
        self.verb("container.start")(self.engine, current(self.engine, ref))

    def execute(
        self, ref: str, args: list[str], *, user: str = "", privileged: bool = False, working_dir: str = "", environment: Iterable[str] = ()
    ) -> tuple[int, bytes]:
        """Run a command in a running container; its status and what it wrote to both streams."""
        if self.remote:
            return self._execute_elsewhere(ref, args, user, privileged, working_dir, list(environment))
        from dockercompat.engine.container import exec_streams, execution, state
        from dockercompat.errors import CommandNotExecutable, CommandNotFound
        from dockercompat.runtime import attach

        container = state.current(self.engine, ref)
        execution.require_running(container, ref)
        request = execution.Request(args=tuple(args), env=tuple(environment), user=user, cwd=working_dir, privileged=privileged)
        output_fd = os.memfd_create("output")
        try:
            status = exec_streams.with_pipes(self.engine, container, request, attach.Streams(None, output_fd, output_fd))
            return status, os.pread(output_fd, os.fstat(output_fd).st_size, 0)
        except (CommandNotFound, CommandNotExecutable) as error:
            return error.exit_status, str(error).encode()
        finally:
            os.close(output_fd)

    def remove(self, ref: str, paths: Sequence[str]) -> None:
        """Remove files and trees of a container. In another engine's container, which has to run and have the program for it: by `rm`."""
        if not self.remote:
            self.verb("container.copy", "remove_paths")(self.engine, ref, paths)
            return
        for at in range(0, len(paths), _WORDS):
            status, output = self.execute(ref, ["rm", "-rf", *paths[at : at + _WORDS]])
            if status:
                raise ClientError(f"rm ended with status {status}: {output.decode(errors='replace').strip()}")

    def _execute_elsewhere(
        self, ref: str, args: list[str], user: str, privileged: bool, working_dir: str, environment: list[str]
    ) -> tuple[int, bytes]:
        from dockercompat.remote.container import split_frames

        body = {"Cmd": args, "User": user, "Privileged": privileged, "WorkingDir": working_dir, "Env": environment}
        exec_id = self.engine.post(f"/containers/{ref}/exec", {**body, "AttachStdout": True, "AttachStderr": True})["Id"]
        connection = self.engine.hijack(f"/exec/{exec_id}/start", {}, {"Detach": False, "Tty": False})
        data = bytearray()
        with connection:
            while piece := connection.recv(1 << 16):
                data += piece
        frames, _ = split_frames(bytes(data))
        status = self.engine.get(f"/exec/{exec_id}/json").get("ExitCode") or 0
        return int(status), b"".join(text for _, text in frames)
