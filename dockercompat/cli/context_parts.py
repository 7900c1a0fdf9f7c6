"""What contexts are made from: the pairs of --docker with the files of TLS that they name, and archives of `context export`."""

from __future__ import annotations

import ssl

from dockercompat.errors import ClientError, DockerError, InvalidParameter
from dockercompat.spec import csvline, go_json
from dockercompat.spec.env import go_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from dockercompat.cli.contexts import Store

_TLS_KEYS = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_REFUSED = "unable to create docker endpoint config: "
_BLOCK = 512  # of a tar archive


def key_values(texts: Iterable[str]) -> dict[str, str]:
    """The pairs of the values of --docker: `a=b`, or several as a line of CSV. Raises InvalidParameter with pflag's reason."""
    pairs = {}
    for text in texts:
        for pair in [text.strip('"')] if text.count("=") == 1 else csvline.parse_line(text) if text.count("=") else [text]:
            key, equals, value = pair.partition("=")
            if not equals:
                raise InvalidParameter(f"{pair} must be formatted as key=value")
            pairs[key] = value
    return pairs


def endpoint_of(store: Store, settings: dict[str, str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The endpoint that --docker describes, and its files of TLS. Raises ClientError in docker's words."""
    try:
        return _endpoint_of(store, settings)
    except DockerError as error:
        raise ClientError(f"{_REFUSED}{error}") from None


def _endpoint_of(store: Store, settings: dict[str, str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    for key in sorted(settings):
        if key not in ("from", "host", "skip-tls-verify", *_TLS_KEYS):
            raise ClientError(f"unrecognized config key: {key}")
    if "from" in settings:
        return dict(store.load(settings["from"]).document["Endpoints"]["docker"]), {}
    files = {}
    for key, entry in _TLS_KEYS.items():
        if settings.get(key):
            try:
                with open(settings[key], "rb") as file:
                    files[entry] = file.read()
            except IsADirectoryError:
                raise ClientError(f"read {settings[key]}: is a directory") from None
            except OSError as error:
                raise ClientError(f"open {settings[key]}: {go_reason(error)}") from None
    skip = settings.get("skip-tls-verify", "false")
    if skip not in (*_TRUE, *_FALSE):
        raise ClientError(f'skip-tls-verify: parsing "{skip}": invalid syntax')
    host = settings.get("host", "")
    if host:
        _check(host, files)
    return {**({"Host": host} if host else {}), "SkipTLSVerify": skip in _TRUE}, files


def _check(host: str, files: dict[str, bytes]) -> None:
    """Raises DockerError where docker could make no client of an endpoint."""
    from dockercompat.spec import endpoint

    scheme, separator, rest = host.partition("://")
    try:
        if scheme == "ssh":
            endpoint.check_ssh(host)
        elif separator:
            if scheme != scheme.strip():
                raise InvalidParameter(f'parse "{host}": first path segment in URL cannot contain colon')
            endpoint.check_url_host(scheme, rest.partition("/")[0])
        _check_tls(files)
    except DockerError as error:
        raise ClientError(f"invalid docker endpoint options: {error}") from None
    if scheme == "ssh" and separator:
        return
    try:
        endpoint.check_context_host(host)
    except DockerError as error:
        raise ClientError(f"unable to apply docker endpoint options: {error}") from None


def _check_tls(files: dict[str, bytes]) -> None:
    retrieved = "failed to retrieve context tls info: "
    if "ca.pem" in files:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=files["ca.pem"].decode("ascii"))
        except (ssl.SSLError, ValueError):
            raise ClientError(f"{retrieved}ca.pem seems invalid") from None
    if "key.pem" not in files or "cert.pem" not in files:
        return
    key, certificate = files["key.pem"], files["cert.pem"]
    if b"-----BEGIN " not in key:
        raise ClientError("no valid private key found")
    if b"ENCRYPTED" in key:
        raise ClientError(
            "private key is encrypted - support for encrypted private keys has been removed, see https://docs.docker.com/go/deprecated/"
        )
    if b"-----BEGIN CERTIFICATE-----" not in certificate:
        if b"-----BEGIN " not in certificate:
            raise ClientError(f"{retrieved}tls: failed to find any PEM data in certificate input")
        if b"PRIVATE KEY-----" in certificate:
            raise ClientError(
                f"{retrieved}tls: failed to find certificate PEM data in certificate input, but did find a private key; "
                "PEM inputs may have been switched"
            )
        raise ClientError(f'{retrieved}tls: failed to find "CERTIFICATE" PEM block in certificate input')
    if b"PRIVATE KEY-----" not in key:
        raise ClientError(f"{retrieved}tls: found a certificate rather than a key in the PEM for the private key")
    if problem := _pair_problem(certificate, key):
        raise ClientError(f"{retrieved}{problem}")


def _pair_problem(certificate: bytes, key: bytes) -> str:
    """What OpenSSL finds wrong with a certificate and its key, as Go's crypto/tls says it; "" for a pair."""
    import tempfile

    with tempfile.NamedTemporaryFile() as certificate_file, tempfile.NamedTemporaryFile() as key_file:
        for file, content in ((certificate_file, certificate), (key_file, key)):
            file.write(content)
            file.flush()
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate_file.name, key_file.name)
        except ssl.SSLError as error:
            if error.reason == "KEY_TYPE_MISMATCH":
                return "tls: private key type does not match public key type"
            if error.reason == "KEY_VALUES_MISMATCH":
                return "tls: private key does not match public key"
            return "tls: failed to parse private key"
    return ""


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a context's archive, a tar or a zip, in its order. Raises ClientError when it is neither."""
    import io
    import tarfile
    import zipfile

    if data[:4] == b"PK\3\4":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in archive.namelist():
                    if not name.endswith("/"):
                        yield name, archive.read(name)
        except zipfile.BadZipFile:
            raise ClientError("zip: not a valid zip file") from None
        return
    if 0 < len(data) < _BLOCK:
        raise ClientError("unexpected EOF")
    padded = data + bytes(-len(data) % _BLOCK + 2 * _BLOCK)  # docker's own export lacks the end
    try:
        with tarfile.open(fileobj=io.BytesIO(padded), mode="r:") as tar:
            for member in tar:
                opened = tar.extractfile(member) if member.isreg() else None
                if opened is not None:
                    yield member.name, opened.read()
    except (tarfile.TarError, OSError):
        raise ClientError("archive/tar: invalid tar header") from None


def metadata_of(content: bytes) -> dict[str, Any]:
    """meta.json as docker's store reads it. Raises ClientError."""
    try:
        document = go_json.loads(content.decode(errors="replace"))
    except go_json.InvalidJson as error:
        raise ClientError(str(error)) from None
    if not isinstance(document, dict):
        kinds = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
        raise ClientError(f"json: cannot unmarshal {kinds.get(type(document), 'value')} into Go value of type store.Metadata")
    found: dict[str, Any] = {}
    if isinstance(document.get("Metadata"), dict):
        found["Metadata"] = dict(sorted(document["Metadata"].items()))
    endpoints = document.get("Endpoints")
    if isinstance(endpoints, dict) and endpoints:
        found["Endpoints"] = {key: _endpoint_document(value) for key, value in endpoints.items()}
    return found


def _endpoint_document(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {**({"Host": value["Host"]} if value.get("Host") else {}), "SkipTLSVerify": bool(value.get("SkipTLSVerify"))}
