"""Pulling: a reference is resolved, its layers are downloaded and extracted side by side, then the image is recorded.

Progress is yielded as docker's JSON messages: {"status": ..., "id": ..., "progressDetail": {"current": ..., "total": ...}}.
"""

from __future__ import annotations

import os
import queue
import threading
import time

from dockercompat.distribution import transfer
from dockercompat.distribution.client import RegistryClient
from dockercompat.distribution.credentials import CredentialStore, key_of
from dockercompat.distribution.failures import RegistryError, translate
from dockercompat.distribution.policy import is_loopback
from dockercompat.engine.image import layers, stack, store
from dockercompat.engine.image.ensure import platform_mismatch
from dockercompat.engine.system import events
from dockercompat.errors import DigestMismatch, DockerError, Forbidden, InvalidLayer, InvalidParameter, NotFound
from dockercompat.spec import digest as digests
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import Descriptor, ImageConfig, Index, Manifest, check_kind, check_readable, parse_document
from dockercompat.spec.reference import Reference, parse, parse_canonical
from dockercompat.storage.tar import open_compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import Any, BinaryIO

    from dockercompat.distribution.credentials import Credentials
    from dockercompat.distribution.policy import RegistryPolicy
    from dockercompat.engine.engine import Engine
    from dockercompat.spec.platform import Platform

    Message = dict[str, Any]

_AT_ONCE = 3  # layers being downloaded, as docker's default
_REPORT_S = 0.1
_ROUNDS = 3  # tries to have all layers at one moment, while another process removes some
_QUEUE = 64  # pieces between the download and the extraction
_CONFIG_MAX = 8 << 20
_SLOW_CHECK = 1 << 20  # bytes; docker's message about the checksum of less is overtaken by the next one
_PATIENCE_S = 0.3  # with threads of a pull that was given up; what they hold ends with the process


def client_for(engine: Engine, domain: str, credentials: Credentials | None = None, policy: RegistryPolicy | None = None) -> RegistryClient:
    """A client of a registry; without credentials, those of the user's config.json."""
    if credentials is None:
        credentials = CredentialStore(engine.paths.config_dir).get(key_of(domain))
    return RegistryClient(domain, credentials, policy=policy or engine.registries)


def _sources(engine: Engine, domain: str, credentials: Credentials | None, policy: RegistryPolicy | None) -> Iterator[RegistryClient]:
    """Who is asked for an image, one after the other: the mirrors of docker.io, which never see its credentials, then the registry."""
    policy = policy or engine.registries
    for mirror in policy.mirrors if domain == "docker.io" else ():
        scheme, _, host = mirror.rstrip("/").partition("://")
        known = CredentialStore(engine.paths.config_dir).get(host)
        yield RegistryClient(host, known, policy=policy, scheme="" if scheme == "https" and is_loopback(host) else scheme)
    yield client_for(engine, domain, credentials, policy)


def pull(
    engine: Engine,
    ref: str,
    *,
    platform: str = "",
    all_tags: bool = False,
    credentials: Credentials | None = None,
    policy: RegistryPolicy | None = None,
) -> Iterator[Message]:
    """Pull one image, or every tag of a repository. The process has joined the holder.

    platform  os/arch[/variant]; "" means the engine's, and takes what there is where a tag has one image only
    Raises    InvalidReference, NotFound, RegistryError, DigestMismatch, Unavailable
    """
    reference = parse(ref) if all_tags else parse(ref).tagged
    if reference.repository == "docker.io/library/scratch":
        raise Forbidden("'scratch' is a reserved name")
    wanted = platforms.parse(platform or engine.settings.platform) if platform or engine.settings.platform else None
    sources = list(_sources(engine, reference.domain, credentials, policy))
    engine.paths.make()
    layers.sweep(engine)
    newer = False
    for number, client in enumerate(sources):
        try:
            tags = client.tags(reference.path) if all_tags else [reference.tag]
            for tag in tags:
                newer |= yield from _pull_one(engine, client, reference.replace(tag=tag), wanted)
            break
        except DockerError as error:
            if number + 1 < len(sources):
                continue  # a mirror
            if isinstance(error, RegistryError):
                raise translate(error, reference.tagged.familiar, reference.familiar_name) from None
            raise
    news = "Downloaded newer image" if newer else "Image is up to date"
    yield {"status": f"Status: {news} for {reference.familiar}"}
    if wanted is not None:
        actual = store.find(engine, reference.canonical).document.platform
        if not platforms.matches(wanted, actual):
            yield {"status": f"WARNING: {platform_mismatch(reference.familiar, actual, wanted)}"}


