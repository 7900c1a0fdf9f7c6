"""Handlers of `docker login` and `docker logout`."""

from __future__ import annotations

import sys

from dockercompat.cli import config_file
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
    if options.given("password"):
        if options.password_stdin:
            raise ClientError("conflicting options: cannot specify both --password and --password-stdin")
        if not password:
            raise ClientError("password is empty")
        print("WARNING! Using --password via the CLI is insecure. Use --password-stdin.", file=sys.stderr)
    if options.given("username") and not username:
        raise ClientError("username is empty")
    if options.password_stdin:
        if not username:
            raise ClientError("the --password-stdin option requires --username to be set")
        password = sys.stdin.buffer.read().decode(errors="surrogateescape").removesuffix("\n").removesuffix("\r")
    server = invocation.args[0] if invocation.args else ""
    key = INDEX_KEY if server in ("", "docker.io", INDEX_KEY) else host_of(server)
    store = CredentialStore(config_file.directory(invocation.environ))
    known = Credentials()
    if not username and not password:
        known = store.get(key)
        if known.username and known.password and _login_again(invocation, key, known, store):
            return
    if not username and not password and key == INDEX_KEY and sys.stdin.isatty():
        from dockercompat.cli.web_login import web_login

        token = web_login()
        if token is not None:
            _login(invocation, key, token, store)
            return
    from dockercompat.cli.credentials_prompt import ask

    _login(invocation, key, ask(username, password, key, known.username), store)


def logout(invocation: Invocation) -> None:
    server = invocation.args[0] if invocation.args else ""
    store = CredentialStore(config_file.directory(invocation.environ))
    shown, keys = INDEX_KEY, [INDEX_KEY]
    if server:
        shown = host_of(server)
        keys = [server, shown, f"http://{shown}", f"https://{shown}"]
    print(f"Removing login credentials for {shown}", flush=True)
    if not server:
        try:
            store.check(f"{INDEX_KEY}refresh-token")  # where docker's web login keeps what it would hand back
        except DockerError as error:
            print(f"WARNING: {error}", file=sys.stderr, flush=True)
    failures: dict[str, DockerError] = {}
    for key in keys:
        try:
            store.erase(key)
        except DockerError as error:
            failures[key] = error
    if len(failures) == len(keys):  # docker's own count: a server given as its bare name is there twice, and nothing is said
        print("WARNING: could not erase credentials:", *(f"{key}: {error}" for key, error in failures.items()), sep="\n", file=sys.stderr)


def _login_again(invocation: Invocation, key: str, known: Credentials, store: CredentialStore) -> bool:
    """Try what is stored; whether that was enough."""
    from dockercompat.cli.notes import note

    print(f"Authenticating with existing credentials... [Username: {known.username}]", file=sys.stderr)
    note("To login with a different account, run 'docker logout' followed by 'docker login'", sys.stderr)
    print("\n", file=sys.stderr, flush=True)
    try:
        _login(invocation, key, known, store)
    except Unauthorized as error:
        print(f"Login did not succeed, error: Error response from daemon: {error}", file=sys.stderr)
        return False
    return True


def _login(invocation: Invocation, key: str, given: Credentials, store: CredentialStore) -> None:
    verb = invocation.verb("registry.login")

    answer = verb(invocation.engine, key, given)
    kept = Credentials(given.username, "", answer["IdentityToken"]) if answer["IdentityToken"] else given
    try:
        warned = store.put(key, kept)
    except DockerError as error:
        raise ClientError(f"Error saving credentials: {error}") from None
    if warned:
        print(_CLEAR_TEXT.format(path=store.path), file=sys.stderr)
    print(answer["Status"])
