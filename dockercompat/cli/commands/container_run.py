"""Handlers of what starts, ends and watches containers: run, start, stop, restart, kill, rm, wait, attach, logs, pause, prune, top."""

from __future__ import annotations

import os
import sys

from dockercompat.errors import ClientError, CommandNotExecutable, CommandNotFound, DockerError, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dockercompat.cli.invocation import Invocation


def run(invocation: Invocation) -> int:
    """`run`: create, start, and unless -d stay with it to its end; the status is the container's."""
    from dockercompat.cli.running import run_container

    return run_container(invocation)


def start(invocation: Invocation) -> int:
    verb = invocation.verb("container.start")
    state = invocation.verbs("container.state")

    options = invocation.options
    invocation.join()
    if options.attach or options.interactive:
        if len(invocation.args) > 1:
            raise ClientError("you cannot start and attach multiple containers at once")
        container = state.current(invocation.engine, invocation.args[0])
        try:
            return _attaching(invocation, "start_attached")(
                container,
                stdin=bool(options.interactive) and bool(container.config.get("OpenStdin")),
                sig_proxy=not container.config.get("Tty"),
                keys=options.detach_keys,
            )
        except (CommandNotFound, CommandNotExecutable) as error:  # 127 and 126 are for `run` alone
            raise DockerError(str(error)) from None
    return _each(
        invocation.args,
        lambda ref: verb(invocation.engine, state.current(invocation.engine, ref)),
        summary="Error: failed to start containers: {}",
    )


def _attaching(invocation: Invocation, name: str) -> Callable[..., int]:
    """How a container of the engine that is meant is joined: start_attached or attach_running, without the first arguments."""
    if invocation.remote is None:
        from dockercompat.cli import attaching

        own: Callable[..., int] = getattr(attaching, name)
        return lambda container, **options: own(invocation, container, **options)
    from dockercompat.cli import remote_running

    other: Callable[..., int] = getattr(remote_running, name)
    return lambda container, **options: other(invocation, invocation.remote, container, **options)


def stop(invocation: Invocation) -> int:
    verb = invocation.verbs("container.stop")

    options = invocation.options
    timeout_s = _timeout(invocation)
    invocation.join()
    return _each(
        invocation.args, lambda ref: verb.stop(invocation.engine, ref, timeout_s=timeout_s, signal_text=options.signal or ""), parallel=True
    )


def restart(invocation: Invocation) -> int:
    verb = invocation.verbs("container.stop")

    options = invocation.options
    timeout_s = _timeout(invocation)
    invocation.join()
    return _each(invocation.args, lambda ref: verb.restart(invocation.engine, ref, timeout_s=timeout_s, signal_text=options.signal or ""))


def _timeout(invocation: Invocation) -> int | None:
    return int(invocation.options.timeout) if invocation.options.given("timeout") or invocation.options.given("time") else None


def kill(invocation: Invocation) -> int:
    verb = invocation.verbs("container.stop")

    invocation.join()
    return _each(invocation.args, lambda ref: verb.kill(invocation.engine, ref, invocation.options.signal or "KILL"))


def pause(invocation: Invocation) -> int:
    verb = invocation.verbs("container.stop")

    invocation.join()
    return _each(invocation.args, lambda ref: verb.pause(invocation.engine, ref))


def unpause(invocation: Invocation) -> int:
    verb = invocation.verbs("container.stop")

    invocation.join()
    return _each(invocation.args, lambda ref: verb.unpause(invocation.engine, ref))


def remove(invocation: Invocation) -> int:
    verb = invocation.verbs("container.remove")

    options = invocation.options
    invocation.join()

    def one(ref: str) -> None:
        ref = ref.strip("/")
        if not ref:
            raise ClientError("container name cannot be empty")
        if options.link:
            invocation.verb("container.links", "unlink")(invocation.engine, ref)
            return
        verb.remove(invocation.engine, ref, force=bool(options.force), volumes=bool(options.volumes))

    return _each(invocation.args, one, forgive_missing=bool(options.force))


def wait(invocation: Invocation) -> int:
    state = invocation.verbs("container.state")
    verb = invocation.verbs("container.stop")

    failures = []
    for ref in invocation.args:
        try:
            container = state.current(invocation.engine, ref)
            _print(str(verb.wait(invocation.engine, container.id if invocation.remote is None else container.ref)))
        except DockerError as error:
            failures.append(error)
    return _report(failures)


