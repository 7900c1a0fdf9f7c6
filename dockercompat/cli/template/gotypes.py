"""The Go types of docker's client that templates see: which fields exist, how they print, what they can be compared with.

A line is a struct: its name, a colon, its members. A member is NAME TYPE; its JSON key follows after "=" where it differs from
the name; "+" marks an embedded one, "?" one that JSON leaves out when it is empty. Types are built when something asks for them.
"""

from __future__ import annotations

from dockercompat.cli.template.values import (
    ANY,
    BOOL,
    FLOAT64,
    INT,
    INT32,
    INT64,
    STRING,
    UINT8,
    UINT64,
    FieldType,
    Type,
)
from dockercompat.spec import clock, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STRUCTS = """
container.InspectResponse: +ContainerJSONBase *container.ContainerJSONBase; Mounts []container.MountPoint; Config *container.Config; NetworkSettings *container.NetworkSettings; ImageManifestDescriptor? *v1.Descriptor
container.ContainerJSONBase: ID=Id string; Created string; Path string; Args []string; State *container.State; Image string; ResolvConfPath string; HostnamePath string; HostsPath string; LogPath string; Name string; RestartCount int; Driver string; Platform string; MountLabel string; ProcessLabel string; AppArmorProfile string; ExecIDs []string; HostConfig *container.HostConfig; GraphDriver storage.DriverData; SizeRw? *int64; SizeRootFs? *int64
container.State: Status string; Running bool; Paused bool; Restarting bool; OOMKilled bool; Dead bool; Pid int; ExitCode int; Error string; StartedAt string; FinishedAt string; Health? *container.Health
container.Health: Status string; FailingStreak int; Log []*container.HealthcheckResult
container.HealthcheckResult: Start time.Time; End time.Time; ExitCode int; Output string
container.MountPoint: Type? mount.Type; Name? string; Source string; Destination string; Driver? string; Mode string; RW bool; Propagation mount.Propagation
container.Config: Hostname string; Domainname string; User string; AttachStdin bool; AttachStdout bool; AttachStderr bool; ExposedPorts? nat.PortSet; Tty bool; OpenStdin bool; StdinOnce bool; Env []string; Cmd strslice.StrSlice; Healthcheck? *v1.HealthcheckConfig; ArgsEscaped? bool; Image string; Volumes map[string]struct {}; WorkingDir string; Entrypoint strslice.StrSlice; NetworkDisabled? bool; MacAddress? string; OnBuild []string; Labels map[string]string; StopSignal? string; StopTimeout? *int; Shell? strslice.StrSlice
v1.HealthcheckConfig: Test? []string; Interval? time.Duration; Timeout? time.Duration; StartPeriod? time.Duration; StartInterval? time.Duration; Retries? int
container.NetworkSettings: +NetworkSettingsBase container.NetworkSettingsBase; +DefaultNetworkSettings container.DefaultNetworkSettings; Networks map[string]*network.EndpointSettings
container.NetworkSettingsBase: Bridge string; SandboxID string; SandboxKey string; Ports nat.PortMap; HairpinMode bool; LinkLocalIPv6Address string; LinkLocalIPv6PrefixLen int; SecondaryIPAddresses []network.Address; SecondaryIPv6Addresses []network.Address
container.DefaultNetworkSettings: EndpointID string; Gateway string; GlobalIPv6Address string; GlobalIPv6PrefixLen int; IPAddress string; IPPrefixLen int; IPv6Gateway string; MacAddress string
network.Address: Addr string; PrefixLen int
network.EndpointSettings: IPAMConfig *network.EndpointIPAMConfig; Links []string; Aliases []string; MacAddress string; DriverOpts map[string]string; GwPriority int; NetworkID string; EndpointID string; Gateway string; IPAddress string; IPPrefixLen int; IPv6Gateway string; GlobalIPv6Address string; GlobalIPv6PrefixLen int; DNSNames []string
network.EndpointIPAMConfig: IPv4Address? string; IPv6Address? string; LinkLocalIPs? []string
nat.PortBinding: HostIP=HostIp string; HostPort string
v1.Descriptor: MediaType=mediaType string; Digest=digest digest.Digest; Size=size int64; URLs=urls? []string; Annotations=annotations? map[string]string; Data=data? []uint8; Platform=platform? *v1.Platform; ArtifactType=artifactType? string
v1.Platform: Architecture=architecture string; OS=os string; OSVersion=os.version? string; OSFeatures=os.features? []string; Variant=variant? string
storage.DriverData: Data map[string]string; Name string
container.HostConfig: Binds []string; ContainerIDFile string; LogConfig container.LogConfig; NetworkMode container.NetworkMode; PortBindings nat.PortMap; RestartPolicy container.RestartPolicy; AutoRemove bool; VolumeDriver string; VolumesFrom []string; ConsoleSize [2]uint; Annotations? map[string]string; CapAdd strslice.StrSlice; CapDrop strslice.StrSlice; CgroupnsMode container.CgroupnsMode; DNS=Dns []string; DNSOptions=DnsOptions []string; DNSSearch=DnsSearch []string; ExtraHosts []string; GroupAdd []string; IpcMode container.IpcMode; Cgroup container.CgroupSpec; Links []string; OomScoreAdj int; PidMode container.PidMode; Privileged bool; PublishAllPorts bool; ReadonlyRootfs bool; SecurityOpt []string; StorageOpt? map[string]string; Tmpfs? map[string]string; UTSMode container.UTSMode; UsernsMode container.UsernsMode; ShmSize int64; Sysctls? map[string]string; Runtime? string; Isolation container.Isolation; +Resources container.Resources; Mounts? []mount.Mount; MaskedPaths []string; ReadonlyPaths []string; Init? *bool
container.LogConfig: Type string; Config map[string]string
container.RestartPolicy: Name container.RestartPolicyMode; MaximumRetryCount int
container.Resources: CPUShares=CpuShares int64; Memory int64; NanoCPUs=NanoCpus int64; CgroupParent string; BlkioWeight uint16; BlkioWeightDevice []*blkiodev.WeightDevice; BlkioDeviceReadBps []*blkiodev.ThrottleDevice; BlkioDeviceWriteBps []*blkiodev.ThrottleDevice; BlkioDeviceReadIOps []*blkiodev.ThrottleDevice; BlkioDeviceWriteIOps []*blkiodev.ThrottleDevice; CPUPeriod=CpuPeriod int64; CPUQuota=CpuQuota int64; CPURealtimePeriod=CpuRealtimePeriod int64; CPURealtimeRuntime=CpuRealtimeRuntime int64; CpusetCpus string; CpusetMems string; Devices []container.DeviceMapping; DeviceCgroupRules []string; DeviceRequests []container.DeviceRequest; KernelMemory? int64; KernelMemoryTCP? int64; MemoryReservation int64; MemorySwap int64; MemorySwappiness *int64; OomKillDisable *bool; PidsLimit *int64; Ulimits []*units.Ulimit; CPUCount=CpuCount int64; CPUPercent=CpuPercent int64; IOMaximumIOps uint64; IOMaximumBandwidth uint64
blkiodev.WeightDevice: Path string; Weight uint16
blkiodev.ThrottleDevice: Path string; Rate uint64
units.Ulimit: Name string; Hard int64; Soft int64
container.DeviceMapping: PathOnHost string; PathInContainer string; CgroupPermissions string
container.DeviceRequest: Driver string; Count int; DeviceIDs []string; Capabilities [][]string; Options map[string]string
mount.Mount: Type? mount.Type; Source? string; Target? string; ReadOnly? bool; Consistency? mount.Consistency; BindOptions? *mount.BindOptions; VolumeOptions? *mount.VolumeOptions; ImageOptions? *mount.ImageOptions; TmpfsOptions? *mount.TmpfsOptions; ClusterOptions? *mount.ClusterOptions
mount.BindOptions: Propagation? mount.Propagation; NonRecursive? bool; CreateMountpoint? bool; ReadOnlyNonRecursive? bool; ReadOnlyForceRecursive? bool
mount.VolumeOptions: NoCopy? bool; Labels? map[string]string; Subpath? string; DriverConfig? *mount.Driver
mount.Driver: Name? string; Options? map[string]string
mount.ImageOptions: Subpath? string
mount.TmpfsOptions: SizeBytes? int64; Mode? fs.FileMode; Options? [][]string
mount.ClusterOptions:
image.InspectResponse: ID=Id string; RepoTags []string; RepoDigests []string; Parent string; Comment string; Created? string; Container? string; ContainerConfig? *container.Config; DockerVersion string; Author string; Config *v1.DockerOCIImageConfig; Architecture string; Variant? string; Os string; OsVersion? string; Size int64; VirtualSize? int64; GraphDriver storage.DriverData; RootFS image.RootFS; Metadata image.Metadata; Descriptor? *v1.Descriptor; Manifests? []image.ManifestSummary
image.RootFS: Type? string; Layers? []string
image.Metadata: LastTagTime time.Time
image.ManifestSummary: ID string; Descriptor v1.Descriptor; Available bool
v1.DockerOCIImageConfig: +ImageConfig v1.ImageConfig; +DockerOCIImageConfigExt v1.DockerOCIImageConfigExt
v1.ImageConfig: User? string; ExposedPorts? map[string]struct {}; Env? []string; Entrypoint? []string; Cmd? []string; Volumes? map[string]struct {}; WorkingDir? string; Labels? map[string]string; StopSignal? string; ArgsEscaped? bool
v1.DockerOCIImageConfigExt: Healthcheck? *v1.HealthcheckConfig; OnBuild? []string; Shell? []string
network.Inspect: Name string; ID=Id string; Created time.Time; Scope string; Driver string; EnableIPv4 bool; EnableIPv6 bool; IPAM network.IPAM; Internal bool; Attachable bool; Ingress bool; ConfigFrom network.ConfigReference; ConfigOnly bool; Containers map[string]network.EndpointResource; Options map[string]string; Labels map[string]string; Peers? []network.PeerInfo; Services? map[string]network.ServiceInfo
network.IPAM: Driver string; Options map[string]string; Config []network.IPAMConfig
network.IPAMConfig: Subnet? string; IPRange? string; Gateway? string; AuxAddress=AuxiliaryAddresses? map[string]string
network.ConfigReference: Network string
network.EndpointResource: Name string; EndpointID string; MacAddress string; IPv4Address string; IPv6Address string
network.PeerInfo: Name string; IP string
network.ServiceInfo: VIP string; Ports []string; LocalLBIndex int
volume.Volume: ClusterVolume? *volume.ClusterVolume; CreatedAt? string; Driver string; Labels map[string]string; Mountpoint string; Name string; Options map[string]string; Scope string; Status? map[string]interface {}; UsageData? *volume.UsageData
volume.ClusterVolume: ID string
volume.UsageData: RefCount int64; Size int64
events.Message: Status=status? string; ID=id? string; From=from? string; Type events.Type; Action events.Action; Actor events.Actor; Scope=scope? string; Time=time? int64; TimeNano=timeNano? int64
events.Actor: ID string; Attributes map[string]string
system.dockerInfo: +Info *system.Info; ServerErrors? []string; UserName? string; ClientInfo *system.clientInfo; ClientErrors? []string
system.Info: ID string; Containers int; ContainersRunning int; ContainersPaused int; ContainersStopped int; Images int; Driver string; DriverStatus [][2]string; SystemStatus? [][2]string; Plugins system.PluginsInfo; MemoryLimit bool; SwapLimit bool; KernelMemory? bool; KernelMemoryTCP? bool; CPUCfsPeriod=CpuCfsPeriod bool; CPUCfsQuota=CpuCfsQuota bool; CPUShares bool; CPUSet bool; PidsLimit bool; IPv4Forwarding bool; Debug bool; NFd int; OomKillDisable bool; NGoroutines int; SystemTime string; LoggingDriver string; CgroupDriver string; CgroupVersion? string; NEventsListener int; KernelVersion string; OperatingSystem string; OSVersion string; OSType string; Architecture string; IndexServerAddress string; RegistryConfig *registry.ServiceConfig; NCPU int; MemTotal int64; GenericResources []interface {}; DockerRootDir string; HTTPProxy=HttpProxy string; HTTPSProxy=HttpsProxy string; NoProxy string; Name string; Labels []string; ExperimentalBuild bool; ServerVersion string; Runtimes map[string]system.RuntimeWithStatus; DefaultRuntime string; Swarm swarm.Info; LiveRestoreEnabled bool; Isolation container.Isolation; InitBinary string; ContainerdCommit system.Commit; RuncCommit system.Commit; InitCommit system.Commit; SecurityOptions []string; ProductLicense? string; DefaultAddressPools? []system.NetworkAddressPool; FirewallBackend? *system.FirewallInfo; CDISpecDirs []string; DiscoveredDevices? []system.DeviceInfo; Containerd? *system.ContainerdInfo; Warnings []string
system.PluginsInfo: Volume []string; Network []string; Authorization []string; Log []string
system.RuntimeWithStatus: +Runtime system.Runtime; Status=status? map[string]string
system.Runtime: Path=path? string; Args=runtimeArgs? []string; Type=runtimeType? string; Options=options? map[string]interface {}
system.Commit: ID string; Expected? string
system.NetworkAddressPool: Base string; Size int
system.FirewallInfo: Driver string; Info? [][2]string
system.DeviceInfo: Source string; ID string
system.ContainerdInfo: Address? string; Namespaces system.ContainerdNamespaces
system.ContainerdNamespaces: Containers string; Plugins string
registry.ServiceConfig: AllowNondistributableArtifactsCIDRs? []string; AllowNondistributableArtifactsHostnames? []string; InsecureRegistryCIDRs []string; IndexConfigs map[string]*registry.IndexInfo; Mirrors []string; ExtraFields? map[string]interface {}
registry.IndexInfo: Name string; Mirrors []string; Secure bool; Official bool
swarm.Info: NodeID string; NodeAddr string; LocalNodeState swarm.LocalNodeState; ControlAvailable bool; Error string; RemoteManagers []swarm.Peer; Nodes? int; Managers? int; Cluster? *swarm.ClusterInfo; Warnings? []string
swarm.Peer: NodeID string; Addr string
swarm.ClusterInfo: ID string
system.clientInfo: Debug bool; +clientVersion system.clientVersion; Plugins []manager.Plugin; Warnings []string
manager.Plugin: SchemaVersion? string; Vendor? string; Version? string; ShortDescription? string; URL? string; Name? string; Path? string; Err? *string; ShadowedPaths? []string
system.clientVersion: Platform? *system.platformInfo; Version string; APIVersion=ApiVersion? string; DefaultAPIVersion string; GitCommit string; GoVersion string; Os string; Arch string; BuildTime string; Context string
system.platformInfo: Name string
system.versionInfo: Client system.clientVersion; Server *types.Version
types.Version: Platform struct { Name string }; Components []types.ComponentVersion; Version string; APIVersion=ApiVersion string; MinAPIVersion? string; GitCommit string; GoVersion string; Os string; Arch string; KernelVersion? string; Experimental? bool; BuildTime? string
struct { Name string }: Name string
types.ComponentVersion: Name string; Version string; Details map[string]string
context.contextWithTLSListing: +Metadata store.Metadata; TLSMaterial map[string]interface {}; Storage store.StorageInfo
store.Metadata: Name string; Metadata command.DockerContext; Endpoints map[string]interface {}
command.DockerContext: Description? string; AdditionalFields? map[string]interface {}
store.StorageInfo: MetadataPath string; TLSPath string
history.inspectOutput: Name? string; Ref string; Context? string; Dockerfile? string; Target? string; Platform? []string; StartedAt? *time.Time; CompletedAt? *time.Time; Duration time.Duration; Status string; Error? *history.errorOutput; NumCompletedSteps int32; NumTotalSteps int32; NumCachedSteps int32; BuildArgs? []history.keyValueOutput; Labels? []history.keyValueOutput; Config? history.configOutput; Attachments? []history.attachmentOutput
history.errorOutput: Code? int; Message? string
history.keyValueOutput: Name? string; Value? string
history.configOutput: ImageResolveMode? string
history.attachmentOutput: Digest string; Platform? string; Type? string
imagetools.tplInput: Name=name? string; Manifest=manifest? interface {}; Image=image? *v1.Image; Provenance? *imagetools.provenanceStub; SBOM? *imagetools.sbomStub
imagetools.tplInputs: Name=name? string; Manifest=manifest? interface {}; Image=image? map[string]*v1.Image; Provenance? map[string]imagetools.provenanceStub; SBOM? map[string]imagetools.sbomStub
imagetools.index: SchemaVersion=schemaVersion int; MediaType=mediaType? string; Digest=digest digest.Digest; Size=size int64; Manifests=manifests []v1.Descriptor; Annotations=annotations? map[string]string
imagetools.provenanceStub: SLSA? interface {}
imagetools.sbomStub: SPDX? interface {}; AdditionalSPDXs? []interface {}
v1.Image: Created=created? *time.Time; Author=author? string; +Platform v1.Platform; Config=config? v1.DockerOCIImageConfig; RootFS=rootfs v1.RootFS; History=history? []v1.History
v1.RootFS: Type=type string; DiffIDs=diff_ids []digest.Digest
v1.History: Created=created? *time.Time; CreatedBy=created_by? string; Author=author? string; Comment=comment? string; EmptyLayer=empty_layer? bool
struct {}:
"""  # noqa: E501 one struct, one line

