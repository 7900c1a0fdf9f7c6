"""What a container's mounts come down to: -v, --mount, --volumes-from and the image's volumes as docker's mount points.

An entry of the `mounts` column has inspect's members (Type, Name, Source, Destination, Driver, Mode, RW, Propagation) and,
where they say something, members of our own, which inspect leaves out:

    Options                 of a tmpfs: what mount(8) takes, separated by blanks
    NonRecursive            of a bind: submounts stay out
    ReadOnlyForceRecursive  of a bind: submounts are read-only too
    SourcePath              of a volume or image of which only a part is mounted: that part
    ImageId                 of an image
    NoCopy                  of a volume: it is not filled from the image
    CreateSource            of a bind: a missing source directory is made
"""

from __future__ import annotations

import os
from posixpath import normpath

from dockercompat.engine.container import api_socket, state
from dockercompat.errors import CommandNotFound, DockerError, InvalidParameter, NoSuchContainer, NotImplementedHere
from dockercompat.kernel.mountinfo import find_mount
from dockercompat.record import Record
from dockercompat.runtime.crun import CREATE_PREFIX, NOT_A_DIRECTORY_ADVICE, RuntimeFailed
from dockercompat.spec import mount as grammar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


class WantedVolume(Record):
    """A volume that must exist before the container is complete."""

    name: str
    anonymous: bool
    driver: str
    options: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]


class Plan(Record):
    """points: entries as above, the Source of a volume still ""; volumes: those to make or find."""

    points: tuple[dict[str, Any], ...]
    volumes: tuple[WantedVolume, ...]


def plan(engine: Engine, config: dict[str, Any], host_config: dict[str, Any]) -> Plan:
    """Work out the mount points; nothing is made yet.

    Raises  InvalidParameter and others in docker's words
    """
    points: dict[str, dict[str, Any]] = {}
    volumes: list[WantedVolume] = []
    for text in host_config["VolumesFrom"] or ():
        _add_volumes_from(engine, text, points, volumes)
    chosen: set[str] = {normpath(path) for path in host_config.get("Tmpfs") or {}}
    for text in host_config["Binds"] or ():
        try:
            spec, mode = grammar.parse_bind(text, host_config["VolumeDriver"])
        except InvalidParameter as error:
            raise DockerError(str(error)) from None
        point = _point(spec, mode, volumes, create_source=True)
        _put(point, points, chosen)
    chosen -= {normpath(path) for path in host_config.get("Tmpfs") or {}}  # where --mount names the place too, the tmpfs is mounted
    for spec in host_config.get("Mounts") or ():
        if spec["Type"] == "bind" and not api_socket.is_engines(engine, normpath(spec["Source"])):
            _check_bind_source(spec)
        if spec["Type"] == "image":
            _put(_image_point(engine, spec), points, chosen)
            continue
        point = _point(spec, "", volumes, create_source=bool((spec.get("BindOptions") or {}).get("CreateMountpoint")))
        _put(point, points, chosen)
    for target in config.get("Volumes") or {}:
        destination = normpath(target)
        if destination not in points and destination not in chosen:
            point = _point({"Type": "volume", "Target": target, "VolumeOptions": _driver(host_config)}, "", volumes, create_source=False)
            point["Mode"] = ""
            points[destination] = point
    return Plan(tuple(points.values()), tuple(volumes))


def _driver(host_config: dict[str, Any]) -> dict[str, Any]:
    return {"DriverConfig": {"Name": host_config["VolumeDriver"]}} if host_config["VolumeDriver"] else {}


def _put(point: dict[str, Any], points: dict[str, dict[str, Any]], chosen: set[str]) -> None:
    destination = point["Destination"]
    if destination in chosen:
        raise InvalidParameter(f"Duplicate mount point: {destination}")
    chosen.add(destination)
    points[destination] = point


