"""`docker compose logs`."""

from __future__ import annotations

import time

from dockercompat.cli.composing.lines import Lines
from dockercompat.cli.composing.naming import short_name
from dockercompat.cli.composing.session import Session
from dockercompat.cli.composing.settings import warn
from dockercompat.compose.following import Begun, Ended, Follower, Output, Reading, Unreadable
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def logs(invocation: Invocation) -> None:
    options = invocation.options
    if options.index and len(invocation.args) != 1:
        raise ClientError("--index requires one service to be selected")
    session = Session(invocation, services=invocation.args, needs_files=False)
    if not session.by_name_alone:
        session.check_services(invocation.args)
    now_ns = time.time_ns()
    reading = Reading(
        tail=_tail(options.tail),
        since_ns=_moment_ns("since", options.since, now_ns),
        until_ns=_moment_ns("until", options.until, now_ns),
        timestamps=bool(options.timestamps),
        follow=bool(options.follow),
    )
    if options.index:
        containers = [session.one(invocation.args[0], options.index, running=False)]
    else:
        containers = [each for each in session.containers() if not invocation.args or each.service in invocation.args]
    colour = session.coloured()
    lines = Lines((short_name(session.name, each) for each in containers), prefix=not options.no_log_prefix, colour=colour, apart=False)
    follower = Follower(session.door, session.label, reading)
    for each in containers:
        follower.add(each)
    left = {each.id for each in containers if each.is_running}
    for event in follower.news():
        if isinstance(event, Output):
            lines.write(short_name(session.name, event.container), event.stream, event.text)
        elif isinstance(event, Ended):
            name = short_name(session.name, event.container)
            lines.flush(name)
            lines.say(f"{name} exited with code {event.exit_code}", name)
            left.discard(event.container.id)
        elif isinstance(event, Unreadable):
            warn(f'Can\'t retrieve logs for "{event.container.name}": Error response from daemon: {event.error}')
        elif (
            isinstance(event, Begun) and not event.container.one_off and (not invocation.args or event.container.service in invocation.args)
        ):
            lines.know(short_name(session.name, event.container))
            if event.container.id not in follower.containers:
                follower.begin(event.container)
            left.add(event.container.id)
        elif event is None and reading.follow and not left:
            break
    for each in containers:
        lines.flush(short_name(session.name, each))


def _moment_ns(flag: str, text: str, now_ns: int) -> int | None:
    from dockercompat.spec import clock

    try:
        return clock.timestamp(text, now_ns) if text else None
    except ValueError as error:
        raise ClientError(f'invalid value for "{flag}": {error}') from None


def _tail(text: str) -> int:
    if text == "all":
        return -1
    try:
        return max(-1, int(text))
    except ValueError:
        return -1
