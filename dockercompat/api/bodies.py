"""The Go types of docker's request bodies, as data: what each member is called and what may stand in it."""

from __future__ import annotations

from functools import cache

# NAME = TYPE is a named type; NAME { MEMBER TYPE ... } is a struct; +NAME takes over that struct's members.
# "anonymous" after a struct's name: errors about its members do not name it. `words` is a list of strings, or one string; `any` is not
# looked at; []uint8 stands in base64.
TYPES = """
container.NetworkMode = string
container.IpcMode = string
container.PidMode = string
container.UTSMode = string
container.UsernsMode = string
container.CgroupnsMode = string
container.CgroupSpec = string
container.Isolation = string
container.RestartPolicyMode = string
container.LogMode = string
mount.Type = string
mount.Propagation = string
mount.Consistency = string
fs.FileMode = uint32
time.Duration = int64
nat.PortSet = map[string]struct {}
nat.PortMap = map[string][]nat.PortBinding
nat.PortBinding {
  HostIp string
  HostPort string
}
v1.HealthcheckConfig {
  Test []string
  Interval time.Duration
  Timeout time.Duration
  StartPeriod time.Duration
  StartInterval time.Duration
  Retries int
}
container.Config {
  Hostname string
  Domainname string
  User string
  AttachStdin bool
  AttachStdout bool
  AttachStderr bool
  ExposedPorts nat.PortSet
  Tty bool
  OpenStdin bool
  StdinOnce bool
  Env []string
  Cmd words
  Healthcheck *v1.HealthcheckConfig
  ArgsEscaped bool
  Image string
  Volumes map[string]struct {}
  WorkingDir string
  Entrypoint words
  NetworkDisabled bool
  MacAddress string
  OnBuild []string
  Labels map[string]string
  StopSignal string
  StopTimeout *int
  Shell words
}
container.RestartPolicy {
  Name container.RestartPolicyMode
  MaximumRetryCount int
}
container.LogConfig {
  Type string
  Config map[string]string
}
blkiodev.WeightDevice {
  Path string
  Weight uint16
}
blkiodev.ThrottleDevice {
  Path string
  Rate uint64
}
container.DeviceMapping {
  PathOnHost string
  PathInContainer string
  CgroupPermissions string
}
container.DeviceRequest {
  Driver string
  Count int
  DeviceIDs []string
  Capabilities [][]string
  Options map[string]string
}
units.Ulimit {
  Name string
  Hard int64
  Soft int64
}
container.Resources {
  CpuShares int64
  Memory int64
  NanoCpus int64
  CgroupParent string
  BlkioWeight uint16
  BlkioWeightDevice []*blkiodev.WeightDevice
  BlkioDeviceReadBps []*blkiodev.ThrottleDevice
  BlkioDeviceWriteBps []*blkiodev.ThrottleDevice
  BlkioDeviceReadIOps []*blkiodev.ThrottleDevice
  BlkioDeviceWriteIOps []*blkiodev.ThrottleDevice
  CpuPeriod int64
  CpuQuota int64
  CpuRealtimePeriod int64
  CpuRealtimeRuntime int64
  CpusetCpus string
  CpusetMems string
  Devices []container.DeviceMapping
  DeviceCgroupRules []string
  DeviceRequests []container.DeviceRequest
  KernelMemory int64
  KernelMemoryTCP int64
  MemoryReservation int64
  MemorySwap int64
  MemorySwappiness *int64
  OomKillDisable *bool
  PidsLimit *int64
  Ulimits []*units.Ulimit
  CpuCount int64
  CpuPercent int64
  IOMaximumIOps uint64
  IOMaximumBandwidth uint64
}
mount.BindOptions {
  Propagation mount.Propagation
  NonRecursive bool
  CreateMountpoint bool
  ReadOnlyNonRecursive bool
  ReadOnlyForceRecursive bool
}
mount.Driver {
  Name string
  Options map[string]string
}
mount.VolumeOptions {
  NoCopy bool
  Labels map[string]string
  Subpath string
  DriverConfig *mount.Driver
}
mount.ImageOptions {
  Subpath string
}
mount.TmpfsOptions {
  SizeBytes int64
  Mode fs.FileMode
  Options [][]string
}
mount.ClusterOptions {
}
mount.Mount {
  Type mount.Type
  Source string
  Target string
  ReadOnly bool
  Consistency mount.Consistency
  BindOptions *mount.BindOptions
  VolumeOptions *mount.VolumeOptions
  ImageOptions *mount.ImageOptions
  TmpfsOptions *mount.TmpfsOptions
  ClusterOptions *mount.ClusterOptions
}
container.HostConfig {
  Binds []string
  ContainerIDFile string
  LogConfig container.LogConfig
  NetworkMode container.NetworkMode
  PortBindings nat.PortMap
  RestartPolicy container.RestartPolicy
  AutoRemove bool
  VolumeDriver string
  VolumesFrom []string
  ConsoleSize [2]uint
  Annotations map[string]string
  CapAdd words
  CapDrop words
  CgroupnsMode container.CgroupnsMode
  Dns []string
  DnsOptions []string
  DnsSearch []string
  ExtraHosts []string
  GroupAdd []string
  IpcMode container.IpcMode
  Cgroup container.CgroupSpec
  Links []string
  OomScoreAdj int
  PidMode container.PidMode
  Privileged bool
  PublishAllPorts bool
  ReadonlyRootfs bool
  SecurityOpt []string
  StorageOpt map[string]string
  Tmpfs map[string]string
  UTSMode container.UTSMode
  UsernsMode container.UsernsMode
  ShmSize int64
  Sysctls map[string]string
  Runtime string
  Isolation container.Isolation
  +container.Resources
  Mounts []mount.Mount
  MaskedPaths []string
  ReadonlyPaths []string
  Init *bool
}
network.EndpointIPAMConfig {
  IPv4Address string
  IPv6Address string
  LinkLocalIPs []string
}
network.EndpointSettings {
  IPAMConfig *network.EndpointIPAMConfig
  Links []string
  Aliases []string
  MacAddress string
  DriverOpts map[string]string
  GwPriority int
  NetworkID string
  EndpointID string
  Gateway string
  IPAddress string
  IPPrefixLen int
  IPv6Gateway string
  GlobalIPv6Address string
  GlobalIPv6PrefixLen int
  DNSNames []string
}
network.NetworkingConfig {
  EndpointsConfig map[string]*network.EndpointSettings
}
container.CreateRequest anonymous {
  +container.Config
  HostConfig *container.HostConfig
  NetworkingConfig *network.NetworkingConfig
}
container.UpdateConfig {
  +container.Resources
  RestartPolicy container.RestartPolicy
}
container.ExecOptions {
  User string
  Privileged bool
  Tty bool
  ConsoleSize *[2]uint
  AttachStdin bool
  AttachStderr bool
  AttachStdout bool
  DetachKeys string
  Env []string
  WorkingDir string
  Cmd []string
  Detach bool
}
container.ExecStartOptions {
  Detach bool
  Tty bool
  ConsoleSize *[2]uint
}
network.ConnectOptions {
  Container string
  EndpointConfig *network.EndpointSettings
}
network.DisconnectOptions {
  Container string
  Force bool
}
network.IPAMConfig {
  Subnet string
  IPRange string
  Gateway string
  AuxiliaryAddresses map[string]string
}
network.IPAM {
  Driver string
  Options map[string]string
  Config []network.IPAMConfig
}
network.ConfigReference {
  Network string
}
network.CreateRequest {
  Name string
  CheckDuplicate bool
  Driver string
  Scope string
  EnableIPv4 *bool
  EnableIPv6 *bool
  IPAM *network.IPAM
  Internal bool
  Attachable bool
  Ingress bool
  ConfigOnly bool
  ConfigFrom *network.ConfigReference
  Options map[string]string
  Labels map[string]string
}
volume.ClusterVolumeSpec {
  Group string
  AccessMode any
  AccessibilityRequirements any
  CapacityRange any
  Secrets any
  Availability string
}
volume.CreateOptions {
  ClusterVolumeSpec *volume.ClusterVolumeSpec
  Driver string
  DriverOpts map[string]string
  Labels map[string]string
  Name string
}
registry.AuthConfig anonymous {
  username string
  password string
  auth string
  email string
  serveraddress string
  identitytoken string
  registrytoken string
}
v1.Platform {
  architecture string
  os string
  os.version string
  os.features []string
  variant string
}
types.PluginPrivilege {
  Name string
  Description string
  Value []string
}
types.PluginPrivileges = []types.PluginPrivilege
swarm.OrchestrationConfig {
  TaskHistoryRetentionLimit *int64
}
swarm.RaftConfig {
  SnapshotInterval uint64
  KeepOldSnapshots *uint64
  LogEntriesForSlowFollowers uint64
  ElectionTick int
  HeartbeatTick int
}
swarm.DispatcherConfig {
  HeartbeatPeriod time.Duration
}
swarm.EncryptionConfig {
  AutoLockManagers bool
}
swarm.Annotations {
  Name string
  Labels map[string]string
}
swarm.Spec {
  +swarm.Annotations
  Orchestration swarm.OrchestrationConfig
  Raft swarm.RaftConfig
  Dispatcher swarm.DispatcherConfig
  CAConfig any
  TaskDefaults any
  EncryptionConfig swarm.EncryptionConfig
}
swarm.NodeAvailability = string
swarm.NodeRole = string
swarm.InitRequest {
  ListenAddr string
  AdvertiseAddr string
  DataPathAddr string
  DataPathPort uint32
  ForceNewCluster bool
  Spec swarm.Spec
  AutoLockManagers bool
  Availability swarm.NodeAvailability
  DefaultAddrPool []string
  SubnetSize uint32
}
swarm.JoinRequest {
  ListenAddr string
  AdvertiseAddr string
  DataPathAddr string
  RemoteAddrs []string
  JoinToken string
  Availability swarm.NodeAvailability
}
swarm.UnlockRequest {
  UnlockKey string
}
swarm.NodeSpec {
  +swarm.Annotations
  Role swarm.NodeRole
  Availability swarm.NodeAvailability
}
swarm.Driver {
  Name string
  Options map[string]string
}
swarm.SecretSpec {
  +swarm.Annotations
  Data []uint8
  Driver *swarm.Driver
  Templating *swarm.Driver
}
swarm.ConfigSpec {
  +swarm.Annotations
  Data []uint8
  Templating *swarm.Driver
}
swarm.ServiceSpec {
  +swarm.Annotations
  TaskTemplate any
  Mode any
  UpdateConfig any
  RollbackConfig any
  Networks any
  EndpointSpec any
}
"""
_SCALARS = ("string", "bool", "int", "int64", "uint", "uint16", "uint32", "uint64", "any")


