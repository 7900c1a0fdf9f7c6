"""Handlers of `docker login` and `docker logout`."""

from __future__ import annotations

import sys

from dockercompat.distribution.credentials import INDEX_KEY, Credentials, CredentialStore, host_of
from dockercompat.errors import ClientError, DockerError, Unauthorized

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_CLEAR_TEXT = """
WARNING! Your credentials are stored unencrypted in '{path}'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/
"""


def login(invocation: Invocation) -> None:
    options = invocation.options
    username, password = options.username, options.password
    if password and not options.password_stdin:
        print("WARNING! Using --password via the CLI is insecure. Use --password-stdin.", file=sys.stderr)
    if options.given("password") and options.password_stdin:
        raise ClientError("conflicting options: cannot specify both --password and --password-stdin")
    if options.password_stdin:
        if not username:
            raise ClientError("the --password-stdin option requires --username to be set")
        password = sys.stdin.buffer.read().decode(errors="surrogateescape").removesuffix("\n").removesuffix("\r")
    server = invocation.args[0] if invocation.args else ""
    key = INDEX_KEY if server in ("", "docker.io", "index.docker.io", INDEX_KEY) else host_of(server)
    credentials = CredentialStore(invocation.engine.paths.config_dir)
    if not username and not password:
        known = credentials.get(key)
        if not known.empty and _login_again(invocation, key, known):
            return
        username = known.username
    username, password = _ask(username, password, key)
    _login(invocation, key, Credentials(username, password), credentials)


def logout(invocation: Invocation) -> None:
    server = invocation.args[0] if invocation.args else ""
    credentials = CredentialStore(invocation.engine.paths.config_dir)
    if server in ("", "docker.io", "index.docker.io", INDEX_KEY):
        shown, keys = INDEX_KEY, [INDEX_KEY]
    else:
        shown = host_of(server)
        keys = list(dict.fromkeys((server, shown, f"http://{shown}", f"https://{shown}")))
    print(f"Removing login credentials for {shown}")
    failures: dict[str, DockerError] = {}
    for key in keys:
        try:
            credentials.erase(key)
        except DockerError as error:
            failures[key] = error
    if len(failures) == len(keys):
        print("WARNING: could not erase credentials:", *(f"{key}: {error}" for key, error in failures.items()), sep="\n", file=sys.stderr)


def _login_again(invocation: Invocation, key: str, known: Credentials) -> bool:
    """Try what is stored; whether that was enough."""
    from dockercompat.engine.registry.login import login as verb

    name = f" [Username: {known.username}]" if known.username else ""
    print(f"Authenticating with existing credentials...{name}\n", file=sys.stderr)
    print("i Info → To login with a different account, run 'docker logout' followed by 'docker login'\n\n", file=sys.stderr)
    try:
        answer = verb(invocation.engine, key, known)
    except Unauthorized:
        print("Stored credentials invalid or expired", file=sys.stderr)
        return False
    print(answer["Status"])
    return True


def _login(invocation: Invocation, key: str, given: Credentials, store: CredentialStore) -> None:
    from dockercompat.engine.registry.login import login as verb

    answer = verb(invocation.engine, key, given)
    kept = Credentials(given.username, "", answer["IdentityToken"]) if answer["IdentityToken"] else given
    if store.put(key, kept):
        print(_CLEAR_TEXT.format(path=store.path), file=sys.stderr)
    print(answer["Status"])


def _ask(username: str, password: str, key: str) -> tuple[str, str]:
    """What was not given, from the person at the terminal. Raises ClientError without one."""
    if username and password:
        return username, password
    if not sys.stdin.isatty():
        raise ClientError("Error: Cannot perform an interactive login from a non TTY device")
    if not username:
        if key == INDEX_KEY:
            print(
                "Log in with your Docker ID or email address to push and pull images from Docker Hub."
                " If you don't have a Docker ID, head over to https://hub.docker.com/ to create one."
            )
        username = input("Username: ").strip()
        if not username:
            raise ClientError("username is required")
    if not password:
        import getpass

        password = getpass.getpass("Password: ")
        if not password:
            raise ClientError("password is required")
    return username, password