_STRING_TYPES = frozenset(
    (
        "container.NetworkMode",
        "container.RestartPolicyMode",
        "container.IpcMode",
        "container.PidMode",
        "container.UTSMode",
        "container.UsernsMode",
        "container.CgroupnsMode",
        "container.Isolation",
        "container.CgroupSpec",
        "mount.Type",
        "mount.Propagation",
        "mount.Consistency",
        "nat.Port",
        "digest.Digest",
        "events.Type",
        "events.Action",
        "swarm.LocalNodeState",
    )
)

# What `inspect` of each kind, and the other commands with one document, execute their template on.
ROOTS = {
    "container": "container.InspectResponse",
    "image": "image.InspectResponse",
    "network": "network.Inspect",
    "volume": "volume.Volume",
    "event": "*events.Message",
    "info": "system.dockerInfo",
    "version": "system.versionInfo",
    "context": "context.contextWithTLSListing",
}


def _time_text(data: Any) -> str:
    return clock.go_string_of(data if isinstance(data, str) else "")


def _ulimit_text(data: Any) -> str:
    return f"{data.get('Name', '')}={data.get('Soft', 0)}:{data.get('Hard', 0)}"


def _device_text(data: Any) -> str:
    return f"{data.get('Path', '')}:{data.get('Weight', data.get('Rate', 0))}"


