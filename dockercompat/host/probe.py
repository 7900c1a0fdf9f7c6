"""What this machine has and lacks for running containers, and the one command that mends what it lacks."""

from __future__ import annotations

import os

from dockercompat.host import run
from dockercompat.host.files import read_text
from dockercompat.kernel import cgroup, idmap, trial
from dockercompat.kernel.mountinfo import find_mount
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.host.paths import Paths

OK, NOTE, FAIL = "ok", "note", "fail"
_APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_MIN_KERNEL = (5, 11)  # unprivileged overlay mounts; userxattr is what 5.13's SELinux systems need besides
_GIB = 1 << 30

# program, oldest version that is known to work, whether containers run without it, package by package manager when not the program's name
_PROGRAMS: tuple[tuple[str, str, bool], ...] = (
    ("crun", "1.8", True),
    ("conmon", "2.1", True),
    ("newuidmap", "", True),
    ("newgidmap", "", True),
    ("slirp4netns", "1.0.1", True),
    ("nft", "1.0", True),
    ("fuse-overlayfs", "1.7", False),
    ("bindfs", "", False),
    ("catatonit", "", False),
)
_OTHER_INITS = ("docker-init", "tini-static", "tini")
_PACKAGES = {
    "apt-get": {"newuidmap": "uidmap", "newgidmap": "uidmap", "nft": "nftables"},
    "dnf": {"newuidmap": "shadow-utils", "newgidmap": "shadow-utils", "nft": "nftables"},
    "pacman": {"newuidmap": "shadow", "newgidmap": "shadow", "nft": "nftables"},
    "zypper": {"newuidmap": "shadow", "newgidmap": "shadow", "nft": "nftables"},
}
_INSTALL = {"apt-get": "apt-get install -y", "dnf": "dnf install -y", "pacman": "pacman -S --noconfirm", "zypper": "zypper install -y"}
_LIBRARY_DIRS = ("/usr/lib/podman", "/usr/libexec/podman")
_NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "9p", "afs", "fuse.sshfs", "lustre", "ceph")


class Check(Record):
    """One thing that was looked at.

    state   ok, note (containers run, something is lost) or fail (containers don't run)
    remedy  the one command that mends it, "" when nothing is to be mended
    """

    name: str
    state: str
    detail: str
    remedy: str = ""


def checks(paths: Paths) -> Iterator[Check]:
    """Look at everything that a run needs, the basics first."""
    yield _kernel()
    yield _user_namespaces()
    yield _apparmor()
    yield _subordinate_ids()
    for program, oldest, needed in _PROGRAMS:
        yield _program(program, oldest, needed)
    overlay = _overlay(paths)
    yield overlay
    yield _device("/dev/fuse", "fuse", needed=overlay.state != OK, use="fuse-overlayfs")
    yield _device("/dev/net/tun", "tun", needed=True, use="every network but none and host")
    yield _network()
    yield _control_groups(paths)
    yield _linger()
    yield _runtime_dir(paths)
    yield _file_system(paths)
    yield _free_disk(paths)
    yield _low_ports()


def sudo() -> str:
    """What stands before a command of root's: nothing when we are root."""
    return "" if os.getuid() == 0 else "sudo "


def install_command(program: str) -> str:
    """The command that installs a program here, by the package manager that this machine has."""
    for manager, command in _INSTALL.items():
        if run.find(manager):
            return f"{sudo()}{command} {_PACKAGES[manager].get(program, program)}"
    return f"{sudo()}apt-get install -y {_PACKAGES['apt-get'].get(program, program)}"


def find_program(program: str) -> str | None:
    """Path of a program, also where distributions keep podman's helpers."""
    found = run.find(program)
    if found is None:
        found = next((f"{d}/{program}" for d in _LIBRARY_DIRS if os.access(f"{d}/{program}", os.X_OK)), None)
    return found


def version_of(program: str) -> str:
    """Version that a program says it has, "" when it is missing or says nothing like one."""
    path = find_program(program)
    if path is None:
        return ""
    result = run.capture([path, "--version"])
    for line in (result.stdout + b"\n" + result.stderr).decode(errors="replace").splitlines():
        if line.startswith("fusermount"):
            continue
        for word in line.replace(",", " ").split():
            number = word.lstrip("v")
            if number[:1].isdigit() and "." in number:
                return number
    return ""


def os_release() -> dict[str, str]:
    """Fields of os-release(5)."""
    fields: dict[str, str] = {}
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    name, equals, value = line.strip().partition("=")
                    if equals:
                        fields[name] = value.strip("\"'")
            return fields
        except OSError:
            continue
    return fields


def memory_total_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def file_system_type(path: str) -> str:
    """Type of the file system that a path (its nearest existing parent) is on, as mountinfo names it."""
    return find_mount(os.path.realpath(_existing(path))).fs_type or "unknown"


def has_systemd() -> bool:
    return os.path.isdir("/run/systemd/system")


