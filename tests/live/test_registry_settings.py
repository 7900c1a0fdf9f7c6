"""daemon.json's mirrors and insecure registries; registries that are silent, refuse, or break off; Ctrl-C meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request

import pytest

from tests.answers import Answer, answering, refusal
from tests.conftest import eventually, proves
from tests.middleman import Upload, changeset
from tests.service import Api, archive

_NOISE = os.urandom(400_000)


@proves("image pull")
def test_mirrors_come_first(pydocker, registry, daemon_json):
    """docker.io alone is asked of mirrors, in their order; one that has nothing is passed over."""
    Upload(registry, "library/mirrored").image("1", [changeset({"a": b"1"})])
    with answering(
        lambda request: Answer(200, {}) if request.path == "/v2/" else refusal(404, "MANIFEST_UNKNOWN", "manifest unknown")
    ) as dry:
        daemon_json({"registry-mirrors": [f"http://{dry.address}", f"http://{registry}/"]})
        done = pydocker("pull", "mirrored:1", check=True)
        assert [request.path for request in dry.seen] == ["/v2/", "/v2/library/mirrored/manifests/1"]
        lines = done.stdout.splitlines()
        assert lines[0] == "1: Pulling from library/mirrored"
        assert lines[-2:] == ["Status: Downloaded newer image for mirrored:1", "docker.io/library/mirrored:1"]
        assert pydocker("images", "--format", "{{.Repository}}:{{.Tag}}", "mirrored").stdout == "mirrored:1\n"
        before = len(dry.seen)
        pydocker("pull", f"{registry}/library/mirrored:1", check=True)
        assert len(dry.seen) == before
    pydocker("rmi", "-f", "mirrored:1", f"{registry}/library/mirrored:1")


def test_mirrors_are_asked_over_the_socket_too(pydocker, registry, daemon_json, tmp_path):
    """A pull and a build through the Engine API; a service need not be started again for a change of the file."""
    Upload(registry, "library/mirrored2").image("1", [changeset({"a": b"1"})])
    api = Api(pydocker, tmp_path / "s.sock", "--time", "0")
    assert not api("GET", "/info")[1]["RegistryConfig"]["Mirrors"]
    daemon_json({"registry-mirrors": [f"http://{registry}"], "insecure-registries": ["reg.example:5000"]})
    assert api("GET", "/info")[1]["RegistryConfig"]["Mirrors"] == [f"http://{registry}/"]
    for ask in (
        lambda: api("POST", "/images/create?fromImage=mirrored2&tag=1"),
        lambda: api(
            "POST", "/build?t=over", archive(("Dockerfile", b"FROM mirrored2:1\nLABEL a=b\n")), {"Content-Type": "application/x-tar"}
        ),
    ):
        status, said, _ = ask()
        assert status == 200 and "errorDetail" not in said[-1], said
        assert pydocker("images", "--format", "{{.Repository}}:{{.Tag}}", "mirrored2").stdout == "mirrored2:1\n"
        pydocker("rmi", "-f", "mirrored2:1", "over")
    api.end()


@proves("info")
def test_info_shows_them(pydocker, daemon_json):
    daemon_json({"registry-mirrors": ["https://mirror.example"], "insecure-registries": ["10.0.0.0/8", "reg.example:5000"]})
    shown = json.loads(pydocker("info", "--format", "{{json .RegistryConfig}}", check=True).stdout)
    assert shown["Mirrors"] == ["https://mirror.example/"]
    assert shown["InsecureRegistryCIDRs"] == ["10.0.0.0/8", "::1/128", "127.0.0.0/8"]
    assert shown["IndexConfigs"]["docker.io"]["Mirrors"] == ["https://mirror.example/"]
    assert shown["IndexConfigs"]["reg.example:5000"] == {"Name": "reg.example:5000", "Mirrors": [], "Secure": False, "Official": False}
    text = pydocker("info").stdout
    assert " Insecure Registries:\n  reg.example:5000\n  10.0.0.0/8\n  ::1/128\n  127.0.0.0/8\n Registry Mirrors:\n" in text


@proves("image pull")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"registry-mirrors": [', "unexpected end of JSON input"),
        ('{"registry-mirrors": "x"}', "json: cannot unmarshal string into Go struct field Config.registry-mirrors of type []string"),
        ('{"registry-mirrors": ["ftp://x"]}', 'invalid mirror: unsupported scheme "ftp" in "ftp://x"'),
        ('{"insecure-registries": ["ftp://x"]}', "insecure registry ftp://x should not contain '://'"),
    ],
)
def test_broken_configuration(pydocker, daemon_json, text, why):
    path = daemon_json(text)
    done = pydocker("pull", "whatever")
    assert done.status == 1
    assert done.stderr == f"unable to configure the Docker daemon with file {path}: {why}\n"
    assert pydocker("ps").status == 0


def _own_address():
    """An address of this machine that is not loopback, "" without one."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return probe.getsockname()[0]


