"""`docker compose config` and `compose version` as a person calls them; the grammar itself is held by tests/compose/cases."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Pydocker, eventually, free_port, proves

FILES = {
    "compose.yaml": """
        name: shop
        services:
          web: {image: "web:${TAG:-1}", depends_on: [db], ports: ["80"], networks: [front], build: ./web, environment: [TOKEN]}
          db: {image: "db:16", volumes: ["data:/var/lib", "./conf:/etc/db"]}
          job: {image: job, profiles: [jobs], models: [llm]}
        networks: {front: {}, unused: {}}
        volumes: {data: {}}
        models: {llm: {model: ai/small}}
        """,
    "over.yaml": "services: {web: {environment: {LEVEL: debug}}}",
    "vars.env": "TAG=7\nTOKEN=secret\n",
    "web/Dockerfile": "FROM scratch\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    before = os.getcwd()
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    tmp_path.chmod(0o755)
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@proves("compose config --services", "compose config --volumes", "compose config --networks", "compose config --images",
        "compose config --profiles", "compose config --models", "compose convert --services", "compose convert --volumes",
        "compose convert --images", "compose convert --profiles")  # fmt: skip
def test_lists(pydocker: Pydocker, project: Path) -> None:
    def lines(*words: str) -> list[str]:
        return pydocker("compose", *words, check=True).stdout.split()

    for command in ("config", "convert"):
        assert lines(command, "--services") == ["db", "web"]
        assert lines(command, "--volumes") == ["data"]
        assert lines(command, "--profiles") == ["jobs"]
        assert "web:1" in lines(command, "--images")
    assert sorted(lines("config", "--networks")) == ["default", "front"]
    assert sorted(lines("--all-resources", "config", "--networks")) == ["default", "front", "unused"]
    assert lines("config", "--models") == []
    assert lines("--profile", "jobs", "config", "--models") == ["ai/small"]
    assert "job" in lines("--profile", "jobs", "config", "--services")


@proves("compose config", "compose config --format", "compose convert", "compose convert --format")  # fmt: skip
def test_where_a_project_comes_from(pydocker: Pydocker, project: Path) -> None:
    def document(*words: str) -> dict[str, dict[str, dict[str, object]]]:
        before, after = (words, ("config",)) if "convert" not in words else (words[:-1], ("convert",))
        return json.loads(pydocker("compose", *before, *after, "--format", "json", check=True).stdout)

    assert document()["name"] == "shop" and document("convert")["name"] == "shop"
    assert document("-p", "other")["name"] == "other"
    merged = document("-f", "compose.yaml", "-f", "over.yaml", "--env-file", "vars.env")["services"]["web"]
    assert merged["image"] == "web:7" and merged["environment"] == {"LEVEL": "debug", "TOKEN": "secret"}
    os.chdir("/")
    moved = document("--project-directory", str(project / "web"), "-f", str(project / "compose.yaml"))["services"]["web"]
    assert moved["build"] == {"context": str(project / "web/web"), "dockerfile": "Dockerfile"}
    assert document("-f", str(project / "compose.yaml"))["services"]["web"]["build"]["context"] == str(project / "web")  # type: ignore[index]
    shown = pydocker("compose", "-f", str(project / "compose.yaml"), "config", check=True).stdout
    assert shown.startswith("name: shop\nservices:\n  db:\n    image: db:16\n")


@proves("compose config --no-interpolate", "compose config --no-normalize", "compose config --no-path-resolution",
        "compose config --no-env-resolution", "compose config --no-consistency", "compose convert --no-interpolate",
        "compose convert --no-normalize", "compose convert --no-consistency")  # fmt: skip
def test_what_is_left_out(pydocker: Pydocker, project: Path) -> None:
    def shown(*words: str) -> str:
        return pydocker("compose", *words, check=True).stdout

    for command in ("config", "convert"):
        assert "image: web:${TAG:-1}" in shown(command, "--no-interpolate") and "image: web:1" in shown(command)
        assert "shop_front" not in shown(command, "--no-normalize") and "shop_front" in shown(command)
        (project / "loose.yaml").write_text("services: {a: {image: x, networks: [nowhere]}}")
        assert "undefined network nowhere" in pydocker("compose", "-f", "loose.yaml", command).stderr
        assert "nowhere" in shown("-f", "loose.yaml", command, "--no-consistency")
    assert "shop_front" not in shown("--compatibility", "config")
    assert "context: ./web\n" in shown("config", "--no-path-resolution")
    (project / "envs.yaml").write_text("services: {a: {image: x, env_file: vars.env}}")
    assert 'TAG: "7"' in shown("-f", "envs.yaml", "config")
    assert "env_file:" in shown("-f", "envs.yaml", "config", "--no-env-resolution")


@proves("compose config --hash", "compose config --variables", "compose config --environment", "compose config --quiet",
        "compose config --output", "compose convert --hash", "compose convert --quiet", "compose convert --output")  # fmt: skip
def test_other_views(pydocker: Pydocker, project: Path) -> None:
    for command in ("config", "convert"):
        hashes = dict(line.split() for line in pydocker("compose", command, "--hash", "*", check=True).stdout.splitlines())
        assert sorted(hashes) == ["db", "web"] and all(len(one) == 64 for one in hashes.values())
        assert pydocker("compose", command, "--hash", "web", check=True).stdout == f"web {hashes['web']}\n"
        assert pydocker("compose", command, "-q", check=True).stdout == ""
        assert pydocker("compose", command, "-o", "out.yaml", check=True).stdout == ""
        assert (project / "out.yaml").read_text().startswith("name: shop\n")
    assert "TAG                 false               1" in pydocker("compose", "config", "--variables", check=True).stdout
    assert "COMPOSE_PROJECT_NAME=shop\n" in pydocker("compose", "config", "--environment", check=True).stdout


@proves("compose config --resolve-image-digests", "compose config --lock-image-digests", "compose convert --resolve-image-digests")
def test_digests(pydocker: Pydocker, image: str, registry: str, project: Path) -> None:
    name = f"{registry}/pinned:1"
    pydocker("tag", image, name, check=True)
    pydocker("push", name, check=True)
    (project / "pins.yaml").write_text(f"services: {{a: {{image: {name}, user: u}}}}")
    for command in ("config", "convert"):
        shown = pydocker("compose", "-f", "pins.yaml", command, "--resolve-image-digests", check=True).stdout
        assert f"image: {name}@sha256:" in shown and "user: u" in shown
    locked = pydocker("compose", "-f", "pins.yaml", "config", "--lock-image-digests", check=True).stdout
    assert locked.startswith(f"services:\n  a:\n    image: {name}@sha256:") and "user" not in locked
    pydocker("rmi", name, check=True)


@proves("compose config --resolve-image-digests")
def test_registries_are_asked_side_by_side(pydocker: Pydocker, project: Path) -> None:
    """This one answers when it has been asked for all of them."""
    together = threading.Barrier(3)

    class Registry(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/manifests/" in self.path:
                together.wait(20)
            data = b'{"schemaVersion": 2}'
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        name = f"127.0.0.1:{server.server_port}/some"
        services = ", ".join(f"{key}: {{image: '{name}/{image}'}}" for key, image in (("a", "x"), ("b", "y"), ("c", "z:1"), ("d", "x")))
        (project / "many.yaml").write_text(f"services: {{{services}}}")
        shown = pydocker("compose", "-f", "many.yaml", "config", "--resolve-image-digests", check=True).stdout
        server.shutdown()
    digest = hashlib.sha256(b'{"schemaVersion": 2}').hexdigest()
    assert [line.split()[1] for line in shown.splitlines() if "image:" in line] == [
        f"{name}/{image}@sha256:{digest}" for image in ("x:latest", "y:latest", "z:1", "x:latest")
    ]


def test_flags_before_the_command_are_checked(pydocker: Pydocker, project: Path) -> None:
    refused = pydocker("compose", "--ansi", "never", "--progress", "tty", "config")
    assert (refused.status, refused.stderr) == (1, "can't use --progress tty while ANSI support is disabled\n")
    assert pydocker("compose", "--ansi", "never", "config").status == 0 and pydocker("compose", "--progress", "tty", "config").status == 0
    assert pydocker("compose", "--progress", "fast", "config").stderr == 'unsupported --progress value "fast"\n'


@proves("compose version", "compose version --short", "compose version --format")
def test_version(pydocker: Pydocker) -> None:
    short = pydocker("compose", "version", "--short", check=True).stdout
    assert short.startswith("2.")
    assert pydocker("compose", "version", check=True).stdout == f"Docker Compose version v{short}"
    assert json.loads(pydocker("compose", "version", "-f", "json", check=True).stdout) == {"version": f"v{short.strip()}"}


def test_files_of_repositories(pydocker: Pydocker, image: str, project: Path) -> None:
    """-f, include and extends take a git repository's; what can't be read is refused with what can."""
    source = project / "source"
    (source / "sub").mkdir(parents=True)
    service = "services: {one: {image: busybox, command: cat /d, volumes: ['./data:/d'], stop_grace_period: 0s}}"
    for directory in (source, source / "sub"):
        (directory / "compose.yaml").write_text(service)
        (directory / "data").write_text(f"of {directory.name}\n")
    (source / "sub" / "out").symlink_to("/etc")
    commit = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    for words in (("git", "init", "-q", "-b", "main", "."), ("git", "add", "-A"), commit):
        subprocess.run(words, cwd=source, check=True)
    port = free_port()
    base = ("--base-path=" + str(project), "--export-all", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr")
    server = subprocess.Popen(["git", "-c", "safe.directory=*", "daemon", *base], stderr=subprocess.DEVNULL)
    try:
        url = f"git://127.0.0.1:{port}/source/.git"
        asking = ["git", "ls-remote", "-q", url]
        eventually(lambda: subprocess.run(asking, capture_output=True).returncode == 0, what="git's server answers")
        cache = str(project / "cache")
        env = {"XDG_CACHE_HOME": cache, "COMPOSE_PROJECT_NAME": "far"}

        def shown(*words: str) -> str:
            return pydocker("compose", *words, env=env, check=True).stdout

        def source_of(*words: str) -> str:
            found: str = json.loads(shown(*words, "config", "--format", "json"))["services"]["one"]["volumes"][0]["source"]
            return found.removeprefix(cache + "/docker-compose/").partition("/")[2]

        assert [source_of("-f", url + part) for part in ("", "#main", "#main:sub", "#:sub/compose.yaml")] == [
            "data",
            "data",
            "sub/data",
            "sub/data",
        ]
        (project / "with.yaml").write_text(f"include: ['{url}#main:sub']")
        assert source_of("-f", "with.yaml") == "sub/data"
        (project / "on.yaml").write_text(f"services: {{one: {{extends: {{file: '{url}', service: one}}}}}}")
        assert source_of("-f", "on.yaml") == "data"
        told = shown("-f", f"{url}#main:sub", "up").splitlines()
        assert told[0].startswith(f'Your compose stack "{url}#main:sub" is stored in "{cache}/docker-compose/')
        assert "one-1  | of sub" in told
        shown("-f", f"{url}#main:sub", "down")

        def refused(path: str, **more: str) -> str:
            done = pydocker("compose", "-f", path, "config", env={**env, **more})
            assert done.status == 1
            return done.stderr

        assert refused(f"{url}#none") == f"repository does not contain ref {url}#none\n"
        assert refused(f"{url}#main:nowhere").endswith("/nowhere: no such file or directory\n")
        assert "path traversal" in refused(f"{url}#main:sub/out/passwd")
        assert "path traversal" in refused(f"{url}#main:../../../with.yaml")
        assert refused(url, COMPOSE_EXPERIMENTAL_GIT_REMOTE="false") == (
            'git remote resource is disabled by "COMPOSE_EXPERIMENTAL_GIT_REMOTE"\n'
        )
        assert "not read from registries" in refused("oci://docker.io/some/app:1")
        assert "read from git repositories" in refused("https://some.example/compose.yaml")
        assert sorted(os.listdir(f"{cache}/docker-compose"))[1:] == []
    finally:
        server.terminate()
        server.wait()
