"""What a sceptic tries with running containers: pipes that fill both ways, checks that hang, policies, logs, and what stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import eventually, processes_naming, proves

BOTH_WAYS = "head -c 4000000 /dev/zero; wc -c >&2"


def bundle(pydocker, name):
    container_id = pydocker("inspect", "-f", "{{.Id}}", name, check=True).stdout.strip()
    return pydocker.run_dir() / "c" / container_id


@proves("container run --interactive", "container exec --interactive")
def test_output_that_comes_before_the_input_is_read(pydocker, image):
    data = os.urandom(4_000_000)
    pydocker("run", "-d", "--name", "up", image, "sleep", "60", check=True)
    for words in (("run", "-i", "--rm", image), ("exec", "-i", "up")):
        done = pydocker(*words, "sh", "-c", BOTH_WAYS, stdin=data)
        assert (done.status, len(done.stdout_bytes), done.stderr.strip()) == (0, 4_000_000, "4000000"), words


@proves("container exec", "container exec --detach")
def test_exec_of_what_can_not_start_says_it_once(pydocker, image):
    pydocker("run", "-d", "--name", "up", image, "sleep", "60", check=True)
    prefix = "OCI runtime exec failed: exec failed: unable to start container process: "
    sentence = prefix + 'exec: "nosuch": executable file not found in $PATH'
    done = pydocker("exec", "up", "nosuch")
    assert (done.status, done.stdout_bytes.decode(), done.stderr) == (127, sentence + "\r\n", "")
    done = pydocker("exec", "-d", "up", "nosuch")
    assert (done.status, done.stdout, done.stderr) == (1, "", f"Error response from daemon: {sentence}\n")
    done = pydocker("exec", "-w", "/nosuch", "up", "pwd")
    assert (done.status, done.stderr) == (127, "")
    assert done.stdout == prefix + 'chdir to cwd ("/nosuch") set in config.json failed: no such file or directory\r\n'
    with pydocker.terminal("exec", "-it", "up", "nosuch") as terminal:
        assert terminal.wait() == 127
        assert terminal.output.decode().strip() == sentence
    assert pydocker("exec", "up", "sh", "-c", "echo exec it is >&2").stderr == "exec it is\n"


@proves("container exec")
def test_exec_leaves_no_file_and_no_descriptor(pydocker, image):
    pydocker("run", "-d", "--name", "up", image, "sleep", "60", check=True)
    before = sorted(os.listdir(bundle(pydocker, "up")))
    done = pydocker("exec", "up", "sh", "-c", "ls /proc/self/fd", check=True)
    assert done.stdout.split() == ["0", "1", "2", "3"]  # 3 is the directory that is listed
    assert sorted(os.listdir(bundle(pydocker, "up"))) == before


@proves("container run --health-timeout", "container run --health-retries")
def test_health_checks_that_hang_flood_or_do_not_start(pydocker, image):
    often = ("--health-interval", "200ms", "--health-timeout", "400ms", "--health-retries", "1")
    pydocker("run", "-d", "--name", "hangs", "--health-cmd", "sleep 77", *often, image, "sleep", "60", check=True)
    pydocker("run", "-d", "--name", "floods", "--health-cmd", "yes", *often, image, "sleep", "60", check=True)
    results = {}
    for name in ("hangs", "floods"):
        state = ("inspect", "-f", "{{json .State.Health}}", name)
        eventually(lambda state=state: json.loads(pydocker(*state).stdout)["FailingStreak"] >= 3, what=name)
        results[name] = json.loads(pydocker(*state).stdout)
        assert results[name]["Status"] == "unhealthy"
    assert results["hangs"]["Log"][0]["Output"] == "Health check exceeded timeout (400ms)"
    output = results["floods"]["Log"][0]["Output"]
    assert output.startswith("Health check exceeded timeout (400ms): y\n")
    assert output.endswith("...")
    assert len(output) < 5000
    assert pydocker("exec", "hangs", "ps").stdout.count("sleep 77") <= 1  # those that were late were ended, and reaped
    assert not [name for name in os.listdir(bundle(pydocker, "hangs")) if name.startswith("exec")]


@proves("container run --restart", "container stop", "container kill", "container pause")
def test_a_container_that_waits_to_be_restarted(pydocker, image):
    shown = ("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", "again")
    pydocker("run", "-d", "--name", "again", "--restart", "always", image, "sh", "-c", "exit 4", check=True)

    def waits(count=0):
        status, restarts = pydocker(*shown).stdout.split()
        return status == "restarting" and int(restarts) >= count

    def refused():
        eventually(lambda: waits(5))  # 3.2 s of back-off
        paused = pydocker("pause", "again")
        if not paused.status:  # it was at the end of its wait
            pydocker("unpause", "again")
        return "is restarting, wait until the container is running" in paused.stderr

    for verb in ("stop", "kill"):
        eventually(refused)
        assert pydocker(verb, "again").stdout == "again\n"
        assert pydocker(*shown).stdout.startswith("exited")
        time.sleep(1)
        assert pydocker(*shown).stdout.startswith("exited")
        assert pydocker("start", "again").status == 0
    eventually(waits)
    pydocker("rm", "-f", "again", check=True)


@proves("container run --restart", "container start")
def test_a_start_by_hand_counts_restarts_anew(pydocker, image):
    pydocker("run", "-d", "--name", "again", "--restart", "on-failure:2", image, "sh", "-c", "exit 4", check=True)
    shown = ("inspect", "-f", "{{.State.Status}} {{.RestartCount}}", "again")
    for _ in range(2):
        eventually(lambda: pydocker(*shown).stdout == "exited 2\n")
        assert pydocker("logs", "again").status == 0
        pydocker("start", "again", check=True)
    eventually(lambda: pydocker(*shown).stdout == "exited 2\n")


def tender_pid(pydocker):
    return int((pydocker.run_dir() / "tender.pid").read_text())


@proves("container run --health-cmd", "container run --restart")
def test_the_tender_killed(pydocker, image):
    words = ("--health-cmd", "test -e /ok", "--health-interval", "200ms", "--health-retries", "1")
    pydocker("run", "-d", "--name", "well", *words, image, "sleep", "60", check=True)
    pydocker("run", "-d", "--name", "again", "--restart", "always", image, "sh", "-c", "exit 4", check=True)
    eventually(lambda: "(unhealthy)" in pydocker("ps", "-f", "name=well").stdout)
    eventually(lambda: pydocker("inspect", "-f", "{{.State.Status}}", "again").stdout == "restarting\n")
    killed = tender_pid(pydocker)
    os.kill(killed, signal.SIGKILL)
    count = pydocker("inspect", "-f", "{{.RestartCount}}", "again").stdout
    pydocker("exec", "well", "touch", "/ok", check=True)
    eventually(lambda: "(healthy)" in pydocker("ps", "-f", "name=well").stdout)
    assert tender_pid(pydocker) != killed
    eventually(lambda: pydocker("inspect", "-f", "{{.RestartCount}}", "again").stdout != count)
    pydocker("stop", "-t", "0", "well", "again", check=True)
    assert pydocker("inspect", "-f", "{{.State.Health.Status}}", "well").stdout == "unhealthy\n"  # docker's word for one that ended


@proves("container rm", "container run --rm")
def test_nothing_of_removed_containers_stays_in_the_runtime_directory(pydocker, image):
    pydocker("ps", check=True)
    before = set(os.listdir(pydocker.run_dir() / "locks"))  # of commands that another test killed
    for _ in range(3):
        pydocker("run", "-d", "--rm", "--name", "one", image, "sleep", "60", check=True)
        pydocker("run", "-d", "--name", "two", image, "sleep", "60", check=True)
        pydocker("rm", "-f", "one", "two", check=True)
    run_dir = pydocker.run_dir()
    eventually(lambda: not [name for name in os.listdir(run_dir / "locks") if len(name) == 64 and name not in before])
    assert os.listdir(run_dir / "c") == os.listdir(run_dir / "crun") == []
    for number in range(70):  # as if many had ended a while ago
        path = run_dir / "exits" / f"{number:064x}"
        path.write_text("0")
        os.utime(path, (1, 1))
    pydocker("run", "--rm", image, "true", check=True)
    assert not [name for name in os.listdir(run_dir / "exits") if name.startswith("00000")]


def reboot(pydocker):
    """What a reboot does: every process is gone at once, none saw another one end, and the runtime directory is gone with them."""
    run_dir = pydocker.run_dir()
    for _ in range(3):
        paths = [*run_dir.glob("c/*/*pid"), run_dir / "holder", *run_dir.glob("tender.pid")]
        pids = {int(path.read_text().split()[0]) for path in paths if path.exists()} | {pid for pid, _ in processes_naming(str(run_dir))}
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        time.sleep(0.1)
    shutil.rmtree(run_dir)


@proves("container run --restart")
@pytest.mark.parametrize("boots", [True, False], ids=["the session starts them", "the next command does"])
def test_a_reboot(pydocker, image, boots):
    for name, policy in (("ever", "always"), ("unless", "unless-stopped"), ("halted", "unless-stopped"), ("plain", "no")):
        pydocker("run", "-d", "--name", name, "--restart", policy, image, "sleep", "600", check=True)
    pydocker("run", "-d", "--rm", "--name", "once", "-v", "/anonymous", image, "sleep", "600", check=True)
    pydocker("create", "--name", "new", "--restart", "always", image, "sleep", "600", check=True)
    pydocker("stop", "-t", "0", "halted", check=True)
    reboot(pydocker)
    if boots:
        pydocker("internal", "boot", check=True)
    expected = ["ever running", "halted exited", "new created", "plain exited", "unless running"]
    eventually(lambda: sorted(pydocker("ps", "-a", "--format", "{{.Names}} {{.State}}").stdout.splitlines()) == expected)
    assert pydocker("inspect", "-f", "{{.State.ExitCode}}", "plain").stdout == "255\n"
    assert pydocker("exec", "ever", "echo", "up").stdout == "up\n"
    assert pydocker("volume", "ls", "-q").stdout == ""


@proves("container start")
def test_started_by_several_at_once(pydocker, image):
    pydocker("create", "--name", "one", image, "sleep", "60", check=True)
    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: pydocker("start", "one"), range(8)))
        assert [result for result in results if result.status] == []
        assert pydocker("exec", "one", "echo", "up").stdout == "up\n"
        assert pydocker("top", "one").stdout.count("sleep 60") == 1
        pydocker("stop", "-t", "0", "one", check=True)
    assert len([1 for _, words in processes_naming(str(pydocker.run_dir())) if "conmon" in words]) == 0


@proves("container logs --tail", "container logs --timestamps")
def test_logs_of_parts_of_lines(pydocker, image):
    script = "printf a; sleep 0.1; printf 'b\\nc\\n'; sleep 0.1; head -c 20000 /dev/zero | tr '\\0' x; echo; printf end"
    pydocker("run", "--name", "parts", image, "sh", "-c", script, check=True)
    long = "x" * 20000
    assert pydocker("logs", "parts").stdout == f"ab\nc\n{long}\nend"
    assert pydocker("logs", "--tail", "2", "parts").stdout == f"{long}\nend"
    assert pydocker("logs", "--tail", "4", "parts").stdout == f"ab\nc\n{long}\nend"
    stamped = pydocker("logs", "-t", "parts").stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in stamped] == ["ab", "c", long, "end"]


@proves("container logs --follow", "container run --log-opt")
def test_a_log_is_whole_over_its_rotation(pydocker, image):
    script = "for i in 1 2 3 4 5 6; do seq $((i*1000)) $((i*1000+999)); sleep 0.4; done"
    expected = "".join(f"{number}\n" for number in range(1000, 7000))
    options = ("--log-opt", "max-size=100k", "--log-opt", "max-file=3")  # two rotations
    pydocker("run", "-d", "--name", "much", *options, image, "sh", "-c", script, check=True)
    assert pydocker("logs", "-f", "much").stdout == expected
    assert pydocker("logs", "much").stdout == expected
    assert pydocker("logs", "--tail", "5500", "much").stdout == "".join(f"{number}\n" for number in range(1500, 7000))


@proves("container run --rm")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_while_it_starts(pydocker, image, number):
    for delay in (0.05, 0.08, 0.11, 0.15, 0.2):
        process = pydocker.start("run", "--rm", image, "sh", "-c", "trap 'exit 9' INT TERM; echo up; while :; do sleep 0.05; done")
        time.sleep(delay)
        process.send_signal(number)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:  # between its begin and its trap, a first process misses a signal, here as in docker
            process.send_signal(number)
            process.wait(3)
        assert process.returncode in (9, 130, 137, 143, -number)
        process.stdout.close()
    eventually(lambda: pydocker("ps", "-aq").stdout == "")
