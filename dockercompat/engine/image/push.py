"""Pushing: what the registry has is skipped, what a neighbour has is mounted, the rest is sent, compressed only now.

An image that came from a registry goes out with the manifest it came with, as long as its blobs can be given as they were.
"""

from __future__ import annotations

import io
import os
import queue
import threading
import time
from functools import partial

from dockercompat.distribution import transfer
from dockercompat.distribution.connection import NoCredentials
from dockercompat.engine.image import extras, layers, stack, store
from dockercompat.engine.image.compress import compress_layer
from dockercompat.engine.image.ensure import platform_mismatch
from dockercompat.engine.image.pull import client_for
from dockercompat.engine.system import events
from dockercompat.errors import DockerError, NotFound, Unauthorized
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import (
    DOCKER_CONFIG,
    DOCKER_LAYER_GZIP,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_LAYER_GZIP,
    OCI_MANIFEST,
    Descriptor,
    ImageConfig,
    Manifest,
    make_manifest,
    parse_document,
)
from dockercompat.spec.image_set import Part, assemble
from dockercompat.spec.reference import parse, parse_canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, BinaryIO

    from dockercompat.distribution.client import RegistryClient
    from dockercompat.distribution.credentials import Credentials
    from dockercompat.distribution.policy import RegistryPolicy
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.reference import Reference

    Message = dict[str, Any]

_AT_ONCE = 5  # layers being sent, as docker's default
_REPORT_S = 0.1
_PATIENCE_S = 0.3  # with threads of a push that was given up


class _Form(Record):
    """A form of a layer: kept here, or known to repositories of some registry."""

    digest: str
    media_type: str
    size: int
    kept: bool
    repositories: tuple[str, ...]


def push(
    engine: Engine,
    ref: str,
    *,
    all_tags: bool = False,
    platform: str = "",
    credentials: Credentials | None = None,
    policy: RegistryPolicy | None = None,
) -> Iterator[Message]:
    """Push a tag, or all tags of a repository; yields docker's JSON messages. The process has joined the holder.

    Raises  NotFound when there is no such tag here, RegistryError, Unavailable
    """
    reference = parse(ref)
    if platform:
        actual, wanted = store.find(engine, reference.tagged.canonical).document.platform, platforms.parse(platform)
        if not platforms.matches(wanted, actual):
            raise platform_mismatch(reference.tagged.familiar, actual, wanted)
    yield {"status": f"The push refers to repository [{reference.repository}]"}
    names = [parse_canonical(row[0]) for row in engine.db.all("SELECT reference FROM tags ORDER BY reference")]
    here = [name for name in names if name.repository == reference.repository]
    if not here:
        raise NotFound(f"An image does not exist locally with the tag: {reference.familiar_name}")
    if not all_tags:
        if reference.tagged not in here:
            raise NotFound(f"tag does not exist: {reference.tagged.familiar}")
        here = [reference.tagged]
    client = client_for(engine, reference.domain, credentials, policy)
    client.connect()
    try:
        for name in here:
            yield from _push_one(engine, client, name)
    except NoCredentials as error:
        raise Unauthorized(error.without_url) from None


def _push_one(engine: Engine, client: RegistryClient, name: Reference) -> Iterator[Message]:
    image = store.find(engine, name.canonical)
    said = extras.of(engine, image.id)
    if said != extras.Extras():
        yield from _push_set(engine, client, name, image, said)
        return
    work = _Work(engine, client, name, image)
    yield from work.run()
    manifest = work.manifest()
    _send_config(client, name, image, manifest.config)
    digest = client.put_manifest(name.path, name.tag, manifest.raw, manifest.media_type)
    with engine.db.transaction():
        store.add_manifest(engine, name.repository, digest, image.id, manifest.media_type, manifest.raw)
        _note_blobs(engine, name, image, manifest.layers)
    yield from _pushed(engine, name, digest, len(manifest.raw))


def _push_set(engine: Engine, client: RegistryClient, name: Reference, image: ImageRecord, said: extras.Extras) -> Iterator[Message]:
    """An image with annotations, platforms or attestations: its manifests by digest, then what the tag names."""
    statements = dict(said.statements)
    members = extras.images(engine, image, said)
    parts = []
    for member in members:
        work = _Work(engine, client, name, member, anew=True)
        yield from work.run()
        parts.append(Part(member.document, work.blobs(), statements.get(member.id, ())))
    made = assemble(parts, said.annotations, [name.canonical])
    for blob in made.blobs:
        if client.blob_size(name.path, blob.digest, for_push=True) < 0:
            transfer.upload(client, name.path, blob.digest, partial(io.BytesIO, blob.raw))
    for manifest in made.manifests:
        client.put_manifest(name.path, manifest.digest, manifest.raw, manifest.media_type)
    digest = client.put_manifest(name.path, name.tag, made.top.raw, made.top.media_type)
    with engine.db.transaction():
        store.add_manifest(engine, name.repository, digest, image.id, made.own[0].media_type, made.own[_place(members, image)].raw)
        for member, part in zip(members, parts):
            _note_blobs(engine, name, member, part.layers)
    yield from _pushed(engine, name, digest, len(made.top.raw))