_POINTER_TEXTS = {"*units.Ulimit": _ulimit_text, "*blkiodev.WeightDevice": _device_text, "*blkiodev.ThrottleDevice": _device_text}


_known: dict[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "int64": INT64,
    "int32": INT32,
    "uint": Type("uint", "uint"),
    "uint8": UINT8,
    "uint16": Type("uint16", "uint"),
    "uint64": UINT64,
    "float64": FLOAT64,
    "string": STRING,
    "interface {}": ANY,
    "fs.FileMode": Type("fs.FileMode", "uint"),
    "time.Duration": Type("time.Duration", "int", text=duration.format),
    "time.Time": Type("time.Time", "struct", text=_time_text),
}
_declared: dict[str, str] = {}


def go_type(name: str) -> Type:
    """The type of this Go spelling, such as "map[string]*network.EndpointSettings"."""
    found = _known.get(name)
    if found is None:
        _known[name] = found = _make(name)
    return found


def _make(name: str) -> Type:
    if name.startswith("[]"):
        return Type(name, "slice", go_type(name[2:]), named=False)
    if name.startswith("[2]"):
        return Type(name, "array", go_type(name[3:]), named=False)
    if name.startswith("*"):
        return Type(name, "ptr", go_type(name[1:]), text=_POINTER_TEXTS.get(name), named=False)
    if name.startswith("map["):
        key, _, elem = name[4:].partition("]")
        return Type(name, "map", go_type(elem), go_type(key), named=False)
    if name == "strslice.StrSlice":
        return Type(name, "slice", STRING)
    if name == "nat.PortMap":
        return Type(name, "map", go_type("[]nat.PortBinding"), go_type("nat.Port"))
    if name == "nat.PortSet":
        return Type(name, "map", go_type("struct {}"), go_type("nat.Port"))
    if name in _STRING_TYPES:
        return Type(name, "string")
    if not _declared:
        for line in _STRUCTS.strip().splitlines():
            struct, _, members = line.partition(":")
            _declared[struct] = members
    made = Type(name, "struct")
    _known[name] = made
    made.fields = tuple(_member(text.strip()) for text in _declared[name].split(";") if text.strip())
    return made


