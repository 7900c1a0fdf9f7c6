"""The user's network namespace: made on first need, pinned by a bind mount in the holder's mount namespace, entered by programs.

Every function here needs a process that has joined the holder. The pin is a file of the runtime directory; outside the
holder's mount namespace that file is empty.
"""

from __future__ import annotations

import fcntl
import os

from dockercompat.errors import InvalidParameter, KernelRefused, ToolFailed
from dockercompat.host import run
from dockercompat.kernel import netns as namespaces
from dockercompat.kernel import syscall
from dockercompat.kernel.rtnetlink import GROUP_LINK, DeleteLink, SetUp, Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from dockercompat.kernel.rtnetlink import Change

_NS_GET_NSTYPE = 0xB703
_WHERE_THERE_IS = (  # a kernel may lack IPv6 and br_netfilter
    ("ipv4/conf/all/send_redirects", "0"),  # who is kept from others is not to be told where they are
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv6/conf/default/accept_ra", "0"),  # a container is no router of ours
    ("bridge/bridge-nf-call-iptables", "0"),  # bridged packets are none of the rules' business
    ("bridge/bridge-nf-call-ip6tables", "0"),
)
_FIRST_FD = 64  # descriptors of namespaces are above those that programs are handed (run.spawn's keep_fds), which take their numbers first


def pin_path(run_dir: str) -> str:
    return f"{run_dir}/netns"


def open_pin(run_dir: str) -> int:
    """A descriptor of the user's network namespace, or -1 when there is none."""
    return _open_namespace(pin_path(run_dir))


def _open_namespace(path: str) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        if fcntl.ioctl(fd, _NS_GET_NSTYPE) == syscall.CLONE_NEWNET:
            return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD)
    except OSError:  # an ordinary file: nothing is mounted on it
        pass
    finally:
        os.close(fd)
    return -1


def make(run_dir: str, changes: Iterable[Change], ruleset: str, sysctls: Iterable[tuple[str, str]] = ()) -> int:
    """Make the namespace, set it up, pin it; a descriptor of it. The caller holds the network lock.

    changes  the bridges and what else is to be there
    ruleset  for `nft -f -`
    sysctls  (file under /proc/sys, value) pairs to be written at the end
    """
    pin = pin_path(run_dir)
    os.close(os.open(pin, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    made = namespaces.make(_forward)
    fd = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD)
    os.close(made)
    try:
        apply([SetUp("lo"), *changes], fd)
        nft(ruleset, fd)
        apply((), fd, sysctls=sysctls)
        syscall.mount(f"/proc/self/fd/{fd}", pin, None, syscall.MS_BIND)  # complete: now others may find it
    except BaseException:
        os.close(fd)
        raise
    return fd


def _forward() -> None:
    """Let the network namespace of this process pass packets on."""
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="utf-8") as file:
        file.write("1")
    for path, value in _WHERE_THERE_IS:
        try:
            with open(f"/proc/sys/net/{path}", "w", encoding="utf-8") as file:
                file.write(value)
        except OSError:
            pass


def forward_everywhere(netns_fd: int) -> None:
    """In a namespace that an earlier version made: forward all that today's does."""
    namespaces.within(netns_fd, _forward)


def adopt(run_dir: str, processes: Iterable[int]) -> int:
    """Find the namespace again through processes whose mount namespace still has the pin, and pin it anew; -1 when none has.

    processes  pids of monitors of running containers
    """
    pin = pin_path(run_dir)
    for pid in processes:
        source = f"/proc/{pid}/root{pin}"
        fd = _open_namespace(source)
        if fd >= 0:
            try:
                syscall.mount(f"/proc/self/fd/{fd}", pin, None, syscall.MS_BIND)
            except OSError:  # a namespace of another user namespace than ours
                os.close(fd)
                continue
            return fd
    return -1


def release(run_dir: str) -> None:
    """Take the pin away; the namespace ends with its last process and helper (system reset)."""
    _unmount(pin_path(run_dir))


def _unmount(path: str) -> None:
    try:
        syscall.unmount(path, syscall.MNT_DETACH)
    except OSError:
        pass


def entering(netns_fd: int) -> Callable[[], None]:
    """For run.spawn's before_exec: the program runs in this network namespace."""
    return lambda: syscall.setns(netns_fd, syscall.CLONE_NEWNET)


def apply(changes: Sequence[Change], netns_fd: int, *, sysctls: Iterable[tuple[str, str]] = ()) -> None:
    """Make changes in a namespace, up to the first that fails.

    sysctls  (file under /proc/sys, value) pairs to be written before; those of IPv6 are passed over by a kernel without it
    Raises   KernelRefused; InvalidParameter for a sysctl that there is none of, or that does not take its value
    """
    pairs = [pair for pair in sysctls if has_ipv6() or not pair[0].startswith("net/ipv6/")]
    if pairs:
        namespaces.within(netns_fd, lambda: _write_sysctls(pairs))
    if changes:
        with Socket(netns_fd) as socket:
            socket.apply(changes)