@proves("image pull")
@pytest.mark.parametrize("kind", ["host and port", "host", "network"])
def test_insecure_registries_speak_http(pydocker, registry, daemon_json, kind):
    import http.server
    import threading

    address = _own_address()
    if not address or address.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    Upload(registry, "plain").image("1", [changeset({"a": b"2"})])

    class Forward(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args):
            return None

        def do_GET(self):
            try:
                wanted = urllib.request.Request(f"http://{registry}{self.path}", headers={"Accept": self.headers.get("Accept", "")})
                answer = urllib.request.urlopen(wanted)
            except urllib.error.HTTPError as error:
                answer = error
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = http.server.ThreadingHTTPServer((address, 0), Forward)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        name = f"{address}:{server.server_port}/plain:1"
        refused = pydocker("pull", name)
        assert refused.status == 1 and "http: server gave HTTP response to HTTPS client" in refused.stderr
        given = {"host and port": f"{address}:{server.server_port}", "host": address, "network": f"{address}/24"}[kind]
        daemon_json({"insecure-registries": [given]})
        pydocker("pull", "-q", name, check=True)
        pydocker("rmi", "-f", name)
    finally:
        server.shutdown()
        server.server_close()


def _interrupt(pydocker, server, path, *words):
    """Start a command, send it SIGINT once the server was asked for a path; its status, its stderr, how long it then took."""
    process = pydocker.start(*words)
    eventually(lambda: any(path in request.path for request in server.seen), what=path)
    time.sleep(0.1)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    return process.returncode, err, time.monotonic() - begin


@proves("image pull")
@pytest.mark.parametrize("silent", ["/v2/", "/manifests/", "config", "layer"])
def test_interrupt_while_a_registry_is_silent(pydocker, silent):
    """Ctrl-C ends a pull at once wherever the registry keeps silent, and leaves nothing."""
    import gzip
    import hashlib

    layer = changeset({"noise": _NOISE})
    packed = gzip.compress(layer)

    def digest(content):
        return "sha256:" + hashlib.sha256(content).hexdigest()

    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", "digest": digest(config), "size": len(config)},
        "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", "digest": digest(packed), "size": len(packed)}],
    }
    places = {"config": digest(config), "layer": digest(packed)}
    wanted = places.get(silent, silent)

    def answer(request):
        if request.path.endswith(wanted) if silent == "/v2/" else wanted in request.path:
            return Answer(200, packed, stall_after=100_000) if silent == "layer" else None
        if "/manifests/" in request.path:
            return Answer(200, manifest, Content_Type=manifest["mediaType"])
        return Answer(200, config) if digest(config) in request.path else Answer(200, {})

    with answering(answer) as server:
        status, err, took_s = _interrupt(pydocker, server, wanted, "pull", f"{server.address}/quiet:1")
    assert (status, err) == (130, b"")
    assert took_s < 1
    assert pydocker("images", "-q", f"{server.address}/quiet").stdout == ""
    pydocker("image", "prune", "-f", check=True)
    assert not [name for name in os.listdir(pydocker.root / "tmp") if name.startswith("layer-")]


