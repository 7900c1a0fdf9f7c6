"""The projects in examples/: built on Debian with packages, run, asked; then one file changes and the costly steps come from the cache."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.conftest import REPOSITORY, eventually, proves, reachable

pytestmark = [pytest.mark.debian, pytest.mark.slow]

BUILD_S = 600


@pytest.fixture
def project(tmp_path):
    """A function that gives a copy of an example that may be changed."""

    def copy(name):
        return shutil.copytree(REPOSITORY / "examples" / name, tmp_path / name)

    return copy


@pytest.fixture
def npm_secrets(tmp_path):
    """Options that hand this host's npm registry and its certificate authorities to a build."""
    if shutil.which("npm") is None:
        pytest.skip("npm, which knows the registry of this host, is not installed")
    asked = subprocess.run(["npm", "config", "get", "registry"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    registry = asked.stdout.strip()
    if not reachable(f"{registry.rstrip('/')}/marked"):
        pytest.skip("no registry of npm packages can be reached")
    settings, secrets = f"registry={registry}\n", ["--secret", f"id=npmrc,src={tmp_path}/npmrc"]
    for authorities in (os.environ.get("NODE_EXTRA_CA_CERTS"), os.environ.get("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt"):
        if authorities and os.path.isfile(authorities):
            settings += "cafile=/run/secrets/npm-ca\n"
            secrets += ["--secret", f"id=npm-ca,src={authorities}"]
            break
    (tmp_path / "npmrc").write_text(settings)
    return secrets


class Service:
    """A running container and its published port."""

    def __init__(self, pydocker, name, port, *options, image=None):
        self.pydocker = pydocker
        self.name = name
        pydocker("run", "-d", "--name", name, "-p", f"127.0.0.1::{port}", *options, image or name, check=True)
        address = pydocker("port", name, str(port), check=True).stdout.split()[0]
        self.url = f"http://{address}"

    def ask(self, path="/", data=None):
        """The answer's text, "" when there is none."""
        try:
            with urllib.request.urlopen(self.url + path, data=data, timeout=2) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def wait(self, path="/"):
        return eventually(lambda: self.ask(path), what=f"{self.name} answers")

    def healthy(self):
        eventually(
            lambda: self.pydocker("inspect", "-f", "{{.State.Health.Status}}", self.name).stdout == "healthy\n", what="it is healthy"
        )

    def stop(self):
        """Stop it as its program wants to be stopped, and remove it."""
        began = time.monotonic()
        self.pydocker("stop", self.name, check=True)
        assert time.monotonic() - began < 5  # and not after the 10 s that docker waits
        assert self.pydocker("inspect", "-f", "{{.State.ExitCode}}", self.name).stdout == "0\n"
        logs = self.pydocker("logs", self.name)
        assert "stopped in good order" in logs.stdout + logs.stderr
        self.pydocker("rm", self.name, check=True)


def steps(result):
    """Steps of a build in plain progress: name -> whether it was cached."""
    names = dict(re.findall(r"^#(\d+) (\[[^]]*\d+/\d+\] .*)$", result.stderr, re.MULTILINE))
    cached = set(re.findall(r"^#(\d+) CACHED$", result.stderr, re.MULTILINE))
    return {name: number in cached for number, name in names.items()}


def check_cached(result, ran):
    """Every step came from the cache but those, and no others, whose name holds one of the words in ran; FROM does nothing."""
    found = {name: cached for name, cached in steps(result).items() if "] FROM " not in name}
    again = [name for name, cached in found.items() if not cached]
    assert found, result
    assert all(any(word in name for word in ran) for name in again), again
    assert all(any(word in name for name in again) for word in ran), again


def build(pydocker, *args, **kwargs):
    return pydocker("build", "--progress=plain", *args, check=True, timeout=BUILD_S, **kwargs)


@proves("buildx build", "container run", "container run --publish", "container run --volume", "container stop")
def test_webapp(pydocker, debian, project):
    """A Python web service with its own user, a volume and a health check."""
    source = project("webapp")
    build(pydocker, "-t", "guestbook", source)
    service = Service(pydocker, "guestbook", 8000, "-v", "guestbook-data:/data")
    service.wait()
    assert "<b>Ada</b>: hello" in service.ask(data=urllib.parse.urlencode({"name": "Ada", "text": "hello"}).encode())
    service.healthy()
    assert pydocker("exec", "guestbook", "id", "-un").stdout == "guestbook\n"
    service.stop()

    page = source / "page.html"
    page.write_text(page.read_text().replace("<h1>Guest book</h1>", "<h1>Visitors</h1>"))
    check_cached(build(pydocker, "-t", "guestbook", source), ["COPY --chown"])
    service = Service(pydocker, "guestbook", 8000, "-v", "guestbook-data:/data")
    assert "<h1>Visitors</h1>" in service.wait()
    assert "hello" in service.ask()  # the data outlives the container
    service.stop()
    pydocker("volume", "rm", "guestbook-data", check=True)


@proves("buildx build --secret", "buildx build --tag")
def test_node(pydocker, debian, project, npm_secrets):
    """A Node service: dependencies with a cache mount and secret settings, tests, a bundle, an image without npm."""
    source = project("node")
    first = build(pydocker, *npm_secrets, "-t", "notes", source)
    assert "# pass 2" in first.stderr
    service = Service(pydocker, "notes", 3000)
    service.wait()
    assert service.ask("/notes/hello", b"# Hello *you*") == "kept\n"
    assert service.ask("/notes/hello") == "<h1>Hello <em>you</em></h1>\n"
    service.healthy()
    assert pydocker("exec", "notes", "ls", "/app").stdout == "server.mjs\n"
    assert pydocker("exec", "notes", "sh", "-c", "ls /root/.npmrc /run/secrets; type npm").status != 0
    service.stop()
    assert "npm-ca" not in pydocker("history", "--no-trunc", "notes", check=True).stdout

    server = source / "src/server.js"
    server.write_text(server.read_text().replace("'kept\\n'", "'noted\\n'"))
    again = build(pydocker, *npm_secrets, "-t", "notes", source)
    check_cached(again, ["COPY . .", "npm test", "server.mjs"])
    service = Service(pydocker, "notes", 3000)
    service.wait()
    assert service.ask("/notes/hello", b"x") == "noted\n"
    service.stop()

    (source / "test/notes.test.js").write_text("throw new Error('this cannot pass')\n")
    failed = pydocker("build", *npm_secrets, "-t", "notes", source)
    assert failed.status == 1
    assert "this cannot pass" in failed.stderr
    assert ">>> RUN npm test && npm run build" in failed.stderr


@proves("buildx build --build-arg", "buildx build --target")
def test_go(pydocker, debian, project):
    """A Go service: one static program, alone in an image from nothing."""
    source = project("go")
    build(pydocker, "--build-arg", "VERSION=1.0", "-t", "links", source)
    service = Service(pydocker, "links", 8080)
    assert service.wait() == "links 1.0, 0 kept\n"
    assert service.ask(data=b"/elsewhere") == "/1\n"

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    with pytest.raises(urllib.error.HTTPError) as redirected:
        urllib.request.build_opener(Stay).open(f"{service.url}/1", timeout=2)
    assert (redirected.value.code, redirected.value.headers["Location"]) == (302, "/elsewhere")
    service.healthy()
    assert pydocker("inspect", "-f", "{{.Config.User}}", "links").stdout == "65532:65532\n"
    assert "as uid 65532" in pydocker("logs", "links").stderr
    service.stop()
    shown = pydocker("create", "--name", "links", "links", check=True)
    names = subprocess.run(["tar", "-t"], input=pydocker("export", "links", check=True).stdout_bytes, capture_output=True, check=True)
    pydocker("rm", "links", check=True)
    assert "links" in names.stdout.decode().split(), shown
    assert not [name for name in names.stdout.decode().split() if name.startswith(("bin/", "lib/", "usr/"))]

    main = source / "cmd/links/main.go"
    main.write_text(main.read_text().replace("%d kept", "%d of them"))
    again = build(pydocker, "--build-arg", "VERSION=1.1", "-t", "links", source)
    check_cached(again, ["COPY --parents", "RUN --mount=type=cache,target=/cache/go", "COPY --from=build"])
    service = Service(pydocker, "links", 8080)
    assert service.wait() == "links 1.1, 0 of them\n"
    service.stop()


@proves("buildx build --target", "buildx build --output")
def test_c(pydocker, debian, project, tmp_path):
    """A C program: ccache and the build directory in cache mounts, checks in a stage of their own, a report as a file."""
    source = project("c")

    def calc(text):
        return pydocker("run", "--rm", "calc", text)

    first = build(pydocker, "-t", "calc", source)
    assert "check-calc" not in first.stderr  # a stage that nobody asked for
    assert calc("2 * (3 + 4)").stdout == "14\n"
    assert calc("1 / 0").stderr == "calc: division by zero\n"
    assert "usage: calc" in pydocker("run", "--rm", "calc").stdout
    assert "12 checks, 0 failed" in build(pydocker, "--target", "check", source).stderr
    build(pydocker, "--target", "coverage", "--output", tmp_path / "report", source)
    assert re.search(r"Lines executed:\d+\.\d+% of \d+", (tmp_path / "report/coverage.txt").read_text())

    number = source / "src/number.c"
    number.write_text(number.read_text().replace("%.*g", "%.*g!"))
    again = build(pydocker, "-t", "calc", source)
    check_cached(again, ["COPY src src", "RUN --mount=type=cache,target=/cache/ccache", "COPY --from=build"])
    compiled = re.findall(r"-c -o /build/src/(\w+)\.o", again.stderr)
    assert "number" in compiled
    assert "parse" not in compiled  # the build directory outlives the step, and COPY keeps the times of files
    assert calc("7 / 2").stdout == "3.5!\n"

    number.write_text("this is not C\n")
    failed = pydocker("build", "--target", "check", source)
    assert failed.status == 1
    assert "src/number.c:1" in failed.stderr
    assert re.search(r"Dockerfile:\d+\n-+\n", failed.stderr)


@proves("buildx bake", "buildx bake --set", "buildx bake --print")
def test_monorepo(pydocker, debian, project):
    """Two services of one repository: a matrix in HCL, a shared base as a target context, inheritance, variables."""
    source = project("monorepo")

    def bake(*args, env=None):
        return pydocker("buildx", "bake", "--progress=plain", *args, cwd=source, env=env, check=True, timeout=BUILD_S)

    shown = json.loads(bake("--print", env={"VERSION": "2.1"}).stdout)
    assert shown["target"]["orders"]["tags"] == ["shop/orders:2.1", "shop/orders:latest"]
    refused = pydocker("buildx", "bake", "--print", cwd=source, env={"VERSION": "new"})
    assert refused.status == 1
    assert "VERSION is dev or numbers with dots between." in refused.stderr

    first = bake()
    assert sum("apt-get" in name for name in steps(first)) == 1  # the base is made once
    layers = [
        json.loads(pydocker("inspect", "-f", "{{json .RootFS.Layers}}", f"shop/{name}:dev", check=True).stdout)
        for name in ("catalogue", "orders")
    ]
    assert layers[0][:-1] == layers[1][:-1]
    assert layers[0][-1] != layers[1][-1]
    catalogue = Service(pydocker, "catalogue", 8000, image="shop/catalogue:dev")
    orders = Service(pydocker, "orders", 8001, image="shop/orders:dev")
    assert json.loads(catalogue.wait()) == {"service": "catalogue", "text": "Hello, look around", "goods": {"tea": 4.5, "cups": 12.0}}
    assert json.loads(orders.wait()) == {"service": "orders", "text": "Thank you for your order", "orders": []}
    orders.healthy()
    catalogue.stop()
    orders.stop()

    service = source / "services/orders/service.py"
    service.write_text(service.read_text().replace("for your order", "for the order"))
    before = pydocker("inspect", "-f", "{{.Id}}", "shop/catalogue:dev").stdout
    again = bake("--set", "orders.args.GREETING=Many thanks")
    check_cached(again, ["COPY . ./"])
    assert pydocker("inspect", "-f", "{{.Id}}", "shop/catalogue:dev").stdout == before
    orders = Service(pydocker, "orders", 8001, image="shop/orders:dev")
    assert json.loads(orders.wait())["text"] == "Many thanks for the order"
    orders.stop()


@proves("buildx build --no-cache", "buildx build --output")
def test_reproducible(pydocker, debian, project, tmp_path):
    """The same digest twice without cache, from touched sources, and on another storage driver."""
    source = project("reproducible")
    epoch = {"SOURCE_DATE_EPOCH": "1700000000"}
    options = ("--no-cache", "-q", "-t", "handbook", "--output", "type=image,rewrite-timestamp=true", source)

    def made(**env):
        return pydocker("build", *options, env={**epoch, **env}, check=True, timeout=BUILD_S).stdout

    first = made()
    time.sleep(1.1)  # times in layers are whole seconds
    for path in sorted(source.rglob("*")):
        os.utime(path)
    assert made() == first
    assert pydocker("run", "--rm", "handbook").stdout == "coffee.html\ntea.html\n"
    assert "<footer>As of 2023-11-14</footer>" in pydocker("run", "--rm", "handbook", "tea").stdout
    assert pydocker("inspect", "-f", "{{.Created}}", "handbook").stdout == "2023-11-14T22:13:20Z\n"
    fuse = shutil.which("fuse-overlayfs") and os.access("/dev/fuse", os.R_OK | os.W_OK)
    assert made(PYDOCKER_STORAGE_DRIVER="fuse-overlayfs" if fuse else "vfs") == first

    pydocker("build", "-q", "--output", f"type=tar,dest={tmp_path}/files.tar", source, env=epoch, check=True, timeout=BUILD_S)
    with tarfile.open(tmp_path / "files.tar") as files:
        assert {member.mtime for member in files} == {1_700_000_000}

    archives = []
    for number in range(2):
        path = tmp_path / f"{number}.tar"
        output = ("--output", f"type=oci,dest={path},rewrite-timestamp=true")
        pydocker("build", "--no-cache", "-q", *output, source, env=epoch, check=True, timeout=BUILD_S)
        archives.append(path.read_bytes())
    assert archives[0] == archives[1]

    later = pydocker("build", *options, env={"SOURCE_DATE_EPOCH": "1700086400"}, check=True, timeout=BUILD_S).stdout
    assert later != first
    assert "<footer>As of 2023-11-15</footer>" in pydocker("run", "--rm", "handbook", "tea").stdout
    refused = pydocker("build", "--output", "type=image,rewrite-timestamp=perhaps", source, env=epoch)
    assert refused.status == 1
    assert 'non-bool value specified for rewrite-timestamp: strconv.ParseBool: parsing "perhaps": invalid syntax' in refused.stderr
