"""A name and a password from the person at the terminal."""

from __future__ import annotations

import sys

from dockercompat.cli import asking
from dockercompat.distribution.credentials import INDEX_KEY, Credentials
from dockercompat.errors import ClientError, StatusOnly

_HUB = (
    "Log in with your Docker ID or email address to push and pull images from Docker Hub."
    " If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.\n"
    "You can log in with your password or a Personal Access Token (PAT)."
    " Using a limited-scope PAT grants better security and is required for organizations using SSO."
    " Learn more at https://docs.docker.com/go/access-tokens/\n"
)


def ask(username: str, password: str, key: str, default: str = "") -> Credentials:
    """What was not given. Ctrl-C ends quietly and without a fault, as in docker.

    default  the name that an empty answer means
    Raises   ClientError without a terminal, or when nothing is said
    """
    username, password = username.strip(), password.strip()
    if username and password:
        return Credentials(username, password)
    if not sys.stdin.isatty():
        raise ClientError("Error: Cannot perform an interactive login from a non TTY device")
    try:
        if not username:
            if key == INDEX_KEY:
                print(_HUB, flush=True)
            print(f"Username ({default}): " if default else "Username: ", end="", flush=True)
            username = asking.read_line().strip() or default
            if not username:
                raise ClientError("username is required")
        if not password:
            password = _unseen("Password: ")
            if not password:
                raise ClientError("password is required")
    except KeyboardInterrupt:
        print(flush=True)
        raise StatusOnly(0) from None
    return Credentials(username, password)


def _unseen(prompt: str) -> str:
    """A line from the terminal that it does not show."""
    import termios

    print(prompt, end="", flush=True)
    fd = sys.stdin.fileno()
    old = termios.tcgetattr(fd)
    quiet = [*old]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(fd, termios.TCSADRAIN, quiet)
    try:
        return asking.read_line().rstrip("\r\n").strip()
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, old)
        print(flush=True)
