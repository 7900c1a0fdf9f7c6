"""`docker compose logs`."""

from __future__ import annotations

import time

from dockercompat.cli.composing.lines import Lines
from dockercompat.cli.composing.naming import short_name
from dockercompat.cli.composing.session import Session
from dockercompat.compose.following import Begun, Ended, Follower, Output, Reading
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def logs(invocation: Invocation) -> None:
    from dockercompat.spec import clock

    options = invocation.options
    if options.index and len(invocation.args) != 1:
        raise ClientError("--index requires one service to be selected")
    session = Session(invocation, services=invocation.args, needs_files=False)
    session.check_services(invocation.args)
    now_ns = time.time_ns()
    reading = Reading(
        tail=_tail(options.tail),
        since_ns=clock.timestamp(options.since, now_ns) if options.since else None,
        until_ns=clock.timestamp(options.until, now_ns) if options.until else None,
        timestamps=bool(options.timestamps),
        follow=bool(options.follow),
    )
    containers = [each for each in session.containers(invocation.args) if options.index in (0, each.number)]
    colour = session.coloured()
    lines = Lines((short_name(session.name, each) for each in containers), prefix=not options.no_log_prefix, colour=colour)
    follower = Follower(session.door, session.label, reading)
    for each in containers:
        follower.add(each)
    left = {each.id for each in containers if each.is_running}
    for event in follower.news():
        if isinstance(event, Output):
            lines.write(short_name(session.name, event.container), event.stream, event.text)
        elif isinstance(event, Ended):
            lines.flush(short_name(session.name, event.container))
            left.discard(event.container.id)
        elif (
            isinstance(event, Begun) and not event.container.one_off and (not invocation.args or event.container.service in invocation.args)
        ):
            lines.know(short_name(session.name, event.container))
            follower.add(event.container, reading.replace(tail=-1, since_ns=now_ns))
            left.add(event.container.id)
        elif event is None and reading.follow and not left:
            break
    for each in containers:
        lines.flush(short_name(session.name, each))


def _tail(text: str) -> int:
    if text == "all":
        return -1
    try:
        return max(-1, int(text))
    except ValueError:
        return -1