def remove_links(names: Collection[str], netns_fd: int) -> None:
    """Delete links; returns when they are gone for everybody. What the kernel does afterwards takes 10 to 20 ms, which nobody waits for.

    Raises  KernelRefused for the first that can't be deleted
    """
    if not names:
        return
    _reap()
    with Socket(netns_fd, groups=GROUP_LINK) as news, Socket(netns_fd) as socket:
        try:
            awaited = {news.index(name) for name in names}
        except OSError as error:
            raise KernelRefused(f"ip link del {' '.join(names)}", error.errno or 0, error.strerror or "") from None
        child = os.fork()
        if child == 0:
            _remove_links(names, socket)
        _await_removal(child, news, awaited)


def _remove_links(names: Collection[str], socket: Socket) -> None:
    """In a child, which is still at it when its parent has gone on: it must not keep anybody's pipes and locks open."""
    status = 0
    try:
        null_fd = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null_fd, number)
        os.closerange(3, socket.fileno())
        os.closerange(socket.fileno() + 1, 4096)
        socket.apply(DeleteLink(name) for name in names)
    except KernelRefused as error:
        status = min(error.number, 255)
    except BaseException:
        status = 255
    finally:
        os._exit(status)


def _await_removal(child: int, news: Socket, awaited: set[int]) -> None:
    import select

    child_fd = os.pidfd_open(child)
    try:
        poller = select.poll()
        for fd in (child_fd, news.fileno()):
            poller.register(fd, select.POLLIN)
        while awaited:
            ready = [fd for fd, _ in poller.poll()]
            if child_fd in ready:
                number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                if number:
                    raise KernelRefused("ip link del", number, os.strerror(number))
                return
            try:
                awaited -= news.gone()
            except OSError:  # some of the news was lost: the child's end tells
                poller.unregister(news.fileno())
        _left.append(child)
    finally:
        os.close(child_fd)


def _write_sysctls(pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        path = f"/proc/sys/{name}"
        if not os.path.isfile(path):
            raise InvalidParameter(f"failed to add interface to sandbox: {path} is not a sysctl file")
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(value)
        except OSError as error:
            raise InvalidParameter(f"failed to add interface to sandbox: write {path}: {(error.strerror or '').lower()}") from None


def nft(lines: str, netns_fd: int) -> None:
    """Run lines through one `nft -f -`, all or none of them, in a namespace."""
    if lines:
        run.run(["nft", "-f", "-"], stdin=lines.encode(), before_exec=entering(netns_fd))


def has_ipv6() -> bool:
    """Whether this kernel speaks IPv6."""
    return os.path.isdir("/proc/sys/net/ipv6")


_left: list[int] = []  # programs that nobody waits for; the next job gives their remains back


def _reap() -> None:
    for process_id in _left[:]:
        try:
            if os.waitpid(process_id, os.WNOHANG)[0]:
                _left.remove(process_id)
        except ChildProcessError:
            _left.remove(process_id)


class Job:
    """A program started in a namespace, to be awaited later: several run side by side.

    keep_fd  a descriptor that stays open as long as the program runs (a lock), -1 for none
    """

    def __init__(self, argv: list[str], lines: str, netns_fd: int, keep_fd: int = -1) -> None:
        _reap()
        self.argv = argv
        stdin_fd = os.memfd_create("stdin")
        os.write(stdin_fd, lines.encode())
        os.lseek(stdin_fd, 0, os.SEEK_SET)
        self._output_fd = os.memfd_create("output")
        kept = {keep_fd: 3} if keep_fd >= 0 else None
        self._pid = run.spawn(
            argv, stdin_fd=stdin_fd, stdout_fd=self._output_fd, stderr_fd=self._output_fd, keep_fds=kept, before_exec=entering(netns_fd)
        )
        os.close(stdin_fd)

    def wait(self) -> None:
        """Raises ToolFailed when the program failed."""
        status = run.wait(self._pid)
        message = os.pread(self._output_fd, 65536, 0).decode(errors="replace").strip()
        os.close(self._output_fd)
        if status:
            raise ToolFailed(tuple(self.argv), status, message)

    def leave(self) -> None:
        """Let it run on; nobody asks how it ends."""
        os.close(self._output_fd)
        _left.append(self._pid)


def nft_job(lines: str, netns_fd: int, keep_fd: int = -1) -> Job:
    return Job(["nft", "-f", "-"], lines, netns_fd, keep_fd)
