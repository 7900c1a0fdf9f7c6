"""Work on a container in a child process, which may enter other namespaces and roots; its answers and its failure come back."""

from __future__ import annotations

import errno
import os

from dockercompat import errors, json
from dockercompat.errors import DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Child:
    """Work that goes on in a child process; its answers are JSON lines, its failure is raised here as it was there."""

    def __init__(self, work: Callable[[Callable[[Any], None]], Any], *, closed: tuple[int, ...] = ()) -> None:
        """work is called in the child with a function that sends an answer; what it returns is the last answer. closed: fds of ours."""
        read_fd, write_fd = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(read_fd)
                for fd in closed:
                    os.close(fd)
                _work(work, write_fd)
            finally:
                os._exit(1)
        os.close(write_fd)
        self._answers = os.fdopen(read_fd, encoding="utf-8", errors="surrogateescape")

    def answer(self) -> Any:
        """The next answer. Raises what the child raised."""
        line = self._answers.readline()
        if not line:
            raise DockerError("the process that reads the container's files was killed")
        document = json.loads(line)
        if "error" in document:
            self.wait()
            raise _failure(document)
        return document["answer"]

    def wait(self) -> None:
        """Wait for the child's end."""
        if self.pid:
            self._answers.close()
            os.waitpid(self.pid, 0)
            self.pid = 0


def _work(work: Callable[[Callable[[Any], None]], Any], write_fd: int) -> None:
    def send(document: dict[str, Any]) -> None:
        data = json.dumps(document).encode("utf-8", "surrogateescape") + b"\n"
        while data:
            data = data[os.write(write_fd, data) :]

    try:
        send({"answer": work(lambda answer: send({"answer": answer}))})
    except OSError as error:
        send({"error": "OSError", "errno": error.errno or errno.EIO, "path": os.fsdecode(error.filename or "")})
    except DockerError as error:
        send({"error": type(error).__name__, "message": str(error), "exit_status": error.exit_status, "http_status": error.http_status})
    except BaseException as error:
        unknown = DockerError(f"{type(error).__name__}: {error}")
        send({"error": "DockerError", "message": str(unknown), "exit_status": unknown.exit_status, "http_status": unknown.http_status})
    os._exit(0)


def _failure(document: dict[str, Any]) -> Exception:
    if document["error"] == "OSError":
        return OSError(document["errno"], os.strerror(document["errno"]), document["path"] or None)
    kind = getattr(errors, document["error"], DockerError)
    try:
        raised: DockerError = kind(document["message"])
    except TypeError:
        raised = DockerError(document["message"])
    raised.args = (document["message"],)
    raised.exit_status, raised.http_status = document["exit_status"], document["http_status"]
    return raised
