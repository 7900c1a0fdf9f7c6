-- The whole state of one user's engine. Bodies in JSON columns have docker's Engine API shapes.
-- Times are nanoseconds since the epoch, 0 for never.

CREATE TABLE containers (
    id            TEXT PRIMARY KEY,              -- 64 hex
    name          TEXT NOT NULL UNIQUE,          -- without the slash
    image_id      TEXT NOT NULL,                 -- sha256:HEX
    image_ref     TEXT NOT NULL,                 -- as the person typed it
    created_ns    INTEGER NOT NULL,
    status        TEXT NOT NULL,                 -- created running paused restarting exited dead removing
    pid           INTEGER NOT NULL DEFAULT 0,    -- of the container's first process, in the host's pid namespace
    pid_start     INTEGER NOT NULL DEFAULT 0,    -- field 22 of /proc/PID/stat: guards against a reused pid
    monitor_pid   INTEGER NOT NULL DEFAULT 0,    -- conmon
    monitor_start INTEGER NOT NULL DEFAULT 0,
    exit_code     INTEGER NOT NULL DEFAULT 0,
    error         TEXT NOT NULL DEFAULT '',
    oom_killed    INTEGER NOT NULL DEFAULT 0,
    started_ns    INTEGER NOT NULL DEFAULT 0,
    finished_ns   INTEGER NOT NULL DEFAULT 0,
    restart_count INTEGER NOT NULL DEFAULT 0,
    restart_at_ns INTEGER NOT NULL DEFAULT 0,    -- when the tender is to start it again
    stopped_by_user INTEGER NOT NULL DEFAULT 0,  -- stop or kill was asked for: no restart
    auto_remove   INTEGER NOT NULL DEFAULT 0,
    config        TEXT NOT NULL,                 -- JSON: Config of the create body, merged with the image's
    host_config   TEXT NOT NULL,                 -- JSON: HostConfig
    networking    TEXT NOT NULL,                 -- JSON: NetworkingConfig.EndpointsConfig as asked
    mounts        TEXT NOT NULL,                 -- JSON list: the resolved Mounts of inspect
    endpoints     TEXT NOT NULL DEFAULT '{}',    -- JSON: NetworkSettings.Networks as they are while it runs
    ports         TEXT NOT NULL DEFAULT '{}',    -- JSON: NetworkSettings.Ports as they are while it runs
    health        TEXT NOT NULL DEFAULT ''       -- JSON: State.Health, '' without a check
);
CREATE INDEX containers_by_image ON containers (image_id);

CREATE TABLE images (
    id          TEXT PRIMARY KEY,                -- sha256:HEX of the config's bytes
    config      BLOB NOT NULL,                   -- the config as received or made
    created_ns  INTEGER NOT NULL,                -- of the image
    stored_ns   INTEGER NOT NULL,                -- when it came here
    parent_id   TEXT NOT NULL DEFAULT '',        -- of commit and the classic builder
    size_bytes  INTEGER NOT NULL,                -- of all layers, unpacked
    last_tag_ns INTEGER NOT NULL DEFAULT 0,
    removed     INTEGER NOT NULL DEFAULT 0       -- 1: gone for everybody but the containers that still use it; 2: another image's part
);

CREATE TABLE tags (
    reference TEXT PRIMARY KEY,                  -- canonical: docker.io/library/busybox:latest
    image_id  TEXT NOT NULL REFERENCES images (id)
);
CREATE INDEX tags_by_image ON tags (image_id);

CREATE TABLE image_manifests (                   -- what a registry called an image
    repository TEXT NOT NULL,                    -- docker.io/library/busybox
    digest     TEXT NOT NULL,                    -- of the manifest, or of the index it was chosen from (what RepoDigests shows)
    image_id   TEXT NOT NULL REFERENCES images (id),
    media_type TEXT NOT NULL DEFAULT '',
    manifest   BLOB NOT NULL DEFAULT x'',        -- the image's own manifest, bytes as received
    PRIMARY KEY (repository, digest)
);
CREATE INDEX image_manifests_by_image ON image_manifests (image_id);

CREATE TABLE IF NOT EXISTS image_extras (        -- since version 2
    image_id TEXT PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
    body     TEXT NOT NULL                       -- JSON: annotations, members (images of other platforms), statements (attestations)
);

CREATE TABLE layers (
    diff_id     TEXT PRIMARY KEY,                -- sha256:HEX of the uncompressed changeset
    size_bytes  INTEGER NOT NULL,                -- of the files in it
    created_ns  INTEGER NOT NULL,
    maker_pid   INTEGER NOT NULL DEFAULT 0,      -- who brought it in: while that process lives, an image may be on its way
    boot        TEXT NOT NULL DEFAULT ''         -- the boot in which it was written, '' once it is known to be on the disk
);