class GoType:
    """One type.

    shown   as errors call it
    kind    a scalar's name, "struct", "map", "slice" or "array"
    root    what errors call a struct where it is the whole document
    length  of an array
    """

    def __init__(self, shown: str, kind: str, *, inner: str = "", length: int = 0, root: str = "", is_pointer: bool = False) -> None:
        self.shown = shown
        self.kind = kind
        self.root = root
        self.length = length
        self.is_pointer = is_pointer
        self.fields: dict[str, str] = {}
        self._inner = inner
        self._folded: dict[str, str] = {}

    def element(self) -> GoType:
        return type_of(self._inner)

    def field(self, given: str) -> tuple[str, GoType] | None:
        """A member's own name and its type."""
        if given in self.fields:
            return given, type_of(self.fields[given])
        if not self._folded:
            self._folded = {name.lower(): name for name in self.fields}
        name = self._folded.get(given.lower())
        return (name, type_of(self.fields[name])) if name else None


@cache
def _types() -> dict[str, GoType]:
    """The named types of TYPES."""
    found: dict[str, GoType] = {}
    struct: GoType | None = None
    for line in TYPES.splitlines():
        name, _, rest = line.strip().partition(" ")
        if not name:
            continue
        if name == "}":
            struct = None
        elif struct is not None and name.startswith("+"):
            struct.fields.update(found[name[1:]].fields)
        elif struct is not None:
            struct.fields[name] = rest
        elif rest.startswith("= "):
            found[name] = _anonymous(rest[2:], shown=name)
        else:
            struct = found[name] = GoType(name, "struct", root="" if "anonymous" in rest else name.rpartition(".")[2])
    return found


@cache
def type_of(text: str) -> GoType:
    """The type of a Go expression in the names of TYPES: "container.Config", "map[string]*string"."""
    if text.startswith("*"):
        inner = type_of(text[1:])
        copy = GoType(inner.shown, inner.kind, inner=inner._inner, length=inner.length, is_pointer=True)
        copy.fields = inner.fields
        return copy
    return _types().get(text) or _anonymous(text, shown=text)


def _anonymous(text: str, *, shown: str) -> GoType:
    if text in _SCALARS or text == "words":
        return GoType(shown, text)
    if text == "[]uint8":
        return GoType(shown, "base64")
    if text == "struct {}":
        return GoType(shown, "struct")
    if text.startswith("map[string]"):
        return GoType(shown, "map", inner=text.removeprefix("map[string]"))
    if text.startswith("[]"):
        return GoType(shown, "slice", inner=text[2:])
    length, _, inner = text[1:].partition("]")
    return GoType(shown, "array", inner=inner, length=int(length))