@proves("image push")
def test_interrupt_while_an_upload_is_silent(pydocker, image):
    def answer(request):
        if request.method in ("POST", "PATCH", "PUT"):
            return None
        return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry") if "/blobs/" in request.path else Answer(200, {})

    with answering(answer) as server:
        name = f"{server.address}/quiet:1"
        pydocker("tag", image, name, check=True)
        status, _, took_s = _interrupt(pydocker, server, "/uploads/", "push", name)
        assert status == 130 and took_s < 1
        pydocker("rmi", name, check=True)


_DENIED = "pull access denied for {name}, repository does not exist or may require 'docker login': denied: "
_SCOPE = 'Bearer realm="http://{address}/token",error="insufficient_scope"'
_BARE = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(500, b"boom"), "received unexpected HTTP status: 500 Internal Server Error"),
        (refusal(429, "TOOMANYREQUESTS", "slow down"), "toomanyrequests: slow down"),
        (refusal(403, "DENIED", "no"), f"{_DENIED}no"),
        (Answer(403, b"forbidden", Content_Type="text/plain"), f"{_DENIED}forbidden"),
        (refusal(404, "NAME_UNKNOWN", "no"), "repository {name} not found: name unknown: no"),
        (refusal(404, "MANIFEST_UNKNOWN", "no"), "manifest for {name}:latest not found: manifest unknown: no"),
        (Answer(404, _BARE), "manifest unknown"),
        (Answer(404, b"404 page not found", Content_Type="text/plain"), "unknown: 404 page not found"),
        (Answer(200, b"<", Content_Type="text/html"), "error unmarshalling content: invalid character '<' looking for beginning of value"),
        (Answer(401, b"", WWW_Authenticate=_SCOPE), f"{_DENIED}requested access to the resource is denied"),
    ],
    ids=["500", "429", "403", "403 text", "no name", "no manifest", "bare code", "404 text", "html", "scope"],
)
def test_refusals_in_dockers_words(pydocker, answer, words):
    def given(request):
        if request.path == "/token":
            return Answer(200, {"token": "t"})
        if "/manifests/" not in request.path:
            return Answer(200, {})
        answer.headers = {name: value.replace("{address}", server.address) for name, value in answer.headers.items()}
        return answer

    with answering(given) as server:
        begin = time.monotonic()
        done = pydocker("pull", f"{server.address}/x")
        assert (done.status, done.stdout) == (1, "Using default tag: latest\n")
        assert done.stderr == f"Error response from daemon: {words.format(name=server.address + '/x')}\n"
        assert time.monotonic() - begin < 5


@proves("login", "logout")
def test_identity_tokens_and_what_config_json_keeps(pydocker):
    """A realm that gives a refresh token: that is kept in the password's place and traded for access tokens."""

    def answer(request):
        if request.path == "/token":
            if request.method == "POST":
                return (
                    Answer(200, {"access_token": "good"}) if b"refresh_token=again" in request.body else refusal(401, "UNAUTHORIZED", "no")
                )
            return Answer(200, {"token": "good", **({"refresh_token": "again"} if "offline_token" in request.query else {})})
        if request.headers.get("Authorization") != "Bearer good":
            return refusal(401, "UNAUTHORIZED", "no", WWW_Authenticate=f'Bearer realm="http://{server.address}/token",service="s"')
        return refusal(404, "MANIFEST_UNKNOWN", "no") if "/manifests/" in request.path else Answer(200, {})

    config = pydocker.home / ".docker" / "config.json"
    config.parent.mkdir(exist_ok=True)
    config.write_text('{"psFormat": "x", "zeta": 1, "HttpHeaders": {"A": "<b>"}, "auths": {"z.example": {"auth": "YTpi"}}}')
    config.chmod(0o640)
    try:
        with answering(answer) as server:
            done = pydocker("login", "-u", "moby", "--password-stdin", server.address, stdin="x\n")
            assert (done.status, done.stdout, done.stderr) == (0, "Login Succeeded\n", "")
            assert config.read_text() == (
                '{\n\t"auths": {\n\t\t"' + server.address + '": {\n\t\t\t"auth": "bW9ieTo=",\n\t\t\t"identitytoken": "again"\n\t\t},\n'
                '\t\t"z.example": {\n\t\t\t"auth": "YTpi"\n\t\t}\n\t},\n\t"HttpHeaders": {\n\t\t"A": "\\u003cb\\u003e"\n\t},\n'
                '\t"psFormat": "x",\n\t"zeta": 1\n}'
            )
            assert config.stat().st_mode & 0o777 == 0o640
            assert "manifest unknown" in pydocker("pull", f"{server.address}/x").stderr
            assert server.seen[-2].method == "POST" or any(request.method == "POST" for request in server.seen)
            assert pydocker("logout", server.address).stdout == f"Removing login credentials for {server.address}\n"
        assert list(json.loads(config.read_text())["auths"]) == ["z.example"]
    finally:
        config.unlink()