def upload_layers(engine: Engine, client: RegistryClient, name: Reference, diff_ids: Sequence[str]) -> tuple[Descriptor, ...]:
    """Have a repository hold layers that are no image; their blobs, in order."""
    document = ImageConfig(b"", {"rootfs": {"diff_ids": list(diff_ids)}})
    work = _Work(engine, client, name, store.ImageRecord("", document, 0, 0, "", 0, 0), anew=True)
    for _ in work.run():
        continue
    return work.blobs()


def _place(members: list[ImageRecord], image: ImageRecord) -> int:
    return next((number for number, member in enumerate(members) if member.id == image.id), 0)


def _note_blobs(engine: Engine, name: Reference, image: ImageRecord, blobs: Sequence[Descriptor]) -> None:
    """Note where the layers can be had again."""
    for diff_id, blob in zip(image.diff_ids, blobs):
        kept = layers.content(engine).has(blob.digest)
        layers.record_blob(engine, diff_id, blob.digest, blob.media_type, blob.size, kept=kept, repository=name.repository)


def _pushed(engine: Engine, name: Reference, digest: str, size: int) -> Iterator[Message]:
    events.record(engine, "image", "push", name.familiar, {"name": name.familiar_name})
    yield {"status": f"{name.tag}: digest: {digest} size: {size}"}
    yield {"progressDetail": {}, "aux": {"Tag": name.tag, "Digest": digest, "Size": size}}


def _send_config(client: RegistryClient, name: Reference, image: ImageRecord, config: Descriptor) -> None:
    if client.blob_size(name.path, config.digest, for_push=True) < 0:
        transfer.upload(client, name.path, config.digest, lambda: io.BytesIO(image.document.raw))


def _forms(engine: Engine, diff_id: str) -> list[_Form]:
    """Known forms of a layer, those that are kept first."""
    found: dict[str, _Form] = {}
    content = layers.content(engine)
    for row in engine.db.all("SELECT digest, media_type, size_bytes, repository FROM layer_blobs WHERE diff_id = ?", (diff_id,)):
        known = found.get(row[0])
        repositories = (known.repositories if known else ()) + ((row[3],) if row[3] else ())
        found[row[0]] = _Form(row[0], row[1], row[2], content.has(row[0]), repositories)
    return sorted(found.values(), key=lambda form: not form.kept)