def _member(text: str) -> FieldType:
    name, _, type_ = text.partition(" ")
    optional = name.endswith("?")
    embedded = name.startswith("+")
    name, _, key = name.removeprefix("+").removesuffix("?").partition("=")
    return FieldType(name, key or name, go_type(type_), embedded=embedded, optional=optional)


_with_maps: dict[str, tuple[tuple[str, Type], ...]] = {}


def sort_maps(type_: Type, data: Any) -> Any:
    """A document whose maps (labels, ports, networks ...) have sorted keys, as every document has that Go wrote.

    What is in order already is returned as it is; the document itself is never changed.
    """
    kind = type_.kind
    elem = type_.elem
    if not data or kind not in ("ptr", "map", "slice", "struct"):
        return data
    if kind == "ptr" and elem is not None:
        return sort_maps(elem, data)
    if kind == "map" and elem is not None:
        keys = list(data)
        ordered = sorted(keys)
        values = [sort_maps(elem, data[key]) for key in ordered] if elem.kind in ("ptr", "struct") else [data[key] for key in ordered]
        same = keys == ordered and all(new is data[key] for key, new in zip(ordered, values))
        return data if same else dict(zip(ordered, values))
    if kind == "slice" and elem is not None:
        if elem.kind not in ("ptr", "struct", "map"):
            return data
        items = [sort_maps(elem, each) for each in data]
        return data if all(new is old for new, old in zip(items, data)) else items
    changed = {}
    for key, member in _composites(type_):
        old = data.get(key)
        if old:
            new = sort_maps(member, old)
            if new is not old:
                changed[key] = new
    return {**data, **changed} if changed else data


def _composites(type_: Type) -> tuple[tuple[str, Type], ...]:
    """The members of a struct in which maps may be, with the members of embedded structs."""
    found = _with_maps.get(type_.name)
    if found is None:
        members: list[tuple[str, Type]] = []
        for field in type_.fields:
            inner = field.type.elem if field.type.kind == "ptr" and field.type.elem is not None else field.type
            if field.embedded:
                members.extend(_composites(inner))
            elif inner.text is None and _may_have_maps(inner):
                members.append((field.key, inner))
        _with_maps[type_.name] = found = tuple(members)
    return found


def _may_have_maps(type_: Type) -> bool:
    if type_.kind in ("slice", "ptr") and type_.elem is not None:
        return _may_have_maps(type_.elem)
    return type_.kind == "map" or (type_.kind == "struct" and bool(_composites(type_)))
