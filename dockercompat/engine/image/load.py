"""docker load: docker archives (manifest.json) and OCI layouts (index.json), plain or compressed, from a file or a stream."""

from __future__ import annotations

import os
import tarfile
import threading

from dockercompat.engine.image import layers, store
from dockercompat.engine.image.compress import install_plain
from dockercompat.engine.system import events
from dockercompat.errors import DockerError, InvalidLayer, InvalidParameter, InvalidReference, NotFound
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import DOCKER_LAYER, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, ImageConfig, Index, Manifest, parse_document
from dockercompat.spec.reference import parse
from dockercompat.storage.tar import open_compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, BinaryIO

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.reference import Reference

    Message = dict[str, Any]

_DOCUMENT_MAX = 32 << 20
_REPORT_S = 0.1
_FIRST = 1 << 16  # bytes that docker has read when it first says how far it is
_PLAIN = (DOCKER_LAYER, OCI_LAYER)


class _Found(Record):
    """An image in an archive."""

    config: ImageConfig
    layers: tuple[str, ...]  # names of members, base first
    names: tuple[Reference, ...]
    manifest: Manifest | None


def load(engine: Engine, source: BinaryIO, *, platform: str = "") -> Iterator[Message]:
    """Take in every image of an archive; yields docker's JSON messages. The process has joined the holder.

    source  read from its beginning; may be compressed, need not be able to seek
    Raises  InvalidParameter for what is no such archive, InvalidLayer
    """
    engine.paths.make()
    layers.sweep(engine)
    spool = f"{engine.paths.temp_dir}/blob-{os.getpid()}-{os.urandom(6).hex()}"
    try:
        with _seekable(source, spool) as file:
            place = f"{engine.paths.temp_dir}/docker-import-{int.from_bytes(os.urandom(4), 'big')}"
            try:
                archive = _Archive(tarfile.open(fileobj=file, mode="r:"), place)
            except (tarfile.TarError, EOFError) as error:
                if not os.fstat(file.fileno()).st_size:
                    raise InvalidParameter(_missing(place, "repositories")) from None
                raise InvalidParameter(_tar_trouble(error, os.fstat(file.fileno()).st_size)) from None
            wanted = platforms.parse(platform) if platform else None
            found = list(archive.images(wanted or platforms.of_host()))
            if wanted is not None:
                found = [each for each in found if platforms.is_exactly(wanted, each.config.platform)]
            for each in found:
                yield from _take(engine, archive, each)
            if not any(each.names for each in found):
                yield {"stream": "".join(f"Loaded image ID: {each.config.image_id}\n" for each in found) or "\n"}
    finally:
        if os.path.exists(spool):
            os.unlink(spool)


def from_layout(engine: Engine, top: str, *, tag: str = "", digest: str = "", platform: platforms.Platform) -> ImageConfig:
    """The image of a platform in an OCI layout on disk; its layers come into the store, no image and no name does.

    tag, digest  which entry of index.json; without both the only one, or the one named latest
    Raises       InvalidParameter, InvalidLayer, NotFound
    """
    layout = _Directory(top)
    entries = list(layout.document("index.json").get("manifests") or ())
    chosen = [each for each in entries if each.get("digest") == digest] if digest else []
    if not digest:
        named = [each for each in entries if (each.get("annotations") or {}).get("org.opencontainers.image.ref.name") == (tag or "latest")]
        chosen = named or (entries if len(entries) == 1 and not tag else [])
    if digest and not chosen and layout.has(_blob_name(digest)):
        chosen = [{"digest": digest}]
    found = layout.found(chosen[0], platform) if chosen else None
    if found is None:
        raise NotFound(f"{digest or tag or 'latest'}: not found in {top}")
    for diff_id, member, blob in zip(found.config.diff_ids, found.layers, found.manifest.layers if found.manifest else ()):
        with layers.lock(engine, diff_id):
            if not layers.claim(engine, diff_id):
                with layout.open(member) as file:
                    _take_layer(engine, file, diff_id, blob.media_type)
    return found.config


def _seekable(source: BinaryIO, spool: str) -> BinaryIO:
    """The archive as an uncompressed file that can seek; the stream is copied when it is not one already."""
    try:
        if source.seekable():
            head = source.read(262)
            source.seek(0)
            if head[257:262] == b"ustar":
                return open(f"/proc/self/fd/{source.fileno()}", "rb")
    except (OSError, ValueError):
        pass
    try:
        plain = open_compressed(source)
        with open(spool, "xb") as file:
            while chunk := plain.read(1 << 20):
                file.write(chunk)
    except (DockerError, OSError):
        raise
    except EOFError:
        raise InvalidParameter("unexpected EOF") from None
    except Exception as error:  # every decompressor has errors of its own
        raise InvalidParameter(str(error)) from None
    return open(spool, "rb")


def _tar_trouble(error: Exception, size_bytes: int) -> str:
    text = str(error)
    return (
        "archive/tar: invalid tar header" if size_bytes >= tarfile.BLOCKSIZE and ("header" in text or "not a" in text) else "unexpected EOF"
    )