@proves("login")
def test_refused_words(pydocker):
    for words, complaint in (
        (["-u", ""], "username is empty"),
        (["-p", ""], "password is empty"),
        (["--password-stdin"], "the --password-stdin option requires --username to be set"),
        (["-p", "x", "--password-stdin"], "conflicting options: cannot specify both --password and --password-stdin"),
        ([], "Error: Cannot perform an interactive login from a non TTY device"),
    ):
        done = pydocker("login", *words, "reg.example")
        assert (done.status, done.stdout, done.stderr) == (1, "", f"{complaint}\n")


@proves("login")
def test_web_login_that_cannot_be_begun(pydocker):
    """On a terminal and for Docker Hub the browser is tried first; without a way there the name is asked for."""
    nowhere = {"https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    with pydocker.terminal("login", env=nowhere) as terminal:
        seen = terminal.expect("Username: ")
        assert seen.startswith("Failed to start web-based login - falling back to command line login...\r\n\r\nLog in with your Docker ID")
        terminal.send("\x03")
        assert terminal.wait() == 0


@proves("image pull", "image push", "image load")
def test_bars_on_a_terminal(pydocker, registry, tmp_path):
    """A line for each layer that is written anew: docker's cursor movements, and one state after the other."""
    name = f"{registry}/bars:1"
    pydocker("import", "-", name, stdin=changeset({"noise": os.urandom(3_000_000)}), check=True)
    pydocker("save", "-o", str(tmp_path / "bars.tar"), name, check=True)
    with pydocker.terminal("push", name) as terminal:
        assert terminal.wait() == 0
        shown = terminal.output.decode()
    assert shown.startswith(f"The push refers to repository [{registry}/bars]\r\n\r\n\x1b[1A\x1b[2K\r")
    assert ": Preparing \r\x1b[1B" in shown and ": Pushed \r\x1b[1B1: digest: sha256:" in shown
    pydocker("rmi", name, check=True)
    with pydocker.terminal("pull", name) as terminal:
        assert terminal.wait() == 0
        shown = terminal.output.decode()
    states = [line.partition(": ")[2].partition(" [")[0].strip() for line in shown.split("\x1b[2K\r")[1:]]
    order = ["Pulling fs layer", "Downloading", "Verifying Checksum", "Download complete", "Extracting", "Pull complete"]
    seen = [order.index(next(word for word in order if state.startswith(word))) for state in states]
    assert seen == sorted(seen) and {0, 3, 5} <= set(seen)
    pydocker("rmi", name, check=True)
    with pydocker.terminal("load", "-i", str(tmp_path / "bars.tar")) as terminal:
        assert terminal.wait() == 0
        shown = terminal.output.decode()
    assert ": Loading layer " in shown and shown.endswith(f"MB\r\x1b[1BLoaded image: {name}\r\n")
    pydocker("rmi", name, check=True)