def _add_volumes_from(engine: Engine, text: str, points: dict[str, dict[str, Any]], volumes: list[WantedVolume]) -> None:
    ref, mode = grammar.parse_volumes_from(text)
    if not ref:
        raise InvalidParameter('invalid name or ID supplied: ""')
    read_only = "ro" in mode.split(",")
    try:
        brought = state.another(engine, ref).mounts
    except NoSuchContainer as error:
        raise InvalidParameter(str(error)) from None
    for entry in brought:
        point = {**entry, "Mode": "", "RW": entry["RW"] and not read_only}
        if point["Type"] == "volume":
            point["NoCopy"] = True  # it is filled for the one who brought it
        points[point["Destination"]] = point
        if point["Type"] == "volume":
            volumes.append(WantedVolume(point["Name"], False, point["Driver"], (), ()))


def _point(spec: dict[str, Any], mode: str, volumes: list[WantedVolume], *, create_source: bool) -> dict[str, Any]:
    point: dict[str, Any] = {"Type": spec["Type"]}
    destination, writable = normpath(spec["Target"]), not spec.get("ReadOnly")
    match spec["Type"]:
        case "bind":
            options = spec.get("BindOptions") or {}
            point |= {
                "Source": normpath(spec["Source"]),
                "Destination": destination,
                "Mode": mode,
                "RW": writable,
                "Propagation": options.get("Propagation") or "rprivate",
            }
            point |= {name: True for name in ("NonRecursive", "ReadOnlyForceRecursive") if options.get(name)}
            if create_source:
                point["CreateSource"] = True
        case "volume":
            options = spec.get("VolumeOptions") or {}
            driver = options.get("DriverConfig") or {}
            name = spec.get("Source") or os.urandom(32).hex()
            kind = driver.get("Name") or "local"
            volumes.append(
                WantedVolume(
                    name,
                    not spec.get("Source"),
                    kind,
                    tuple((driver.get("Options") or {}).items()),
                    tuple((options.get("Labels") or {}).items()),
                )
            )
            point |= {
                "Name": name,
                "Source": "",
                "Destination": destination,
                "Driver": kind,
                "Mode": mode or "z",
                "RW": writable,
                "Propagation": "",
            }
            if options.get("NoCopy"):
                point["NoCopy"] = True
            if options.get("Subpath"):
                point["SourcePath"] = options["Subpath"]
        case "tmpfs":
            point |= {"Source": "", "Destination": destination, "Mode": "", "RW": writable, "Propagation": ""}
            point["Options"] = _tmpfs_options(spec)
        case kind:
            raise NotImplementedHere(f"mounts of type {kind} are not supported by this engine")
    return point


def _image_point(engine: Engine, spec: dict[str, Any]) -> dict[str, Any]:
    from dockercompat.engine.image import store as images

    image = images.find(engine, spec["Source"])
    point: dict[str, Any] = {
        "Type": "image",
        "Name": spec["Source"],
        "Source": "",
        "Destination": normpath(spec["Target"]),
        "Mode": "",
        "RW": False,
        "Propagation": "rprivate",
        "ImageId": image.id,
    }
    subpath = (spec.get("ImageOptions") or {}).get("Subpath")
    if subpath:
        point["SourcePath"] = subpath
    return point


def place_images(points: list[dict[str, Any]], container_dir: str) -> None:
    """Say where the images of a new container are to be mounted: beside what it has changed itself."""
    for number, point in enumerate(points):
        if point["Type"] == "image":
            point["Source"] = f"{container_dir}/images/{number}/view"
            if "SourcePath" in point:
                point["SourcePath"] = f"{point['Source']}/{point['SourcePath']}"


def _tmpfs_options(spec: dict[str, Any]) -> str:
    options = spec.get("TmpfsOptions") or {}
    words = ["noexec", "nosuid", "nodev"]
    if spec.get("ReadOnly"):
        words.append("ro")
    if options.get("Mode"):
        words.append(f"mode={options['Mode']:o}")
    if options.get("SizeBytes"):
        words.append(f"size={options['SizeBytes']}")
    return " ".join(words)


