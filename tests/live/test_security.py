"""What a container is given and denied: no weaker than docker's defaults."""

from __future__ import annotations

import os
import stat

from tests.conftest import proves

# chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod audit_write setfcap
DEFAULT_CAPABILITIES = "00000000a80425fb"


def status_of(pydocker, *options):
    text = pydocker("run", "--rm", *options, check=True).stdout
    return dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)


@proves(
    "container run", "container run --cap-add", "container run --cap-drop", "container run --security-opt", "container run --privileged"
)
def test_capabilities_and_seccomp(pydocker, image):
    words = (image, "cat", "/proc/self/status")
    plain = status_of(pydocker, *words)
    assert plain["CapEff"] == plain["CapBnd"] == DEFAULT_CAPABILITIES
    assert plain["CapAmb"] == "0" * 16
    assert (plain["Seccomp"], plain["NoNewPrivs"]) == ("2", "0")
    assert status_of(pydocker, "--cap-drop", "ALL", "--cap-add", "CHOWN", *words)["CapEff"] == "0000000000000001"
    assert status_of(pydocker, "--security-opt", "seccomp=unconfined", *words)["Seccomp"] == "0"
    assert status_of(pydocker, "--security-opt", "no-new-privileges", *words)["NoNewPrivs"] == "1"
    assert status_of(pydocker, "-u", "nobody", *words)["CapEff"] == "0" * 16
    assert status_of(pydocker, "--privileged", *words)["Seccomp"] == "0"


@proves("container run")
def test_masked_and_read_only_paths(pydocker, image):
    script = (
        "for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug; do [ -e $f ] && head -c1 $f | wc -c; done;"
        "ls /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | grep -v : | grep -c .;"
        "for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/x; do ( echo 1 > $f ) 2>/dev/null && echo wrote $f; done; true"
    )
    lines = pydocker("run", "--rm", image, "sh", "-c", script, check=True).stdout.split("\n")
    assert set(lines) <= {"0", ""}


@proves("container run")
def test_no_descriptor_leaks_in(pydocker, image, tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(fd, True)
    try:
        process = pydocker.start("run", "--rm", image, "sh", "-c", "ls -l /proc/self/fd | tail -n +2", close_fds=False)
        out, _ = process.communicate(timeout=60)
    finally:
        os.close(fd)
    targets = [line.split(" -> ")[1] for line in out.decode().splitlines() if " -> " in line]  # its own has gone
    assert all(t.startswith(("pipe:", "/dev/null", "/proc/", "socket:")) for t in targets), out
    assert len(targets) <= 4


@proves("container exec")
def test_exec_is_no_stronger(pydocker, image):
    pydocker("run", "-d", "--name", "caps", image, "sleep", "60", check=True)
    text = pydocker("exec", "caps", "cat", "/proc/self/status", check=True).stdout
    status = dict(line.split(":\t") for line in text.splitlines() if ":\t" in line)
    assert (status["CapEff"], status["CapBnd"], status["Seccomp"]) == (DEFAULT_CAPABILITIES, DEFAULT_CAPABILITIES, "2")
    fds = pydocker("exec", "caps", "sh", "-c", "ls /proc/self/fd | wc -l").stdout
    assert int(fds) <= 4


@proves("container run")
def test_files_are_private(pydocker, image):
    pydocker("run", "-d", "--name", "private", image, "sleep", "60", check=True)
    for top in (pydocker.root, pydocker.run_dir()):
        assert stat.S_IMODE(top.stat().st_mode) == 0o700
    for path in (*pydocker.root.glob("*.db*"), *pydocker.root.glob("containers/*/*.json")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@proves("container run")
def test_root_inside_is_nobody_special_outside(pydocker, image, tmp_path):
    (tmp_path / "mine").write_text("")
    done = pydocker(
        "run", "--rm", "-v", f"{tmp_path}:/mnt", image, "sh", "-c", "id -u; stat -c %u /mnt/mine; chroot /mnt true 2>&1 | grep -c ."
    )
    assert done.stdout.splitlines()[0] == "0"
    if os.getuid() != 0:
        assert done.stdout.splitlines()[1] == "0"  # the user's files are root's inside


@proves("container run")
def test_the_host_is_out_of_sight(pydocker, image):
    assert pydocker("run", "--rm", image, "ls", "/proc").stdout.split().count("1") == 1
    assert pydocker("run", "--rm", image, "mount", "-t", "tmpfs", "none", "/mnt").status != 0
    assert pydocker("run", "--rm", image, "sh", "-c", "mknod /dev/sda b 8 0 && cat /dev/sda").status != 0