class _Work:
    """The layers of one image on their way out. anew: the manifest that it came with does not count."""

    def __init__(self, engine: Engine, client: RegistryClient, name: Reference, image: ImageRecord, *, anew: bool = False) -> None:
        self._engine = engine
        self._client = client
        self._name = name
        self._image = image
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._mutex = threading.Lock()
        self._order = list(dict.fromkeys(image.diff_ids))
        self._forms = {diff_id: _forms(engine, diff_id) for diff_id in self._order}
        self._original = None if anew else self._find_original()
        self._sent: dict[str, Descriptor] = {}
        stack.dirs(engine, [diff_id for diff_id in self._order if not any(form.kept for form in self._forms[diff_id])])

    def _find_original(self) -> Manifest | None:
        """The manifest the image came with, when every blob of it is kept here or known to this registry."""
        raw = store.manifest_of(self._engine, self._image.id, self._name.repository)
        if not raw:
            return None
        manifest = parse_document(raw)
        if not isinstance(manifest, Manifest) or len(manifest.layers) != len(self._image.diff_ids):
            return None
        for blob, diff_id in zip(manifest.layers, self._image.diff_ids):
            form = next((form for form in self._forms[diff_id] if form.digest == blob.digest), None)
            if form is None or not (form.kept or self._client.blob_size(self._name.path, blob.digest, for_push=True) >= 0):
                return None
        return manifest

    def blobs(self) -> tuple[Descriptor, ...]:
        """The layers as they were sent, base first."""
        return tuple(self._sent[diff_id] for diff_id in self._image.diff_ids)

    def manifest(self) -> Manifest:
        """What is to be put, once all layers have been sent."""
        if self._original is not None:
            return self._original
        blobs = self.blobs()
        oci = any(blob.media_type.endswith("+zstd") for blob in blobs)
        raw = self._image.document.raw
        config = Descriptor(OCI_CONFIG if oci else DOCKER_CONFIG, self._image.id, len(raw))
        kinds = (OCI_LAYER_GZIP, OCI_MANIFEST) if oci else (DOCKER_LAYER_GZIP, DOCKER_MANIFEST)
        named = [blob if blob.media_type.endswith("+zstd") else blob.replace(media_type=kinds[0]) for blob in blobs]
        return make_manifest(kinds[1], config, named)

    def run(self) -> Iterator[Message]:
        top_first = list(reversed(self._order))
        for diff_id in top_first:
            yield _message(diff_id, "Preparing")
        for diff_id in top_first[_AT_ONCE:]:
            yield _message(diff_id, "Waiting")
        todo = list(self._order)
        threads = [threading.Thread(target=self._work, args=(todo,), daemon=True) for _ in range(min(_AT_ONCE, len(todo)))]
        for thread in threads:
            thread.start()
        alive = len(threads)
        failure: BaseException | None = None
        try:
            while alive:
                message = self._messages.get()
                if message is None:
                    alive -= 1
                elif isinstance(message, BaseException):
                    self._stop.set()
                    failure = failure or message
                elif failure is None:
                    yield message
        except BaseException:
            self._give_up(threads, _PATIENCE_S)
            raise
        self._give_up(threads, 20)
        if failure is not None:
            raise failure

    def _give_up(self, threads: Sequence[threading.Thread], patience_s: float) -> None:
        self._stop.set()
        end = time.monotonic() + patience_s
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self, todo: list[str]) -> None:
        try:
            while not self._stop.is_set():
                with self._mutex:
                    if not todo:
                        break
                    diff_id = todo.pop()
                blob = self._send(diff_id)
                with self._mutex:
                    self._sent[diff_id] = blob
        except BaseException as error:  # raised again where the messages are read
            self._messages.put(error)
        finally:
            self._messages.put(None)

    def _send(self, diff_id: str) -> Descriptor:
        wanted = self._original_blob(diff_id)
        forms = [form for form in self._forms[diff_id] if wanted is None or form.digest == wanted.digest]
        for form in forms:
            if self._client.blob_size(self._name.path, form.digest, for_push=True) >= 0:
                self._messages.put(_message(diff_id, "Layer already exists"))
                return Descriptor(form.media_type, form.digest, form.size)
        for form in forms:
            neighbours = [parse_canonical(each) for each in form.repositories]
            paths = [each.path for each in neighbours if each.domain == self._name.domain and each.path != self._name.path]
            source, url = transfer.mount(self._client, self._name.path, form.digest, paths)
            if source:
                self._messages.put(_message(diff_id, f"Mounted from {source}"))
                return Descriptor(form.media_type, form.digest, form.size)
            if form.kept:
                self._upload(diff_id, form.digest, form.size, layers.content(self._engine).path(form.digest), url)
                return Descriptor(form.media_type, form.digest, form.size)
        return self._compress_and_send(diff_id)

    def _original_blob(self, diff_id: str) -> Descriptor | None:
        if self._original is None:
            return None
        return self._original.layers[self._image.diff_ids.index(diff_id)]

    def _compress_and_send(self, diff_id: str) -> Descriptor:
        path = f"{self._engine.paths.temp_dir}/blob-{os.getpid()}-{os.urandom(6).hex()}"
        try:
            digest, size = compress_layer(stack.layer_dir(self._engine, diff_id), path, diff_id)
            if self._client.blob_size(self._name.path, digest, for_push=True) >= 0:
                self._messages.put(_message(diff_id, "Layer already exists"))
            else:
                self._upload(diff_id, digest, size, path, "")
        finally:
            if os.path.exists(path):
                os.unlink(path)
        return Descriptor(DOCKER_LAYER_GZIP, digest, size)

    def _upload(self, diff_id: str, digest: str, size: int, path: str, url: str) -> None:
        reported = 0.0

        def progress(current: int) -> None:
            nonlocal reported
            if self._stop.is_set():
                raise DockerError("the push was given up")
            if time.monotonic() - reported > _REPORT_S:
                reported = time.monotonic()
                self._messages.put(_message(diff_id, "Pushing", current, size))

        def open_blob() -> BinaryIO:
            return open(path, "rb")

        transfer.upload(self._client, self._name.path, digest, open_blob, url=url, progress=progress)
        self._messages.put(_message(diff_id, "Pushed"))


def _message(diff_id: str, status: str, current: int = 0, total: int = 0) -> Message:
    detail = {"current": current, "total": total} if total else {}
    return {"status": status, "progressDetail": detail, "id": digests.short(diff_id)}
