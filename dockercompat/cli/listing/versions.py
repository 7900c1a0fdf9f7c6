"""`docker version` and `docker info` for people: a client, a server, a line a fact."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def version_lines(client: dict[str, Any], server: dict[str, Any] | None) -> list[str]:
    """Client and server as the API's Version has them; an empty line stands between the two. server: None when it does not answer."""
    lines = ["Client:"]
    for title, value in (
        ("Version", client["Version"]),
        ("API version", client["ApiVersion"]),
        ("Go version", client["GoVersion"]),
        ("Git commit", client["GitCommit"]),
        ("Built", client["BuildTime"]),
        ("OS/Arch", f"{client['Os']}/{client['Arch']}"),
        ("Context", client["Context"]),
    ):
        lines.append(f" {title + ':':<18} {value}")
    if server is None:
        return lines
    lines += ["", f"Server: {server['Platform']['Name']}"]
    for component in server["Components"]:
        lines.append(f" {component['Name']}:")
        details = component["Details"]
        if component["Name"] != "Engine":
            lines += [f"  {'Version:':<16}  {component['Version']}", f"  {'GitCommit:':<16}  {details['GitCommit']}"]
            continue
        for title, value in (
            ("Version", component["Version"]),
            ("API version", f"{details['ApiVersion']} (minimum version {details['MinAPIVersion']})"),
            ("Go version", details["GoVersion"]),
            ("Git commit", details["GitCommit"]),
            ("Built", details["BuildTime"]),
            ("OS/Arch", f"{details['Os']}/{details['Arch']}"),
            ("Experimental", details["Experimental"]),
        ):
            lines.append(f"  {title + ':':<16}  {value}")
    return lines


def info_lines(found: dict[str, Any] | None, client: dict[str, Any]) -> list[str]:
    """found is the API's SystemInfo, client its ClientInfo; an empty line stands between client and server, and at the end.

    found  None when the server does not answer
    """
    from dockercompat.spec.size import bytes_size

    lines = ["Client:", f" Version:    {client['Version']}", f" Context:    {client['Context']}", f" Debug Mode: {_truth(client['Debug'])}"]
    usable = [plugin for plugin in client["Plugins"] if "Err" not in plugin]
    if usable:
        lines.append(" Plugins:")
    for plugin in usable:
        lines.append(f"  {plugin['Name']}: {plugin.get('ShortDescription', '')} ({plugin['Vendor']})")
        lines += [f"    {key + ':':<9} {plugin[key]}" for key in ("Version", "Path") if key in plugin]
    lines += ["", "Server:"]
    if found is None:
        return lines
    lines += [
        f" Containers: {found['Containers']}",
        f"  Running: {found['ContainersRunning']}",
        f"  Paused: {found['ContainersPaused']}",
        f"  Stopped: {found['ContainersStopped']}",
        f" Images: {found['Images']}",
        f" Server Version: {found['ServerVersion']}",
        f" Storage Driver: {found['Driver']}",
    ]
    lines += [f"  {name}: {value}" for name, value in found["DriverStatus"]]
    lines += [
        f" Logging Driver: {found['LoggingDriver']}",
        f" Cgroup Driver: {found['CgroupDriver']}",
        f" Cgroup Version: {found['CgroupVersion']}",
        " Plugins:",
        f"  Volume: {' '.join(found['Plugins']['Volume'])}",
        f"  Network: {' '.join(found['Plugins']['Network'])}",
        f"  Log: {' '.join(found['Plugins']['Log'])}",
        *([" CDI spec directories:"] if found["CDISpecDirs"] else []),
        *(f"  {directory}" for directory in found["CDISpecDirs"]),
        f" Swarm: {found['Swarm']['LocalNodeState']}",
        f" Runtimes: {' '.join(found['Runtimes'])}",
        f" Default Runtime: {found['DefaultRuntime']}",
        f" Init Binary: {found['InitBinary']}",
        f" containerd version: {found['ContainerdCommit']['ID']}",
        f" runc version: {found['RuncCommit']['ID']}",
        f" init version: {found['InitCommit']['ID']}",
        " Security Options:",
    ]
    for option in found["SecurityOptions"]:
        name, *details = option.split(",")
        lines.append(f"  {name.removeprefix('name=')}")
        for detail in details:
            key, _, value = detail.partition("=")
            lines.append(f"   {key.capitalize()}: {value}")
    lines += [
        f" Kernel Version: {found['KernelVersion']}",
        f" Operating System: {found['OperatingSystem']}",
        f" OSType: {found['OSType']}",
        f" Architecture: {found['Architecture']}",
        f" CPUs: {found['NCPU']}",
        f" Total Memory: {bytes_size(found['MemTotal'])}",
        f" Name: {found['Name']}",
        f" ID: {found['ID']}",
        f" Docker Root Dir: {found['DockerRootDir']}",
        f" Debug Mode: {_truth(found['Debug'])}",
        f" Experimental: {_truth(found['ExperimentalBuild'])}",
        " Insecure Registries:",
    ]
    registries = found["RegistryConfig"]
    lines += [f"  {name}" for name, index in sorted(registries["IndexConfigs"].items()) if not index["Secure"]]
    lines += [f"  {network}" for network in registries["InsecureRegistryCIDRs"]]
    if registries["Mirrors"]:
        lines += [" Registry Mirrors:", *(f"  {mirror}" for mirror in registries["Mirrors"])]
    lines.append(f" Live Restore Enabled: {_truth(found['LiveRestoreEnabled'])}")
    if found.get("DefaultAddressPools"):
        lines.append(" Default Address Pools:")
        lines += [f"   Base: {pool['Base']}, Size: {pool['Size']}" for pool in found["DefaultAddressPools"]]
    return [*lines, ""]


def _truth(value: object) -> str:
    return "true" if value else "false"
