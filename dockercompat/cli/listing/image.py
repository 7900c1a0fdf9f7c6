"""`docker images`: rows of GET /images/json, one line for each name of an image."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import ago, short_id, split_reference
from dockercompat.spec.clock import go_string
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Row:
    __slots__ = ("api", "digest", "repository", "tag", "truncated")

    def __init__(self, api: dict[str, Any], truncated: bool, repository: str, tag: str, digest: str) -> None:
        self.api = api
        self.truncated = truncated
        self.repository = repository
        self.tag = tag
        self.digest = digest


def _id(row: Row) -> str:
    return short_id(row.api["Id"]) if row.truncated else str(row.api["Id"])


def _repository(row: Row) -> str:
    return row.repository


def _tag(row: Row) -> str:
    return row.tag


def _digest(row: Row) -> str:
    return row.digest


def _created_since(row: Row) -> str:
    return ago(row.api.get("Created") or 0)


def _created_at(row: Row) -> str:
    return go_string(int(row.api.get("Created") or 0) * 1_000_000_000)


def _size(row: Row) -> str:
    return human_size(row.api.get("Size") or 0, 3)


def _virtual_size(row: Row) -> str:
    return human_size(row.api.get("Size") or 0)


def _containers(row: Row) -> str:
    count = row.api.get("Containers", -1)
    return "N/A" if count == -1 else str(count)


def _shared_size(row: Row) -> str:
    shared = row.api.get("SharedSize", -1)
    return "N/A" if shared == -1 else human_size(shared)


def _unique_size(row: Row) -> str:
    shared, size = row.api.get("SharedSize", -1), row.api.get("Size", -1)
    return "N/A" if -1 in (shared, size) else human_size(size - shared)


NOUN = Noun(
    go_type="*formatter.imageContext",
    fields={
        "ID": _id,
        "Repository": _repository,
        "Tag": _tag,
        "Digest": _digest,
        "CreatedSince": _created_since,
        "CreatedAt": _created_at,
        "Size": _size,
        "Containers": _containers,
        "VirtualSize": _virtual_size,
        "SharedSize": _shared_size,
        "UniqueSize": _unique_size,
    },
    titles={
        "ID": "IMAGE ID",
        "Repository": "REPOSITORY",
        "Tag": "TAG",
        "Digest": "DIGEST",
        "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT",
        "Size": "SIZE",
        "Containers": "CONTAINERS",
        "VirtualSize": "SIZE",
        "SharedSize": "SHARED SIZE",
        "UniqueSize": "UNIQUE SIZE",
    },
)


def full_format(format: str, quiet: bool, digests: bool) -> str:
    if format in ("", "table"):
        if quiet:
            return "{{.ID}}"
        digest = "{{.Digest}}\t" if digests else ""
        return "table {{.Repository}}\t{{.Tag}}\t" + digest + "{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
    if format == "raw":
        if quiet:
            return "image_id: {{.ID}}"
        digest = "digest: {{.Digest}}\n" if digests else ""
        return (
            "repository: {{ .Repository }}\ntag: {{.Tag}}\n"
            + digest
            + "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n"
        )
    if format.startswith("table") and digests and "{{.Digest}}" not in format:
        return format + "\t{{.Digest}}"
    return format


def render(rows: Iterable[dict[str, Any]], *, format: str = "", quiet: bool = False, no_trunc: bool = False, digests: bool = False) -> str:
    """The text of `docker images`.

    format   --format; where it is not given and quiet isn't either, imagesFormat of config.json
    digests  --digests: a DIGEST column in the table and raw forms
    """
    whole = full_format(format, quiet, digests)
    lines: list[Row] = []
    for api in rows:
        lines.extend(name_rows(api, not no_trunc, digests, digests or "{{.Digest}}" in whole))
    return render_table(NOUN, lines, whole)


def is_dangling(api: dict[str, Any]) -> bool:
    tags, digests = api.get("RepoTags") or [], api.get("RepoDigests") or []
    return (not tags and not digests) or (tags == ["<none>:<none>"] and digests == ["<none>@<none>"])


def name_rows(api: dict[str, Any], truncated: bool, digests: bool, needs_digest: bool) -> list[Row]:
    """A row for each tag (and each of its digests, where digests are shown), and one for each name that has digests alone."""
    if is_dangling(api):
        return [Row(api, truncated, "<none>", "<none>", "<none>")]
    tags: dict[str, list[str]] = {}
    for reference in api.get("RepoTags") or ():
        name, tag, _ = split_reference(reference)
        if tag:
            tags.setdefault(name, []).append(tag)
    by_digest: dict[str, list[str]] = {}
    for reference in api.get("RepoDigests") or ():
        name, _, digest = split_reference(reference)
        if digest:
            by_digest.setdefault(name, []).append(digest)
    lines: list[Row] = []
    for name, each in tags.items():
        own = by_digest.pop(name, [])
        for tag in each:
            lines.extend(Row(api, truncated, name, tag, digest) for digest in (own if needs_digest and own else ["<none>"]))
    for name, each in by_digest.items():
        lines.extend(Row(api, truncated, name, "<none>", digest) for digest in (each if digests else [""]))
    return lines
