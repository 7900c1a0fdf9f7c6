"""A registry's verbs (distribution-spec): manifests, tags, blobs, uploads."""

from __future__ import annotations

from dockercompat import json
from dockercompat.distribution import auth as auths
from dockercompat.distribution.connection import Connection
from dockercompat.distribution.failures import RegistryError, body, explain
from dockercompat.errors import InvalidParameter, NoAnswer, Unavailable
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec.image import DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from dockercompat.distribution.credentials import Credentials
    from dockercompat.distribution.policy import RegistryPolicy

_ACCEPT = ", ".join((DOCKER_MANIFEST, DOCKER_INDEX, OCI_MANIFEST, OCI_INDEX, "application/vnd.docker.distribution.manifest.v1+prettyjws"))


class Document(Record):
    """A manifest or an index as received."""

    raw: bytes
    media_type: str
    digest: str

    def verify(self) -> None:
        """Raises InvalidParameter when it is not what its digest says."""
        if self.digest.startswith("sha256:") and digests.of(self.raw) != self.digest:
            raise InvalidParameter(f"manifest verification failed for digest {self.digest}")


class RegistryClient:
    """One registry as one user sees it. It may be used by several threads."""

    def __init__(
        self, domain: str, credentials: Credentials | None = None, *, policy: RegistryPolicy | None = None, scheme: str = ""
    ) -> None:
        self._connection = Connection(domain, credentials, policy=policy, scheme=scheme)

    def connect(self) -> None:
        """Find out whether the registry is there. Raises Unavailable."""
        self._connection.connect()

    def manifest(self, path: str, tag_or_digest: str, *, verify: bool = True) -> Document:
        """Fetch a manifest or an index. Raises InvalidParameter when it is not what its digest says."""
        is_digest = ":" in tag_or_digest
        url, accept = f"/v2/{path}/manifests/{tag_or_digest}", {"Accept": _ACCEPT}
        response = self._connection.request("GET", url, _pull(path), headers=accept, shown="" if is_digest else "HEAD")
        raw = body(response)
        document = Document(raw, response.headers.get("Content-Type", ""), tag_or_digest if is_digest else digests.of(raw))
        if verify:
            document.verify()
        return document

    def put_manifest(self, path: str, tag_or_digest: str, raw: bytes, media_type: str) -> str:
        """Upload a manifest or an index; its digest."""
        self._connection.request(
            "PUT", f"/v2/{path}/manifests/{tag_or_digest}", _push(path), headers={"Content-Type": media_type}, data=raw, ok=(200, 201, 202)
        )
        return digests.of(raw)

    def tags(self, path: str) -> list[str]:
        """All tags of a repository."""
        found: list[str] = []
        url = f"/v2/{path}/tags/list?n=1000"
        while url:
            response = self._connection.request("GET", url, _pull(path))
            found += json.loads(body(response)).get("tags") or []
            url = _next_page(response.headers.get("Link", ""))
        return found

    def blob_size(self, path: str, digest: str, *, for_push: bool = False) -> int:
        """Size of a blob in bytes, -1 when the repository has no such blob."""
        try:
            response = self._connection.request("HEAD", f"/v2/{path}/blobs/{digest}", _push(path) if for_push else _pull(path))
        except RegistryError as error:
            if error.status == 404:
                return -1
            raise
        return int(response.headers.get("Content-Length") or 0)

    def open_blob(self, path: str, digest: str, offset: int = 0) -> tuple[requests.Response, int]:
        """Start to read a blob; the response, and the offset that it begins at (0 where the registry knows no ranges)."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        response = self._connection.request(
            "GET", f"/v2/{path}/blobs/{digest}", _pull(path), headers=headers, ok=(200, 206, 416), stream=True
        )
        if response.status_code == 416:
            response.close()
            response = self._connection.request("GET", f"/v2/{path}/blobs/{digest}", _pull(path), stream=True)
        return response, (offset if response.status_code == 206 else 0)

    def mount_blob(self, path: str, digest: str, from_path: str) -> str:
        """Take over a blob from another repository of this registry; "" when that was done, else the URL of an upload."""
        scopes = (*_push(path), auths.repository_scope(from_path, "pull"))
        url = f"/v2/{path}/blobs/uploads/?mount={digest}&from={from_path}"
        response = self._connection.request("POST", url, scopes, ok=(201, 202))
        return "" if response.status_code == 201 else self._connection.location(response)

    def start_upload(self, path: str) -> str:
        """The URL of a new upload."""
        return self._connection.location(self._connection.request("POST", f"/v2/{path}/blobs/uploads/", _push(path), ok=(202,)))

    def upload_chunk(self, path: str, url: str, chunk: bytes, offset: int) -> str:
        """Send the next piece of a blob; the URL for the one after it. Raises RegistryError with status 416 when the offset is wrong."""
        headers = {"Content-Type": "application/octet-stream", "Content-Range": f"{offset}-{offset + len(chunk) - 1}"}
        return self._connection.location(
            self._connection.request("PATCH", url, _push(path), headers=headers, data=chunk, ok=(202,), tries=1)
        )

    def upload_offset(self, path: str, url: str) -> tuple[int, str]:
        """How many bytes of an upload have arrived, and the URL to go on with."""
        response = self._connection.request("GET", url, _push(path), ok=(204,))
        last = response.headers.get("Range", "0-0").rpartition("-")[2]
        length = int(last or 0)
        return (length + 1 if length else 0), self._connection.location(response)

    def finish_upload(self, path: str, url: str, digest: str) -> None:
        """Have the registry take what was uploaded for the blob of this digest."""
        joint = "&" if "?" in url else "?"
        self._connection.request("PUT", f"{url}{joint}digest={digest}", _push(path), headers={"Content-Length": "0"}, ok=(201, 204))


def read_pieces(response: requests.Response, size: int) -> Iterator[bytes]:
    """The body of an answer in pieces of at most size bytes. Raises Unavailable when the connection breaks."""
    import requests
    import urllib3

    try:
        while True:
            piece = response.raw.read(size, decode_content=False)
            if not piece:
                return
            yield piece
    except (urllib3.exceptions.HTTPError, requests.exceptions.RequestException, OSError) as error:
        silent = isinstance(error, urllib3.exceptions.ReadTimeoutError)
        kind = NoAnswer if silent else Unavailable
        raise kind(f"the connection to the registry broke: {explain(error, response.url)}") from None


def _pull(path: str) -> tuple[str, ...]:
    return (auths.repository_scope(path, "pull"),)


def _push(path: str) -> tuple[str, ...]:
    return (auths.repository_scope(path, "pull", "push"),)


def _next_page(link: str) -> str:
    if 'rel="next"' not in link:
        return ""
    return link.partition("<")[2].partition(">")[0]