def _existing(path: str) -> str:
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _numbers(version: str) -> tuple[int, ...]:
    numbers = []
    for word in version.replace("-", ".").replace("+", ".").split("."):
        if not word.isdigit():
            break
        numbers.append(int(word))
    return tuple(numbers)


def _read(path: str) -> str:
    return read_text(path).strip()


def _kernel() -> Check:
    release = os.uname().release
    if _numbers(release)[:2] >= _MIN_KERNEL:
        return Check("kernel", OK, release)
    return Check("kernel", NOTE, f"{release}: before 5.11 there is no native overlay for users", f"{sudo()}apt-get dist-upgrade")


def _user_namespaces() -> Check:
    name = "user namespaces"
    error = trial.mount_in_user_namespace()
    if error is None:
        return Check(name, OK, "can be made, and mounts work in them")
    if _read("/proc/sys/user/max_user_namespaces") == "0":
        return Check(name, FAIL, "user.max_user_namespaces is 0", _sysctl("user.max_user_namespaces=28633"))
    if _read("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return Check(name, FAIL, "kernel.unprivileged_userns_clone is 0", _sysctl("kernel.unprivileged_userns_clone=1"))
    if _read(_APPARMOR) == "1":
        return Check(name, FAIL, "AppArmor denies privileges in them", _sysctl("kernel.apparmor_restrict_unprivileged_userns=0"))
    return Check(name, FAIL, f"can't be used: {error.strerror}", _sysctl("user.max_user_namespaces=28633"))


def _sysctl(setting: str) -> str:
    before, name = sudo(), setting.partition("=")[0]
    return f"echo {setting} | {before}tee /etc/sysctl.d/99-{name.rpartition('.')[2]}.conf && {before}sysctl --system"


def _apparmor() -> Check:
    value = _read(_APPARMOR)
    if value == "1" and os.getuid() != 0 and trial.mount_in_user_namespace() is not None:
        return Check(
            "AppArmor", FAIL, "kernel.apparmor_restrict_unprivileged_userns is 1", _sysctl("kernel.apparmor_restrict_unprivileged_userns=0")
        )
    return Check("AppArmor", OK, "does not restrict user namespaces" if value != "1" else "restricts user namespaces, but not ours")


def _subordinate_ids() -> Check:
    name = "subordinate ids"
    ids = idmap.for_this_user()
    if ids.single:
        import pwd

        try:
            user = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            user = str(os.getuid())
        remedy = f"{sudo()}usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"
        return Check(name, NOTE, f"none for {user} in /etc/subuid and /etc/subgid: all owners become one id", remedy)
    uids, gids = (sum(r.count for r in ranges if r.inside_id or os.getuid() == 0) for ranges in (ids.uids, ids.gids))
    state = OK if min(uids, gids) >= 65536 - 1 else NOTE
    return Check(name, state, f"{uids} user ids, {gids} group ids" + ("" if state == OK else ": images with ids beyond fail to unpack"))


def _program(program: str, oldest: str, needed: bool) -> Check:
    worst = FAIL if needed else NOTE
    path = find_program(program)
    if program in ("newuidmap", "newgidmap"):
        if os.getuid() == 0:
            return Check(program, OK, "root does not need it")
        if path is not None:
            privileged = bool(os.stat(path).st_mode & 0o4000) or "security.capability" in os.listxattr(path)
            if not privileged:
                return Check(program, FAIL, f"{path} is not setuid and has no capability", f"{sudo()}chmod u+s {path}")
    if path is None and program == "slirp4netns" and (pasta := find_program("pasta")):
        return Check(program, OK, f"not installed; pasta at {pasta} serves")
    if path is None and program == "catatonit" and (other := next(filter(None, map(find_program, _OTHER_INITS)), None)):
        return Check(program, OK, f"not installed; {other} serves")
    if path is None:
        lost = {
            "catatonit": ": `--init` has no program to run",
            "fuse-overlayfs": ": the storage driver for kernels without native overlay; and users other than root can't write to binds",
            "bindfs": ": users other than root can't write to binds of a container that has volumes too",
        }
        return Check(program, worst, f"not installed{lost.get(program, '')}", install_command(program))
    version = version_of(program) if oldest else ""
    if version and _numbers(version) < _numbers(oldest):
        return Check(program, worst, f"{version} at {path} is older than {oldest}", install_command(program))
    return Check(program, OK, f"{version} at {path}".strip() if version else path)


def _overlay(paths: Paths) -> Check:
    base = _existing(paths.data_dir)
    if not os.access(base, os.W_OK):
        return Check("native overlay", FAIL, f"{base} can't be written to", f"{sudo()}chown {os.getuid()} {base}")
    import tempfile

    directory = tempfile.mkdtemp(prefix=".pydocker-overlay-", dir=base)
    try:
        error = trial.native_overlay(directory)
    finally:
        os.rmdir(directory)
    if error is None:
        return Check("native overlay", OK, f"works on {base} ({file_system_type(base)})")
    remedy = "" if find_program("fuse-overlayfs") else install_command("fuse-overlayfs")
    return Check(
        "native overlay", NOTE, f"not on {base} ({file_system_type(base)}): {error.strerror}; fuse-overlayfs or vfs is used", remedy
    )


def _device(path: str, module: str, *, needed: bool, use: str) -> Check:
    if os.access(path, os.R_OK | os.W_OK):
        return Check(path, OK, "can be opened")
    state = FAIL if needed else NOTE
    if not os.path.exists(path):
        return Check(path, state, f"is missing: {use} needs it", f"{sudo()}modprobe {module}")
    return Check(path, state, f"may not be opened: {use} needs it", f"{sudo()}chmod 0666 {path}")


def _network() -> Check:
    name = "bridges and nftables"
    modprobe = f"{sudo()}modprobe -a bridge veth nf_tables nft_chain_nat nft_masq nf_nat"
    if run.find("nft") is None:
        return Check(name, FAIL, "not tried: nft is missing", install_command("nft"))
    error = trial.bridge_and_pair()
    if error is not None:
        return Check(name, FAIL, f"a bridge and a pair of links: {error.strerror}", modprobe)
    ruleset = b"table ip t {\n chain c {\n  type nat hook postrouting priority 100;\n  masquerade\n }\n}\n"
    result = run.capture(["nft", "-f", "-"], stdin=ruleset, before_exec=trial.enter_network_namespace)
    if result.status:
        reason = result.stderr.decode(errors="replace").strip().splitlines() or [f"status {result.status}"]
        return Check(name, FAIL, f"nft: {reason[0]}", modprobe)
    return Check(name, OK, "can be made in a network namespace")


def _control_groups(paths: Paths) -> Check:
    name = "control groups"
    lost = "no limits on memory, processors and processes"
    if not cgroup.is_unified():
        remedy = f"{sudo()}grubby --update-kernel=ALL --args=systemd.unified_cgroup_hierarchy=1" if run.find("grubby") else ""
        return Check(name, NOTE, f"version 1 or hybrid: {lost}", remedy)
    if os.getuid() == 0:
        return Check(name, OK, "version 2")
    found = cgroup.delegated(os.getuid(), os.path.dirname(paths.run_dir))
    missing = [controller for controller in ("cpu", "cpuset", "io", "memory", "pids") if controller not in found]
    if not missing:
        return Check(name, OK, "version 2; cpu, cpuset, io, memory and pids are delegated")
    before = sudo()
    remedy = (
        f"{before}mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | "
        f"{before}tee /etc/systemd/system/user@.service.d/delegate.conf && {before}systemctl daemon-reload"
    )
    if not found:
        return Check(name, NOTE, f"nothing is delegated to this user: {lost}", remedy if has_systemd() else "")
    return Check(name, NOTE, f"not delegated: {' '.join(missing)}", remedy)


def _linger() -> Check:
    import pwd

    if os.getuid() == 0 or not has_systemd():
        return Check("lingering", OK, "not needed here")
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    if os.path.exists(f"/var/lib/systemd/linger/{user}"):
        return Check("lingering", OK, "containers outlive the session")
    return Check("lingering", NOTE, "containers end with the last session of the user", f"{sudo()}loginctl enable-linger {user}")


def _runtime_dir(paths: Paths) -> Check:
    base = os.path.dirname(paths.run_dir)
    existing = _existing(paths.run_dir)
    if not os.access(existing, os.W_OK):
        return Check("runtime directory", FAIL, f"{existing} can't be written to", f"export XDG_RUNTIME_DIR=/run/user/{os.getuid()}")
    if os.path.realpath(base) == "/tmp":
        return Check("runtime directory", NOTE, f"{paths.run_dir}: XDG_RUNTIME_DIR is not set, /tmp serves")
    return Check("runtime directory", OK, paths.run_dir)


def _file_system(paths: Paths) -> Check:
    kind = file_system_type(paths.data_dir)
    if kind in _NETWORK_FILE_SYSTEMS:
        return Check(
            "storage", FAIL, f"{paths.data_dir} is on {kind}, which keeps no owners of other ids", "export PYDOCKER_ROOT=/var/tmp/pydocker"
        )
    return Check("storage", OK, f"{paths.data_dir} on {kind}")


def _free_disk(paths: Paths) -> Check:
    figures = os.statvfs(_existing(paths.data_dir))
    free_bytes = figures.f_bavail * figures.f_frsize
    detail = f"{free_bytes / _GIB:.1f} GiB free"
    if free_bytes < _GIB:
        return Check("free disk", FAIL, detail, "pydocker system prune -a")
    return Check("free disk", OK if free_bytes > 5 * _GIB else NOTE, detail, "" if free_bytes > 5 * _GIB else "pydocker system prune -a")


def _low_ports() -> Check:
    first = _read("/proc/sys/net/ipv4/ip_unprivileged_port_start") or "1024"
    if os.getuid() == 0 or int(first) <= 80:
        return Check("low ports", OK, "can be published")
    return Check("low ports", NOTE, f"ports below {first} can't be published", _sysctl("net.ipv4.ip_unprivileged_port_start=0"))