def pull_layer(engine: Engine, repository: str, diff_id: str, digest: str, size: int) -> None:
    """Bring back one layer from the registry that had it."""
    reference = parse_canonical(repository)
    sources = list(_sources(engine, reference.domain, None, None))
    for number, client in enumerate(sources):
        try:
            _Job(engine, client, reference.path, queue.SimpleQueue()).bring_locked(engine, Descriptor("", digest, size), diff_id)
            return
        except DockerError:
            if number + 1 == len(sources):
                raise


def _pull_one(engine: Engine, client: RegistryClient, reference: Reference, wanted: Platform | None) -> Generator[Message, None, bool]:
    """Pull one tag or digest; whether its name means another image now."""
    document = client.manifest(reference.path, reference.tag_or_digest, verify=False)
    check_readable(document.raw, document.media_type, image=True)
    yield {"status": f"Pulling from {reference.path}", "id": reference.canonical if reference.digest else reference.tag}
    document.verify()
    manifest = _resolve(client, reference, document.raw, document.media_type, wanted)
    image = _config(engine, client, reference, manifest)
    system = image.platform.os
    if system != "linux":
        raise InvalidParameter(f'image operating system "{system}" cannot be used on this platform: operating system is not supported')
    known = store.named(engine, reference)
    for _ in range(_ROUNDS):
        yield from _bring_all(engine, client, reference, manifest, image)
        if _record(engine, reference, document.digest, manifest, image):
            break
    else:
        raise DockerError(f"layers of {reference.familiar} were removed while it was pulled")
    events.record(engine, "image", "pull", reference.familiar, {"name": reference.familiar_name})
    yield {"status": f"Digest: {document.digest}"}
    return known != image.image_id


def _record(engine: Engine, reference: Reference, digest: str, manifest: Manifest, image: ImageConfig) -> bool:
    """Note an image and its names; False when a layer of it has gone meanwhile."""
    with engine.db.transaction():
        if not all(layers.claim(engine, diff_id) for diff_id in dict.fromkeys(image.diff_ids)):
            return False
        image_id = store.add(engine, image)
        store.add_manifest(engine, reference.repository, digest, image_id, manifest.media_type, manifest.raw)
        if not reference.digest:
            store.set_tag(engine, reference, image_id)
    return True


def _resolve(client: RegistryClient, reference: Reference, raw: bytes, media_type: str, wanted: Platform | None) -> Manifest:
    """The manifest of one image, through at most a few levels of indexes."""
    for _ in range(4):
        parsed = parse_document(raw, media_type)
        if isinstance(parsed, Manifest):
            return parsed
        entry = _choose(parsed, wanted)
        document = client.manifest(reference.path, entry.digest)
        raw, media_type = document.raw, document.media_type
    raise InvalidParameter("the indexes of this image are nested too deeply")


def _choose(index: Index, wanted: Platform | None) -> Descriptor:
    platform = wanted or platforms.of_host()
    entry = index.choose(platform)
    if entry is None:
        raise NotFound(f"no matching manifest for {platform} in the manifest list entries")
    return entry


def _config(engine: Engine, client: RegistryClient, reference: Reference, manifest: Manifest) -> ImageConfig:
    """The image's config; not asked for again when the image is here. Raises InvalidParameter for what is no image."""
    blob = manifest.config
    check_kind(manifest)
    row = engine.db.one("SELECT config FROM images WHERE id = ?", (blob.digest,))
    if row is not None:
        image = ImageConfig.parse(bytes(row[0]))
    else:
        if blob.size > _CONFIG_MAX:
            raise InvalidParameter(f"the config of {reference.familiar} is too long")
        image = ImageConfig.parse(transfer.fetch(client, reference.path, blob))
    if len(image.diff_ids) != len(manifest.layers):
        raise InvalidParameter("invalid manifest: the number of layers is not that of the image config")
    return image