def _missing(place: str, name: str) -> str:
    """What docker says of a file that was not in the archive; place: where it would have unpacked it."""
    return f"open {os.path.normpath(f'{place}/{name}')}: no such file or directory"


class _Members:
    """Files by name, as an archive or an OCI layout has them."""

    def has(self, name: str) -> bool:
        raise NotImplementedError

    def open(self, name: str) -> BinaryIO:
        """Raises InvalidParameter when there is no such file."""
        raise NotImplementedError

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read(_DOCUMENT_MAX)

    def document(self, name: str) -> Any:
        from dockercompat.spec import go_json

        try:
            return go_json.loads(self.read(name).decode(errors="replace"), stream=True)
        except go_json.InvalidJson as error:
            text = str(error)
            raise InvalidParameter("unexpected EOF" if text == "unexpected end of JSON input" else text) from None

    def found(self, fields: Mapping[str, Any], wanted: platforms.Platform) -> _Found | None:
        """The image of a platform that an entry of index.json leads to."""
        manifest = self._resolve(fields, wanted)
        if manifest is None:
            return None
        raw = self.read(_blob_name(manifest.config.digest))
        if digests.of(raw) != manifest.config.digest:
            raise InvalidParameter(f"invalid archive: config {manifest.config.digest} is damaged")
        members = tuple(_blob_name(blob.digest) for blob in manifest.layers)
        return _Found(ImageConfig.parse(raw), members, _annotated_names(fields.get("annotations") or {}), manifest)

    def _resolve(self, fields: Mapping[str, Any], wanted: platforms.Platform) -> Manifest | None:
        digest, media_type = str(fields.get("digest") or ""), str(fields.get("mediaType") or "")
        for _ in range(4):
            raw = self.read(_blob_name(digest))
            if digests.of(raw) != digest:
                raise InvalidParameter(f"invalid archive: manifest {digest} is damaged")
            parsed = parse_document(raw, media_type)
            if isinstance(parsed, Manifest):
                return parsed
            entry = parsed.choose(wanted) if isinstance(parsed, Index) else None
            if entry is None:
                return None
            digest, media_type = entry.digest, entry.media_type
        return None


class _Directory(_Members):
    """An OCI layout on disk."""

    def __init__(self, top: str) -> None:
        self._top = top

    def has(self, name: str) -> bool:
        return os.path.isfile(f"{self._top}/{name}")

    def open(self, name: str) -> BinaryIO:
        try:
            return open(f"{self._top}/{name}", "rb")
        except OSError as error:
            raise InvalidParameter(f"open {self._top}/{name}: {(error.strerror or str(error)).lower()}") from None


class _Archive(_Members):
    """The members of an archive by name."""

    def __init__(self, tar: tarfile.TarFile, place: str) -> None:
        self._tar = tar
        self._place = place
        self._members: dict[str, tarfile.TarInfo] = {}
        try:
            for member in tar:
                self._members[os.path.normpath(member.name)] = member
        except (tarfile.TarError, EOFError) as error:
            raise InvalidParameter(_tar_trouble(error, tarfile.BLOCKSIZE)) from None

    def open(self, name: str) -> BinaryIO:
        """Raises InvalidParameter when there is no such member."""
        member = self._members.get(os.path.normpath(name))
        for _ in range(8):
            if member is None or not (member.issym() or member.islnk()):
                break
            target = member.linkname if member.islnk() else os.path.join(os.path.dirname(member.name), member.linkname)
            member = self._members.get(os.path.normpath(target))
        file = self._tar.extractfile(member) if member is not None and member.isreg() else None
        if file is None:
            raise InvalidParameter(_missing(self._place, name))
        return file  # type: ignore[return-value]

    def has(self, name: str) -> bool:
        return os.path.normpath(name) in self._members

    def images(self, wanted: platforms.Platform) -> Iterator[_Found]:
        if "manifest.json" in self._members:
            yield from self._docker()
        elif "index.json" in self._members:
            yield from self._oci(wanted)
        else:
            raise InvalidParameter(_missing(self._place, "repositories"))

    def _docker(self) -> Iterator[_Found]:
        by_config = self._manifests() if "index.json" in self._members else {}
        entries = self.document("manifest.json")
        if not isinstance(entries, list):
            raise InvalidParameter("invalid archive: manifest.json is not a list")
        for entry in entries:
            config = ImageConfig.parse(self.read(str(entry.get("Config") or "")))
            if not isinstance(config.fields.get("rootfs"), dict):
                raise InvalidParameter("invalid image JSON, no RootFS key")
            names = tuple(_checked_name(text) for text in entry.get("RepoTags") or ())
            members = tuple(str(each) for each in entry.get("Layers") or ())
            if len(members) != len(config.diff_ids):
                raise InvalidParameter(f"invalid manifest, layers length mismatch: expected {len(members)}, got {len(config.diff_ids)}")
            yield _Found(config, members, names, by_config.get(config.image_id))

    def _manifests(self) -> dict[str, Manifest]:
        """Manifests of the OCI layout by the digest of their config."""
        found: dict[str, Manifest] = {}
        for fields in self.document("index.json").get("manifests") or ():
            name = _blob_name(str(fields.get("digest") or ""))
            if name in self._members:
                try:
                    parsed = parse_document(self.read(name), str(fields.get("mediaType") or ""))
                except InvalidParameter:
                    continue  # an attestation or an artifact
                if isinstance(parsed, Manifest):
                    found[parsed.config.digest] = parsed
        return found

    def _oci(self, wanted: platforms.Platform) -> Iterator[_Found]:
        for fields in self.document("index.json").get("manifests") or ():
            found = self.found(fields, wanted)
            if found is not None:
                yield found


