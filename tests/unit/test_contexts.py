"""Docker's contexts, kept in docker's own files; every sentence is the client's."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from pathlib import Path

import pytest

from dockercompat.cli import main
from dockercompat.cli.contexts import Store
from dockercompat.cli.elsewhere import is_own
from dockercompat.remote.ssh import words as ssh_words


class Client:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.environ = {"HOME": str(home), "PYDOCKER_ROOT": f"{home}/root", "XDG_RUNTIME_DIR": str(home)}

    def __call__(self, *words: str, **environ: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main.run(words, {**self.environ, **environ})
        return status, out.getvalue(), err.getvalue()


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def test_create_use_and_remove(client: Client) -> None:
    assert client("context", "create", "far", "--description", "d", "--docker", "host=tcp://1.2.3.4:2376,skip-tls-verify=true") == (
        0,
        "far\n",
        'Successfully created context "far"\n',
    )
    store = Store(client.environ)
    assert json.loads(Path(store.path("far"), "meta.json").read_text()) == {
        "Name": "far",
        "Metadata": {"Description": "d"},
        "Endpoints": {"docker": {"Host": "tcp://1.2.3.4:2376", "SkipTLSVerify": True}},
    }
    assert client("context", "create", "far") == (1, "", 'context "far" already exists\n')
    assert client("context", "use", "far") == (0, "far\n", 'Current context is now "far"\n')
    assert json.loads((client.home / ".docker/config.json").read_text()) == {"auths": {}, "currentContext": "far"}
    assert client("context", "ls") == (
        0,
        "NAME      DESCRIPTION                               DOCKER ENDPOINT               ERROR\n"
        "default   Current DOCKER_HOST based configuration   unix:///var/run/docker.sock   \n"
        "far *     d                                         tcp://1.2.3.4:2376            \n",
        "",
    )
    assert client("context", "rm", "far", "default", "nosuch") == (
        1,
        "",
        'context "far" is in use, set -f flag to force remove\ncontext "default" cannot be removed\ncontext "nosuch" does not exist\n',
    )
    assert client("context", "rm", "-f", "far")[:2] == (0, "far\n")
    assert client("context", "show") == (0, "default\n", "")


def test_the_default_context_leads_tools_to_the_service(client: Client) -> None:
    words = ("context", "inspect", "-f", "{{.Endpoints.docker.Host}}")
    assert client(*words)[1] == "unix:///var/run/docker.sock\n"
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(f"{client.home}/docker.sock")
        assert client(*words)[1] == f"unix://{client.home}/docker.sock\n"
        assert client(*words, DOCKER_HOST="tcp://1.2.3.4:2376")[1] == "tcp://1.2.3.4:2376\n"


def test_an_engine_elsewhere_is_never_mistaken_for_this_one(client: Client) -> None:
    client("context", "create", "far", "--docker", "host=unix:///nonexistent/far.sock")
    for words in (("--context", "far", "ps"), ("-H", "tcp://127.0.0.1:1", "ps"), ("-H", "unix:///nonexistent/d.sock", "images")):
        status, out, err = client(*words)
        assert (status, out) == (1, "") and err.startswith("Cannot connect to the Docker daemon at "), err
    client("context", "use", "far")
    missing = "Cannot connect to the Docker daemon at unix:///nonexistent/far.sock. Is the docker daemon running?\n"
    assert client("ps")[2] == missing
    assert client("run", "x")[0] == 125
    assert client("context", "show")[1] == "far\n"


def test_which_sockets_are_our_own(tmp_path: Path) -> None:
    own = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert is_own(f"unix://{tmp_path}/docker.sock", own) and is_own(f"unix://{tmp_path}/./docker.sock", own)
    assert not is_own(f"unix://{tmp_path}/other.sock", own) and not is_own("tcp://127.0.0.1:2375", own) and not is_own("ssh://h", own)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("ssh://me@far", "-l me -- far docker system dial-stdio"),
        ("ssh://far:2222", "-p 2222 -- far docker system dial-stdio"),
        ("ssh://far/run/d.sock", "-- far docker --host unix:///run/d.sock system dial-stdio"),
    ],
)
def test_the_words_of_ssh(host: str, words: str) -> None:
    assert ssh_words(host) == ["ssh", "-o ConnectTimeout=30", "-T", *words.split()]


def test_a_missing_context(client: Client) -> None:
    path = f"{Store(client.environ).path('nosuch')}/meta.json"
    missing = f'context "nosuch": context not found: open {path}: no such file or directory\n'
    assert client("context", "use", "nosuch") == (1, "", missing)
    assert client("--context", "nosuch", "ps") == (1, "", f"Failed to initialize: unable to resolve docker endpoint: {missing}")


def test_export_and_import(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    client("context", "create", "one", "--docker", "host=tcp://h:1")
    assert client("context", "export", "one") == (0, "", 'Written file "one.dockercontext"\n')
    assert client("context", "export", "one")[2] == "open one.dockercontext: file exists\n"
    assert client("context", "import", "two", "one.dockercontext") == (0, "two\n", 'Successfully imported context "two"\n')
    store = Store(client.environ)
    assert store.load("two").host == "tcp://h:1"


def test_a_context_archive_can_not_write_elsewhere(client: Client, tmp_path: Path) -> None:
    import tarfile

    path = tmp_path / "evil"
    with tarfile.open(path, "w") as archive:
        for name in ("meta.json", "tls/../x"):
            member = tarfile.TarInfo(name)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"{}"))
    assert client("context", "import", "two", str(path)) == (1, "", "archive format is invalid\n")
    assert not (tmp_path / ".docker/contexts/tls").exists()