CREATE TABLE layer_blobs (                       -- compressed or plain forms of a layer, kept here or known to a registry
    diff_id    TEXT NOT NULL,
    digest     TEXT NOT NULL,                    -- of the blob
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    kept       INTEGER NOT NULL,                 -- 1: the file is in blobs/sha256
    repository TEXT NOT NULL DEFAULT '',         -- where a registry has it: lets push mount or skip it
    PRIMARY KEY (diff_id, digest, repository)
);
CREATE INDEX layer_blobs_by_digest ON layer_blobs (digest);

CREATE TABLE volumes (
    name       TEXT PRIMARY KEY,
    created_ns INTEGER NOT NULL,
    anonymous  INTEGER NOT NULL DEFAULT 0,
    labels     TEXT NOT NULL DEFAULT 'null',     -- JSON
    options    TEXT NOT NULL DEFAULT 'null'      -- JSON
);

CREATE TABLE volume_users (
    volume       TEXT NOT NULL REFERENCES volumes (name),
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    PRIMARY KEY (volume, container_id)
);

CREATE TABLE networks (
    id         TEXT PRIMARY KEY,                 -- 64 hex
    name       TEXT NOT NULL UNIQUE,
    driver     TEXT NOT NULL,                    -- bridge host null
    bridge     TEXT NOT NULL DEFAULT '',         -- name of the link in the user's network namespace
    subnet_given INTEGER NOT NULL DEFAULT 0,     -- a person chose the subnet: containers may ask for an address; 1 IPv4, 2 IPv6, 3 both
    created_ns INTEGER NOT NULL,
    body       TEXT NOT NULL                     -- JSON: what inspect shows, without Containers
);

CREATE TABLE addresses (                         -- leases
    network_id   TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    address      TEXT NOT NULL,                  -- IPv4, "" in a network that has none
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    host_access  INTEGER NOT NULL DEFAULT 0,     -- the host's loopback may be reached from this address
    address6     TEXT NOT NULL DEFAULT '',       -- IPv6, likewise
    PRIMARY KEY (network_id, container_id)
);

CREATE UNIQUE INDEX addresses_ipv4 ON addresses (network_id, address) WHERE address != '';

CREATE UNIQUE INDEX addresses_ipv6 ON addresses (network_id, address6) WHERE address6 != '';

CREATE TABLE published_ports (
    protocol       TEXT NOT NULL,
    host_ip        TEXT NOT NULL,
    host_port      INTEGER NOT NULL,
    container_id   TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    container_port INTEGER NOT NULL,
    PRIMARY KEY (protocol, host_ip, host_port)
);

CREATE TABLE execs (                             -- commands run in containers, while they run
    id           TEXT PRIMARY KEY,
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    pid          INTEGER NOT NULL,
    body         TEXT NOT NULL
);

CREATE TABLE events (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ns INTEGER NOT NULL,
    type    TEXT NOT NULL,                       -- container image volume network builder
    action  TEXT NOT NULL,                       -- docker's action: create, die, pull ...
    actor   TEXT NOT NULL,
    attributes TEXT NOT NULL                     -- JSON
);

CREATE TABLE build_cache (
    key        TEXT PRIMARY KEY,                 -- cache key of a vertex
    result     TEXT NOT NULL,                    -- JSON: what the vertex gave (diff_ids, config changes)
    created_ns INTEGER NOT NULL,
    used_ns    INTEGER NOT NULL,
    uses       INTEGER NOT NULL DEFAULT 0,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    description TEXT NOT NULL DEFAULT ''
);

CREATE TABLE build_content (                     -- what a part of a stage's or an image's files comes to, for cache keys
    key     TEXT PRIMARY KEY,                    -- digest of the layers and of the question
    content TEXT NOT NULL,
    used_ns INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS build_steps (         -- since version 3: what the key of a step was over, to tell why it missed the cache
    step    TEXT PRIMARY KEY,                    -- digest of the context, the Dockerfile, the target and the step's place
    parts   TEXT NOT NULL,                       -- JSON
    used_ns INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS build_records (       -- since version 3: builds that have ended
    ref      TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    began_ns INTEGER NOT NULL,
    ended_ns INTEGER NOT NULL,
    body     TEXT NOT NULL,                      -- JSON
    log      BLOB NOT NULL                       -- its plain output, deflated
);

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