def _bring_all(engine: Engine, client: RegistryClient, reference: Reference, manifest: Manifest, image: ImageConfig) -> Iterator[Message]:
    """Download and extract what is missing; each layer is recorded as soon as it stands."""
    here = engine.db.one("SELECT 1 FROM images WHERE id = ? AND removed = 0", (image.image_id,)) is not None
    if here and all(layers.claim(engine, diff_id) for diff_id in dict.fromkeys(image.diff_ids)):
        _note_blobs(engine, reference, manifest, image)
        return  # docker says nothing of the layers of an image that is here
    missing: list[tuple[Descriptor, str]] = []
    seen: set[str] = set()
    for blob, diff_id in zip(manifest.layers, image.diff_ids):
        if diff_id in seen:
            continue
        seen.add(diff_id)
        if layers.claim(engine, diff_id):
            yield _layer_message(blob, "Already exists")
        else:
            yield _layer_message(blob, "Pulling fs layer")
            missing.append((blob, diff_id))
    for blob, _ in missing[_AT_ONCE:]:
        yield _layer_message(blob, "Waiting")
    if missing:
        yield from _Work(_Job(engine, client, reference.path, queue.SimpleQueue()), missing).run()
    _note_blobs(engine, reference, manifest, image)


def _note_blobs(engine: Engine, reference: Reference, manifest: Manifest, image: ImageConfig) -> None:
    """Note where the layers can be had again."""
    store_of_blobs = layers.content(engine)
    with engine.db.transaction():
        for blob, diff_id in zip(manifest.layers, image.diff_ids):
            kept = store_of_blobs.has(blob.digest)
            layers.record_blob(engine, diff_id, blob.digest, blob.media_type, blob.size, kept=kept, repository=reference.repository)


def _layer_message(blob: Descriptor, status: str, current: int = 0, total: int = 0) -> Message:
    detail = {"current": current, "total": total} if total else {}
    return {"status": status, "progressDetail": detail, "id": digests.short(blob.digest)}


class _Stopped(Exception):
    """Another layer failed, or the person gave up."""


class _Job:
    """What the threads of a pull share. Messages go to the queue; an exception in it is a failure, None the end of a thread."""

    def __init__(self, engine: Engine, client: RegistryClient, path: str, messages: queue.SimpleQueue[Any]) -> None:
        self.engine = engine
        self.client = client
        self.path = path
        self.messages = messages
        self.stop = threading.Event()
        self.content = layers.content(engine)

    def bring(self, engine: Engine, blob: Descriptor, diff_id: str) -> None:
        """Download, extract and record one layer, unless another process did so meanwhile. engine: this thread's own."""
        with layers.lock(engine, diff_id):
            self.bring_locked(engine, blob, diff_id)

    def bring_locked(self, engine: Engine, blob: Descriptor, diff_id: str) -> None:
        if os.path.isdir(stack.layer_dir(engine, diff_id)):
            if not layers.claim(engine, diff_id):
                layers.record(engine, diff_id, _measure(stack.layer_dir(engine, diff_id)))
            self.messages.put(_layer_message(blob, "Already exists"))
            return
        with self.content.partial(blob.digest) as partial:
            if partial.finished:
                self.messages.put(_layer_message(blob, "Download complete"))
                with self.content.open(blob.digest) as file:
                    self._install(engine, file, diff_id)
            else:
                incoming = _Incoming(self, blob, transfer.download(self.client, self.path, blob, partial))
                try:
                    self._install(engine, incoming, diff_id)  # type: ignore[arg-type]
                    incoming.drain()
                except _Stopped:
                    raise
                except Exception:
                    incoming.drain()  # a wrong digest explains a broken archive: it is raised instead
                    raise
                finally:
                    incoming.close()
        self.messages.put(_layer_message(blob, "Pull complete"))

    def _install(self, engine: Engine, source: BinaryIO, diff_id: str) -> None:
        try:
            layers.install(engine, open_compressed(source), expected=diff_id)
        except (DockerError, OSError, _Stopped):
            raise
        except Exception as error:  # every decompressor has errors of its own
            raise InvalidLayer(f"failed to register layer: {error}") from None