def attach(invocation: Invocation) -> int:
    state = invocation.verbs("container.state")

    options = invocation.options
    container = state.current(invocation.engine, invocation.args[0])
    advice = {"paused": "unpause it first", "restarting": "wait until it is running"}.get(container.status, "start it first")
    if container.status != "running":
        shown = container.status if container.status in ("paused", "restarting") else "stopped"
        raise ClientError(f"You cannot attach to a {shown} container, {advice}")
    invocation.join()
    return _attaching(invocation, "attach_running")(
        container, stdin=not options.no_stdin, sig_proxy=bool(options.sig_proxy), keys=options.detach_keys
    )


def logs(invocation: Invocation) -> int:
    import time

    verb = invocation.verb("container.logs", "shown_logs")
    state = invocation.verbs("container.state")
    from dockercompat.runtime.attach import write_all
    from dockercompat.spec.clock import timestamp

    options = invocation.options
    container = state.current(invocation.engine, invocation.args[0])
    terminal = bool(container.config.get("Tty"))
    now_ns = time.time_ns()
    bounds: dict[str, int | None] = {"since": None, "until": None}
    for name in bounds:
        text = getattr(options, name)
        if text and text != "0":
            try:
                bounds[name] = timestamp(text, now_ns)
            except ValueError as error:
                raise ClientError(f'invalid value for "{name}": {error}') from None
    tail = options.tail.removeprefix("+")
    count = int(tail) if tail.isdigit() else -1
    for stream, text in verb(
        invocation.engine,
        container,
        tail=count,
        since_ns=bounds["since"],
        until_ns=bounds["until"],
        follow=bool(options.follow),
        timestamps=bool(options.timestamps),
        details=bool(options.details),
    ):
        write_all(2 if stream == "stderr" and not terminal else 1, text)
    return 0


def top(invocation: Invocation) -> int:
    from dockercompat.cli.listing.top import render

    verb = invocation.verb("container.processes", "top")

    invocation.join()
    sys.stdout.write(render(verb(invocation.engine, invocation.args[0], invocation.args[1:])))
    return 0


def prune(invocation: Invocation) -> int:
    from dockercompat.cli.asking import confirm
    from dockercompat.cli.config_file import prune_filters

    verb = invocation.verb("container.prune")
    from dockercompat.spec.size import human_size

    options = invocation.options
    filters = prune_filters(invocation.config, options.filter)
    if not options.force and not confirm("WARNING! This will remove all stopped containers.\nAre you sure you want to continue?"):
        return 0
    invocation.join()
    answer = verb(invocation.engine, filters)
    if answer["ContainersDeleted"]:
        _print("Deleted Containers:")
        for container_id in answer["ContainersDeleted"]:
            _print(container_id)
        _print("")
    _print(f"Total reclaimed space: {human_size(answer['SpaceReclaimed'])}")
    return 0


def execute(invocation: Invocation) -> int:
    from dockercompat.cli.executing import exec_in_container

    return exec_in_container(invocation)


exec = execute


def stats(invocation: Invocation) -> int:
    from dockercompat.cli.watching import stats as show

    return show(invocation)


def _each(
    refs: Iterable[str], act: Callable[[str], None], *, summary: str = "", forgive_missing: bool = False, parallel: bool = False
) -> int:
    """Do something to each; print the name as it was typed when it went well, each error on stderr, 1 when there was one."""
    refs = list(refs)
    if parallel and len(refs) > 1:
        return _each_in_children(refs, act)
    failures: list[DockerError] = []
    failed: list[str] = []
    for ref in refs:
        try:
            act(ref)
        except NotFound as error:
            failures.append(error)
            if not forgive_missing:
                failed.append(ref)
        except DockerError as error:
            failures.append(error)
            failed.append(ref)
        else:
            _print(ref)
    if summary and failed:
        _report(failures)
        raise ClientError(summary.format(", ".join(failed)))
    _report(failures)
    return 1 if failed else 0


def _each_in_children(refs: list[str], act: Callable[[str], None]) -> int:
    """Side by side, each in a process of its own: a time-out of one delays no other."""
    children = []
    sys.stdout.flush()
    for ref in refs:
        read_fd, write_fd = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                act(ref)
                status = 0
            except DockerError as error:
                os.write(write_fd, error.line.encode())
            finally:
                os._exit(status)
        os.close(write_fd)
        children.append((ref, pid, read_fd))
    failed = 0
    for ref, pid, read_fd in children:
        with os.fdopen(read_fd, "rb") as file:
            message = file.read().decode(errors="replace")
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
            _print(ref)
        else:
            failed = 1
            print(message, file=sys.stderr)
    return failed


def _report(failures: list[DockerError]) -> int:
    sys.stdout.flush()
    for error in failures:
        print(error.line, file=sys.stderr)
    return 1 if failures else 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
