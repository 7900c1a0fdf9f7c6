"""The projects in examples/compose/: brought up, used through their published port, changed, brought up again, taken down; nothing is left.

A project publishes its port as "${PORT:-8080}" and builds its images on debian:bookworm with packages; the same RUN of packages in several
Dockerfiles is built once. To add one: a directory, and a test here that takes `example` and starts with example("DIRECTORY").
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.conftest import REPOSITORY, eventually, free_port, proves

pytestmark = [pytest.mark.debian, pytest.mark.slow]

BUILD_S = 600


class Example:
    """A copy of an example that may be changed, and the program in it."""

    def __init__(self, pydocker, directory, **environ):
        self.pydocker, self.directory = pydocker, directory
        self.port = free_port()
        self.environ = {"PORT": str(self.port), **environ}
        self.name = json.loads(self("config", "--format", "json").stdout)["name"]

    def __call__(self, *args, **kwargs):
        options = {"cwd": self.directory, "env": self.environ, "check": True, "timeout": BUILD_S, **kwargs}
        return self.pydocker("compose", *args, **options)

    def up(self, *args):
        return self("up", "-d", "--build", "--wait", *args)

    def ids(self):
        """Container name without the project's -> id, of all that exist."""
        rows = self("ps", "-a", "--no-trunc", "--format", "{{.Name}} {{.ID}}").stdout.split()
        return {name.removeprefix(f"{self.name}-"): identity for name, identity in zip(rows[::2], rows[1::2])}

    def edit(self, name, old, new):
        path = self.directory / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def ask(self, path="/", data=None, **headers):
        """Status and text of an answer; (0, "") when nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def down(self):
        """Take it down with all that it made, and look that nothing is left."""
        self("down", "--volumes", "--rmi", "local", "--remove-orphans")
        label = f"label=com.docker.compose.project={self.name}"
        self.pydocker("image", "prune", "-f", "--filter", label)  # what a later build took the name from
        for words in (["ps", "-a"], ["network", "ls"], ["volume", "ls"], ["image", "ls"]):
            assert self.pydocker(*words, "-q", "--filter", label).stdout == "", words


@pytest.fixture
def example(pydocker, debian, tmp_path):
    """A function that copies an example of that name; what is left of it at the end is taken away."""
    made = []

    def copy(name, **environ):
        made.append(Example(pydocker, shutil.copytree(REPOSITORY / "examples/compose" / name, tmp_path / name), **environ))
        return made[-1]

    yield copy
    for each in made:
        each("down", "--volumes", "--rmi", "local", "--remove-orphans", "-t", "0", check=False)


@proves("compose up --build", "compose up --wait", "compose down --rmi")
def test_reverse_proxy(example):
    """nginx before two replicas, a third one while it runs."""
    front = example("reverse-proxy")
    front.up()
    first = front.ids()
    assert sorted(first) == ["app-1", "app-2", "proxy-1"]
    assert {front.ask()[1] for _ in range(20)} == {f"hello from {first[name][:12]}\n" for name in ("app-1", "app-2")}
    assert front("exec", "-T", "proxy", "curl", "-sS", "http://app:8000/").stdout.startswith("hello from")

    front.up("--scale", "app=3")
    eventually(lambda: len({front.ask()[1] for _ in range(20)}) == 3, what="the third replica answers")
    assert front.ids().items() > first.items()

    front.edit("compose.yaml", "GREETING: hello", "GREETING: good day")
    front.up()
    second = front.ids()
    assert second["proxy-1"] == first["proxy-1"] and sorted(second) == sorted(first)
    assert not {second["app-1"], second["app-2"]} & set(first.values())
    expected = {f"good day from {second[name][:12]}\n" for name in ("app-1", "app-2")}
    eventually(lambda: {front.ask()[1] for _ in range(20)} == expected, what="the new replicas answer, and no others")
    assert '"GET / HTTP/1' in front("logs", "proxy").stdout
    front.down()


@proves("compose up", "compose config --format")
def test_secrets_and_configs(example):
    """Secrets and configs of all kinds, read by a user without rights."""
    vault = example("secrets-configs", API_TOKEN="open-sesame")
    unset = vault("up", "-d", "--build", "--wait", env={"PORT": str(vault.port)}, check=False)
    assert (unset.status, unset.stderr.splitlines()[-1]) == (
        1,
        'environment variable "API_TOKEN" required by secret "vault_api_token" is not set',
    )
    assert "config `uid`, `gid` and `mode` are not supported, they will be ignored" in vault.up().stderr  # of a file of the host
    assert vault.ask() == (200, "Vault: Welcome to the vault; it costs $5 to come in.\n")
    assert vault.ask("/answer") == (403, "no\n")
    assert vault.ask("/answer", Authorization="Bearer open-sesame") == (200, "42\n")
    first = vault.ids()
    assert "open-sesame" not in vault.pydocker("inspect", *first.values(), check=True).stdout
    listing = vault(
        "exec", "-T", "web", "stat", "-Lc", "%a %u:%g %n", "/run/secrets/api_token", "/banner", "/etc/vault/settings.ini"
    ).stdout
    assert listing.splitlines()[0] == "440 65534:65534 /run/secrets/api_token"

    (vault.directory / "answer.txt").write_text("43\n")
    assert vault.ask("/answer", Authorization="Bearer open-sesame") == (200, "43\n")  # a file is mounted
    vault.environ |= {"PLACE": "the cellar", "API_TOKEN": "please"}
    vault.edit("compose.yaml", "TOKEN_FILE:", "LEVEL: deep\n      TOKEN_FILE:")
    vault.up()
    assert vault.ids() != first
    assert vault.ask()[1] == "Vault: Welcome to the cellar; it costs $5 to come in.\n"
    assert vault.ask("/answer", Authorization="Bearer open-sesame")[0] == 403
    assert vault.ask("/answer", Authorization="Bearer please")[0] == 200
    vault.down()


@proves("compose up --build", "compose exec", "compose restart")
def test_web_database_and_cache(example):
    """PostgreSQL and Redis before a web service that waits for their health."""
    visitors = example("web-db-cache")
    visitors.up()
    assert visitors.ask(data=b"Ada") == (200, "welcome\n")
    assert visitors.ask()[1] == visitors.ask()[1] == "Visitors: Ada (1 queries)\n"  # the second time from the cache
    first = visitors.ids()

    visitors.edit("web/web.py", 'TITLE = "Visitors"', 'TITLE = "Guests"')
    visitors.up()
    second = visitors.ids()
    assert second["web-1"] != first["web-1"]
    assert (second["db-1"], second["cache-1"]) == (first["db-1"], first["cache-1"])
    assert visitors.ask()[1].startswith("Guests: Ada")

    visitors("down")
    assert visitors.pydocker("volume", "ls", "-q", "--filter", "name=visitors_data").stdout == "visitors_data\n"
    visitors.up()
    assert visitors.ask()[1] == "Guests: Ada (1 queries)\n"  # from the volume; the cache began anew
    begun = visitors.pydocker("inspect", "-f", "{{.State.StartedAt}}", visitors.ids()["web-1"]).stdout
    visitors("restart", "db")  # and with it who depends on it with restart: true
    assert visitors.pydocker("inspect", "-f", "{{.State.StartedAt}}", visitors.ids()["web-1"]).stdout != begun
    eventually(lambda: visitors.ask() == (200, "Guests: Ada (1 queries)\n"), what="it answers again")
    visitors.down()


@proves("compose run --rm", "compose up")
def test_profiles_and_jobs(example):
    """Migrations before the web service, a report on demand, a shell by its profile."""
    shop = example("profiles-jobs")
    shop.up("web")
    assert shop.ask() == (200, "apple 0.40\npear 0.55\n")
    first = shop.ids()
    assert sorted(first) == ["migrate-1", "web-1"]
    assert "applied 001-goods.sql" in shop("logs", "migrate").stdout
    assert shop("run", "--rm", "report").stdout == "2 goods, 0.95 in all\n"
    assert shop.ids() == first

    (shop.directory / "migrations/002-plum.sql").write_text("INSERT INTO goods VALUES ('plum', 30);\n")
    shop("--profile", "debug", "up", "-d", "--wait", "web", "shell")
    second = shop.ids()
    assert sorted(second) == ["migrate-1", "shell-1", "web-1"]
    assert second.items() > first.items()
    assert shop.ask() == (200, "apple 0.40\npear 0.55\nplum 0.30\n")
    assert shop("exec", "-T", "shell", "ls", "/data").stdout == "shop.db\n"

    (shop.directory / "migrations/003-wrong.sql").write_text("SELECT 1 FROM nowhere;\n")
    failed = shop("up", "-d", check=False)
    assert failed.status == 1
    assert 'service "migrate" didn\'t complete successfully: exit 1' in failed.stderr
    assert "migrate-1  | sqlite3.OperationalError: no such table: nowhere" in failed.stderr  # the last lines of what failed
    assert "no such table: nowhere" in shop("logs", "migrate").stdout
    assert shop.ask()[0] == 200  # what ran, runs
    shop("--profile", "*", "down", "--volumes", "--rmi", "all")
    shop.down()


@proves("compose up --scale", "compose up --build", "compose kill")
def test_worker_queue(example):
    """Jobs that no worker loses: while there are more of them, fewer, and none."""
    sums = example("worker-queue")
    sums.up()
    for number in range(20):
        assert json.loads(sums.ask(data=f"{number}+1".encode())[1]) == {"number": number + 1}
    first = sums.ids()
    sums("up", "-d", "--scale", "worker=4", "--no-recreate")
    grown = sums.ids()
    assert sorted(grown) == ["api-1", "broker-1", "worker-1", "worker-2", "worker-3", "worker-4"]
    assert grown.items() > first.items()

    def state():
        return json.loads(sums.ask()[1])

    eventually(lambda: len(state()["done"]) >= 6, what="some jobs are done")
    sums("up", "-d", "--scale", "worker=2")  # in the middle of it
    assert sorted(sums.ids()) == ["api-1", "broker-1", "worker-1", "worker-2"]
    done = eventually(lambda: (found := state()["done"]) and len(found) == 20 and found, timeout=60, what="all jobs are done")
    assert {int(number): result[0] for number, result in done.items()} == {number + 1: number + 1 for number in range(20)}
    assert len({result[1] for result in done.values()}) > 1

    sums("kill", "broker")
    sums.edit("compose.yaml", 'SECONDS_A_JOB: "0.2"', 'SECONDS_A_JOB: "0"')
    sums.up()
    again = sums.ids()
    assert again["api-1"] == first["api-1"] and again["worker-1"] != first["worker-1"]
    assert len(eventually(lambda: state()["done"], what="the queue is back")) == 20  # from the volume
    sums("stop", "worker")
    assert sums.pydocker("inspect", "-f", "{{.State.ExitCode}}", again["worker-1"]).stdout == "0\n"
    assert "ended in good order" in sums("logs", "worker").stdout
    sums("down", "--volumes", "--rmi", "all")
    sums.down()


@proves("compose watch", "compose up")
def test_development(example):
    """Pages are copied, a program is started anew, an image made anew, while `watch` runs."""
    pages = example("dev-watch")
    pages.up()
    assert pages.ask()[1] == "Pages: what is new (plain)\n"
    first = pages.ids()

    def begun():
        return pages.pydocker("inspect", "-f", "{{.State.StartedAt}}", pages.ids()["web-1"]).stdout

    start = begun()
    said = pages.directory.parent / "said"
    with open(said, "wb") as out:
        watch = pages.pydocker.start(
            "compose", "watch", cwd=pages.directory, env=pages.environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        eventually(lambda: "Watch enabled" in said.read_text(), what="it watches")
        (pages.directory / "pages/later.draft").write_text("not yet")
        (pages.directory / "pages/news.txt").write_text("more of it")
        eventually(lambda: pages.ask("/news.txt")[1] == "Pages: more of it (plain)\n", what="a new page is there")
        assert pages.ask("/later.draft")[0] == 404
        (pages.directory / "pages/news.txt").unlink()
        eventually(lambda: pages.ask("/news.txt")[0] == 404, what="the page is gone")
        assert (pages.ids(), begun()) == (first, start)

        pages.edit("web.py", 'HEADER = "Pages"', 'HEADER = "News"')
        eventually(lambda: pages.ask()[1] == "News: what is new (plain)\n", what="the program is the new one")
        assert pages.ids() == first and begun() != start

        pages.edit("Dockerfile", "FOOTER=plain", "FOOTER=fancy")
        eventually(lambda: pages.ask()[1] == "News: what is new (fancy)\n", what="the image is the new one", timeout=BUILD_S)
        assert pages.ids() != first
    except AssertionError as error:
        raise AssertionError(f"{error}\n{said.read_text()}") from None
    finally:
        watch.send_signal(signal.SIGINT)
        watch.wait(60)
    assert pages.ask()[0] == 200  # what ran, runs
    pages.down()


@proves("compose config", "compose up --remove-orphans")
def test_files_in_parts(example):
    """include, extends, an override file that comes by itself and one that is named."""
    window = example("include-extends")
    services = json.loads(window("config", "--format", "json").stdout)["services"]
    assert sorted(services) == ["catalog", "debug", "front", "search"]
    assert services["catalog"]["volumes"][0]["source"] == str(window.directory / "catalog/goods.txt")
    assert services["catalog"]["build"]["context"] == str(window.directory / "common/page")
    window.up()
    first = window.ids()
    assert sorted(first) == ["catalog-1", "debug-1", "front-1", "search-1"]
    assert window.ask()[1] == "front of Acme & Sons (development)\n"
    inside = [window("exec", "-T", "front", "busybox", "wget", "-qO-", f"http://{name}:8000/").stdout for name in ("catalog", "search")]
    assert inside == ["catalog with 3 goods (no mode)\n", "search by eyes (no mode)\n"]
    assert window("exec", "-T", "catalog", "cat", "/goods.txt").stdout == "apple\npear\nplum\n"

    window("-f", "compose.yaml", "-f", "production.yaml", "up", "-d", "--wait", "--remove-orphans", "--no-build")
    second = window.ids()
    assert sorted(second) == ["catalog-1", "front-1", "search-1", "search-2"]
    assert (second["catalog-1"], second["search-1"]) == (first["catalog-1"], first["search-1"])
    assert window.ask()[1] == "front of Acme & Sons (production)\n"
    labels = window.pydocker("inspect", "-f", "{{json .Config.Labels}} {{json .Config.Healthcheck}}", second["front-1"]).stdout
    assert '"window.stage":"production"' in labels and "window.part" not in labels and labels.endswith("null\n")

    refused = window("config", "-q", env={**window.environ, "COMPANY": ""}, check=False)
    assert refused.status == 1 and "required variable COMPANY is missing a value: say whose it is" in refused.stderr
    window("down", "--rmi", "all", "--remove-orphans")
    window.down()


@proves("compose up --build", "compose ps", "compose stop", "compose down --rmi")
def test_thirty_services(example):
    """Thirty services on eleven networks, each after the one that it asks."""
    thirty = example("thirty-services")
    thirty.up()
    first = thirty.ids()
    assert len(first) == 30
    assert set(thirty("ps", "--format", "{{.State}} {{.Health}}").stdout.splitlines()) == {"running healthy"}
    assert thirty.ask("/cgi-bin/answer") == (200, "amber < amber clerk < amber store\n")
    begun = dict(
        line.split() for line in thirty.pydocker("inspect", "-f", "{{.Name}} {{.State.StartedAt}}", *first.values()).stdout.splitlines()
    )
    for name in ("amber", "juniper"):
        assert begun[f"/thirty-{name}-store-1"] < begun[f"/thirty-{name}-clerk-1"] < begun[f"/thirty-{name}-1"]
    asked = thirty("exec", "-T", "iris", "busybox", "wget", "-qO-", "http://juniper:8000/cgi-bin/answer").stdout
    assert asked == "juniper < juniper clerk < juniper store\n"
    assert thirty("exec", "-T", "iris", "busybox", "wget", "-T", "2", "-qO-", "http://juniper-store:8000/", check=False).status != 0

    thirty.edit("compose.yaml", 'TEXT: "fern clerk"', 'TEXT: "fern clerk of the day"')
    thirty.up()
    second = thirty.ids()
    assert {name for name in first if first[name] != second[name]} == {"fern-clerk-1"}
    thirty("stop")
    assert set(thirty("ps", "-a", "--format", "{{.State}}").stdout.split()) == {"exited"}
    thirty("down", "--rmi", "all")
    thirty.down()
