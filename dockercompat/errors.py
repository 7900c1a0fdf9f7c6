"""Every exception of the project. The class carries docker's exit status and HTTP status; nobody searches a message for words."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DockerError(Exception):
    """An answer of the engine that is an error.

    exit_status  what a command ends with when this reaches it (run maps statuses below 125 to 125)
    http_status  what the Engine API answers with
    prefixed     True: the command line writes docker's "Error response from daemon: " before it
    """

    exit_status = 1
    http_status = 500
    prefixed = True

    @property
    def line(self) -> str:
        """The sentence as the command line says it."""
        return f"Error response from daemon: {str(self).strip()}" if self.prefixed else str(self)

    def __str__(self) -> str:
        """The sentence; in an engine's, a byte of somebody's words that is no UTF-8 is U+FFFD, as on its way through JSON."""
        text = super().__str__()
        if not self.prefixed or text.isascii():
            return text
        return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


class ClientError(DockerError):
    """Found by the command line itself, before an engine was asked: printed without a prefix."""

    http_status = 400
    prefixed = False


class NotConnected(ClientError):
    """There is nobody at the address of another engine, or no way to it."""

    http_status = 500


class Bare(ClientError):
    """Said as it is and with its own status even by `run` and `create`, which decorate all other errors."""


class UsageError(ClientError):
    """The words of a command can't be parsed; usage names the command whose help is hinted at."""

    exit_status = 125

    def __init__(self, message: str, *, usage: str = "") -> None:
        super().__init__(message)
        self.usage = usage


class InvalidFlagValue(ClientError):
    """The value of a flag is malformed in a way that docker's client finds by itself."""

    exit_status = 125


class Canceled(ClientError):
    """Ctrl-C ended what was done; for a program that goes on otherwise."""


class StatusOnly(ClientError):
    """Everything has been said already; end with this status (the status of a container, `inspect` of a missing name)."""

    def __init__(self, exit_status: int) -> None:
        super().__init__("")
        self.exit_status = exit_status


class InvalidParameter(DockerError):
    http_status = 400


class Unauthorized(DockerError):
    http_status = 401


class Forbidden(DockerError):
    http_status = 403


class NotFound(DockerError):
    http_status = 404


class Conflict(DockerError):
    http_status = 409


class NotImplementedHere(DockerError):
    """What a rootless engine without a daemon refuses, in the words of an engine in that situation."""

    http_status = 501


class Unavailable(DockerError):
    """A registry, a network or a service does not answer: an error of the engine's own (500), as docker has it."""


class NoManager(Unavailable):
    """No manager of a swarm answers."""

    http_status = 503