class _Incoming:
    """A download read by the extraction while a thread of its own receives, hashes and keeps it."""

    def __init__(self, job: _Job, blob: Descriptor, pieces: Iterator[bytes]) -> None:
        self._job = job
        self._blob = blob
        self._pieces = pieces
        self._queue: queue.Queue[bytes | BaseException] = queue.Queue(_QUEUE)
        self._piece = b""
        self._at = 0
        self._ended = False
        self._read = 0
        self._reported = 0.0
        self._closed = False
        self._received = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        received, reported = 0, time.monotonic()
        try:
            for piece in self._pieces:
                if self._closed or self._job.stop.is_set():
                    raise _Stopped
                self._queue.put(piece)
                received += len(piece)
                if time.monotonic() - reported > _REPORT_S:
                    reported = time.monotonic()
                    self._job.messages.put(_layer_message(self._blob, "Downloading", received, self._blob.size))
            if received > _SLOW_CHECK:
                self._job.messages.put(_layer_message(self._blob, "Verifying Checksum"))
            self._job.messages.put(_layer_message(self._blob, "Download complete"))
            self._received = True
            self._queue.put(b"")
        except BaseException as error:  # handed to the reader
            self._queue.put(error)

    def read(self, size: int = -1) -> bytes:
        if self._at >= len(self._piece):
            if self._ended:
                return b""
            piece = self._queue.get()
            if isinstance(piece, BaseException):
                self._ended = True
                raise piece
            self._ended = not piece
            self._piece, self._at = piece, 0
            self._read += len(piece)
            if self._received and time.monotonic() - self._reported > _REPORT_S:  # until then the bar is the download's
                self._reported = time.monotonic()
                self._job.messages.put(_layer_message(self._blob, "Extracting", self._read, self._blob.size))
        at = self._at
        self._at = len(self._piece) if size < 0 else at + size
        return self._piece[at : self._at] if at or size >= 0 else self._piece

    def drain(self) -> None:
        """Read to the end, where the digest is checked."""
        while self.read():
            continue

    def close(self) -> None:
        self._closed = True
        end = time.monotonic() + _PATIENCE_S  # it may be waiting for the registry
        while self._thread.is_alive() and time.monotonic() < end:
            try:
                self._queue.get(timeout=0.02)
            except queue.Empty:
                continue

    def readable(self) -> bool:
        return True


class _Work:
    """A few threads that bring layers, and the messages of all of them in one sequence."""

    def __init__(self, job: _Job, wanted: Sequence[tuple[Descriptor, str]]) -> None:
        self._job = job
        self._todo = list(reversed(wanted))
        self._left = len(wanted)
        self._mutex = threading.Lock()

    def run(self) -> Iterator[Message]:
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(min(_AT_ONCE, self._left))]
        for thread in threads:
            thread.start()
        failure: BaseException | None = None
        alive = len(threads)
        try:
            while alive:
                message = self._job.messages.get()
                if isinstance(message, dict):
                    if failure is None:
                        yield message
                    continue
                if message is None:
                    alive -= 1
                    continue
                self._job.stop.set()
                if failure is None or (isinstance(message, DigestMismatch) and not isinstance(failure, DigestMismatch)):
                    failure = message
        except BaseException:
            self._give_up(threads, _PATIENCE_S)
            raise
        self._give_up(threads, 20)
        if failure is not None:
            raise failure

    def _give_up(self, threads: Sequence[threading.Thread], patience_s: float) -> None:
        self._job.stop.set()
        end = time.monotonic() + patience_s
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        engine = self._job.engine.for_thread()
        while True:
            with self._mutex:
                if not self._todo or self._job.stop.is_set():
                    break
                blob, diff_id = self._todo.pop()
            try:
                self._job.bring(engine, blob, diff_id)
            except _Stopped:
                break
            except BaseException as error:  # raised again where the messages are read
                self._job.messages.put(error)
        engine.db.close()
        self._job.messages.put(None)


def _measure(directory: str) -> int:
    """Size of the files below a directory."""
    total = 0
    for parent, _, names in os.walk(directory):
        for name in names:
            total += os.lstat(f"{parent}/{name}").st_size
    return total