def _check_bind_source(spec: dict[str, Any]) -> None:
    options = spec.get("BindOptions") or {}
    if not os.path.exists(spec["Source"]) and not options.get("CreateMountpoint"):
        raise InvalidParameter(f'invalid mount config for type "bind": bind source path does not exist: {spec["Source"]}')


def make_sources(engine: Engine, points: list[dict[str, Any]]) -> None:
    """Make the missing directories that -v names on the host, and see what their mounts pass on; done at each start.

    Raises  DockerError where one can't be made, and for a volume in place of the whole file system
    """
    rootfs_dir = engine.paths.rootfs_dir
    for point in points:
        if point["Destination"] == "/":
            raise DockerError(
                f'{CREATE_PREFIX}error mounting "{point["Source"]}" to rootfs at "/":'
                f' create mountpoint for / mount: mountpoint "{rootfs_dir}" is on the top of rootfs "{rootfs_dir}"'
            )
        if point["Destination"] == "/proc" or point["Destination"].startswith("/proc/"):
            _check_proc(point, rootfs_dir)
        if point["Type"] == "bind" and point["Propagation"].endswith(("shared", "slave")):
            _check_propagation(point)
        if not point.get("CreateSource") or os.path.exists(point["Source"]) or api_socket.is_engines(engine, point["Source"]):
            continue
        try:
            os.makedirs(point["Source"], 0o755, exist_ok=True)
        except NotADirectoryError:
            raise RuntimeFailed(
                f"{CREATE_PREFIX}failed to fulfil mount request: open {point['Source']}: not a directory: {NOT_A_DIRECTORY_ADVICE}"
            ) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DockerError(f"error while creating mount source path '{point['Source']}': mkdir {error.filename}: {reason}") from None


def _check_propagation(point: dict[str, Any]) -> None:
    """Raises DockerError where the mount that holds a bind's source passes on no mounts the way that is asked for.

    The process is in the holder's mount namespace. There the host's shared mounts are slaves: its mounts come in, none gets out.
    """
    path = os.path.realpath(point["Source"])
    found = find_mount(path)
    if "shared" in found.passes_on or (point["Propagation"].endswith("slave") and "master" in found.passes_on):
        return
    kind = "shared" if point["Propagation"].endswith("shared") else "shared or slave"
    raise DockerError(f"path {path} is mounted on {found.path} but it is not a {kind} mount")


_IN_PROC = frozenset(
    f"/proc/{name}"
    for name in (
        *("cpuinfo", "diskstats", "loadavg", "meminfo", "net/dev", "slabinfo", "stat", "swaps", "uptime"),
        *("sys/kernel/ns_last_pid", "sys/crypto/fips_enabled"),
    )
)


def _check_proc(point: dict[str, Any], rootfs_dir: str) -> None:
    """Raises DockerError for what docker's runtime lets nobody mount over the kernel's own files."""
    target = point["Destination"]
    if target in _IN_PROC:
        return
    if not os.path.lexists(target):  # the kernel makes no directory there
        raise CommandNotFound(
            f'{CREATE_PREFIX}error mounting "{point["Source"] or point["Type"]}" to rootfs at "{target}": create mountpoint for {target}'
            f' mount: make mountpoint "{target}": mkdirat {rootfs_dir}{target}: no such file or directory'
        )
    reason = "it is inside /proc"
    if target == "/proc":
        if point["Type"] == "bind" and find_mount(os.path.realpath(point["Source"])).fs_type == "proc":
            return
        reason = "it is not of type proc"
    raise RuntimeFailed(
        f'{CREATE_PREFIX}error mounting "{point["Source"] or point["Type"]}" to rootfs at "{target}": create mountpoint for {target} mount:'
        f' check proc-safety of {target} mount: "{rootfs_dir}{target}" cannot be mounted because {reason}'
    )