class NoSuchContainer(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such container: {ref}")
        self.ref = ref


class NoSuchImage(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No such image: {ref}")
        self.ref = ref


class NoSuchNetwork(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"network {ref} not found")
        self.ref = ref


class NoSuchVolume(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f"get {ref}: no such volume")
        self.ref = ref


class AmbiguousId(InvalidParameter):
    """A prefix fits several objects (kind: container, image, network)."""

    def __init__(self, prefix: str) -> None:
        super().__init__(f"multiple IDs found with provided prefix: {prefix}")
        self.prefix = prefix


class CommandNotFound(InvalidParameter):
    """The program of a container does not exist in it."""

    exit_status = 127


class CommandNotExecutable(InvalidParameter):
    """The program of a container may not be executed."""

    exit_status = 126


class DeviceMissing(DockerError):
    """What --device names is no device of this host."""

    exit_status = 127

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f'error gathering device information while adding custom device "{path}": {reason}')
        if reason == "not a device node":
            self.exit_status = 1


class InvalidReference(InvalidParameter):
    """A text is no image reference (distribution/reference grammar); docker's client finds that, too, and keeps the bytes."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class InvalidLayer(DockerError):
    """A layer archive is damaged, or an entry would land outside its directory."""


class DigestMismatch(DockerError):
    """Received bytes are not those that the digest names."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"filesystem layer verification failed for digest {expected}: received {actual}")
        self.expected = expected
        self.actual = actual


class NoAnswer(Unavailable):
    """Somebody was asked and kept silent for as long as one waits."""


class HostLacks(DockerError):
    """This machine lacks something that a container needs.

    remedy  the one command that mends it, or "" when there is none
    """

    prefixed = False

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what}\nMend it with: {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy


class ToolFailed(DockerError):
    """A program that pydocker uses ended with a failure.

    stderr  its standard error, stripped
    status  its exit status, negative when a signal ended it
    """

    def __init__(self, argv: tuple[str, ...], status: int, stderr: str) -> None:
        super().__init__(f"{argv[0]} failed with status {status}: {stderr or 'it gave no reason'}")
        self.argv = argv
        self.status = status
        self.stderr = stderr


class KernelRefused(DockerError):
    """The kernel did not make a change of links, addresses, routes or rules.

    change  what was to be done, as a command that would do it
    number  errno
    """

    def __init__(self, change: str, number: int, reason: str) -> None:
        super().__init__(f"{change}: {reason}")
        self.change = change
        self.number = number


class DockerfileError(ClientError):
    """A Dockerfile can't be understood.

    lines     first and last line of the instruction, counted from 1; (0, 0) before a position is known
    findings  of the build checks, up to what failed
    classic   how the builder before BuildKit says it, "" in the same words
    """

    def __init__(self, message: str, lines: tuple[int, int] = (0, 0), *, classic: str = "") -> None:
        super().__init__(message)
        self.lines = lines
        self.classic = classic
        self.findings: tuple[Any, ...] = ()


class BuildFailed(ClientError):
    """A build ended without an image.

    lines     of the instruction that failed, (0, 0) when none did
    others    lines of instructions that have a part in it
    findings  of the build checks, up to what failed
    classic   how the builder before BuildKit says it, "" in the same words
    """

    def __init__(
        self, message: str, lines: tuple[int, int] = (0, 0), others: tuple[tuple[int, int], ...] = (), *, classic: str = ""
    ) -> None:
        super().__init__(message)
        self.lines = lines
        self.others = others
        self.classic = classic
        self.findings: tuple[Any, ...] = ()


class NoBaseImage(BuildFailed):
    """The image of a FROM is not to be had."""


class RunFailed(BuildFailed):
    """The command of a RUN ended with a status other than 0.

    args_text  the command as it stands between Go's quotes; status: its own
    """

    def __init__(self, args_text: str, status: int, lines: tuple[int, int] = (0, 0)) -> None:
        super().__init__(f'process "{args_text}" did not complete successfully: exit code: {status}', lines)
        self.args_text = args_text
        self.status = status


class HclError(ClientError):
    """A value or a call that HCL does not allow, in a sentence that does not say where.

    argument  the number of the argument that is to blame, -1: the call as a whole
    """

    def __init__(self, message: str, argument: int = -1) -> None:
        super().__init__(message)
        self.argument = argument


class BakeFailed(ClientError):
    """A bake definition that can't be used, in buildx's words.

    file, lines  what to show of which file; "" when the fault is in no line
    others       how many more faults there are that are not told
    """

    def __init__(self, message: str, file: str = "", lines: tuple[int, int] = (0, 0), others: int = 0) -> None:
        super().__init__(f"{message}, and {others} other diagnostic(s)" if others else message)
        self.message = message
        self.file = file
        self.lines = lines
        self.others = others

    def with_others(self, count: int) -> BakeFailed:
        return BakeFailed(self.message, self.file, self.lines, self.others + count)


class NetworkingFailed(DockerError):
    """A container can't be attached to its networks; cause is what stood in the way."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"failed to set up container networking: {cause}")
        self.cause = cause


class InvalidSubnet(InvalidParameter):
    """A text is no IPv4 network in CIDR form."""

    def __init__(self, text: str) -> None:
        super().__init__(f"invalid CIDR address: {text}")


class PoolsExhausted(InvalidParameter):
    """Every subnet of the default pools meets a route of the host or another network."""

    def __init__(self) -> None:
        super().__init__("all predefined address pools have been fully subnetted")


class NoFreeAddress(InvalidParameter):
    """Every address of a network is leased; network: its name and id, as docker shows them."""

    def __init__(self, family: str = "IPv4", network: str = "") -> None:
        super().__init__(f"no available {family} addresses on this network's address pools" + (f": {network}" if network else ""))


class NotReachable(DockerError):
    """A container's ports can't be published."""

    def __init__(self, name: str, endpoint_id: str, problem: str) -> None:
        super().__init__(f"driver failed programming external connectivity on endpoint {name} ({endpoint_id}): {problem}")


class VolumeUpdateUnavailable(Unavailable):
    http_status = 503

    def __init__(self) -> None:
        super().__init__("volume update only valid for cluster volumes, but swarm is unavailable")


class NotASwarmManager(Unavailable):
    """What an engine outside a swarm says to all that only a swarm's manager can do."""

    http_status = 503

    def __init__(self) -> None:
        super().__init__(
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
        )


class NotInSwarm(Unavailable):
    http_status = 503

    def __init__(self) -> None:
        super().__init__("This node is not part of a swarm")


class NoSuchPlugin(NotFound):
    def __init__(self, ref: str) -> None:
        super().__init__(f'plugin "{ref}" not found')
        self.ref = ref


class NoSuchObject(ClientError):
    """`inspect` without a kind found nothing of this name."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Error: No such object: {ref}")
        self.ref = ref


class InvalidTemplate(ClientError):
    """A --format is no template; the command ends before it asks the engine."""

    exit_status = 64


def sentence(error: BaseException) -> str:
    """An error as people read it; the system's own as Go's programs tell them: "/a/b: permission denied"."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    name = error.filename
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape")
    return f"{name}: {error.strerror.lower()}" if isinstance(name, str) else error.strerror.lower()


class InvalidProject(ClientError):
    """What is wrong with a compose project, in docker compose's words."""