def _blob_name(digest: str) -> str:
    if not digests.is_digest(digest):
        raise InvalidParameter(f"invalid archive: {digest!r} is no digest")
    return f"blobs/{digest.replace(':', '/')}"


def _checked_name(text: str) -> Reference:
    reference = parse(str(text))
    if not reference.tag:
        raise InvalidParameter(f'invalid tag "{text}"')
    return reference


def _annotated_names(annotations: Mapping[str, str]) -> tuple[Reference, ...]:
    """The name of an entry of an OCI layout: containerd's annotation, or a whole reference in the standard one."""
    for key in ("io.containerd.image.name", "org.opencontainers.image.ref.name"):
        text = annotations.get(key) or ""
        if text and (key.startswith("io.") or "/" in text or ":" in text):
            try:
                return (parse(text).tagged.replace(digest=""),)
            except InvalidReference:
                continue
    return ()


def _take(engine: Engine, archive: _Archive, found: _Found) -> Iterator[Message]:
    blobs = found.manifest.layers if found.manifest is not None and len(found.manifest.layers) == len(found.layers) else ()
    for number, (diff_id, member) in enumerate(zip(found.config.diff_ids, found.layers)):
        with layers.lock(engine, diff_id):
            if not layers.claim(engine, diff_id):
                yield from _taking(engine, archive, member, diff_id, blobs[number].media_type if blobs else "")
    document = found.config
    image_id = document.image_id
    with engine.db.transaction():
        store.add(engine, document)
        if found.manifest is not None and not all(blob.media_type in _PLAIN for blob in found.manifest.layers):
            for repository in {name.repository for name in found.names} or {""}:
                store.add_manifest(engine, repository, found.manifest.digest, image_id, found.manifest.media_type, found.manifest.raw)
        displaced = {name: store.set_tag(engine, name, image_id) for name in found.names}
    for name in found.names:
        if displaced[name]:
            text = f"The image {name.familiar} already exists, renaming the old one with ID {displaced[name]} to empty string\n"
            yield {"stream": text}
        yield {"stream": f"Loaded image: {name.familiar}\n"}
    events.record(engine, "image", "load", image_id, {"name": image_id})


def _taking(engine: Engine, archive: _Members, member: str, diff_id: str, media_type: str) -> Iterator[Message]:
    """Take in one layer in a thread of its own, and tell how far it has been read meanwhile."""
    with archive.open(member) as file:
        total = file.seek(0, os.SEEK_END)
        file.seek(0)
        failures: list[BaseException] = []

        def work() -> None:
            own = engine.for_thread()
            try:
                _take_layer(own, file, diff_id, media_type)
            except BaseException as error:  # raised again by the thread that waits
                failures.append(error)
            finally:
                own.db.close()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        current = min(_FIRST, total)
        while True:
            yield {"status": "Loading layer", "progressDetail": {"current": current, "total": total}, "id": digests.short(diff_id)}
            if current == total and not thread.is_alive():
                break
            thread.join(_REPORT_S)
            current = file.tell() if thread.is_alive() else total
            if failures:
                raise failures[0]


def _take_layer(engine: Engine, file: BinaryIO, diff_id: str, media_type: str) -> None:
    compressed = file.read(4)
    file.seek(0)
    plain = open_compressed(file)
    if not _is_wire_form(compressed):
        install_plain(engine, plain, expected=diff_id)
        return
    try:
        extracted = layers.install(engine, plain, expected=diff_id)
    except (DockerError, OSError):
        raise
    except Exception as error:  # every decompressor has errors of its own
        raise InvalidLayer(f"failed to load layer {diff_id}: {error}") from None
    file.seek(0)
    with layers.content(engine).writer() as writer:  # as it came, for a later push
        while chunk := file.read(1 << 20):
            writer.write(chunk)
        digest = writer.commit()
    layers.record(engine, diff_id, extracted.size_bytes)
    layers.record_blob(engine, diff_id, digest, media_type or _media_type(compressed), writer.size, kept=True)


def _is_wire_form(head: bytes) -> bool:
    """Whether this is a form that a registry takes, too."""
    return head[:2] == b"\x1f\x8b" or head[:4] == b"\x28\xb5\x2f\xfd"


def _media_type(head: bytes) -> str:
    return OCI_LAYER_GZIP if head[:2] == b"\x1f\x8b" else OCI_LAYER_ZSTD
