"""The packages in an image as an SPDX document: what the package databases of Debian, Alpine and Python say.

Spec    SPDX 2.3 (JSON); /var/lib/dpkg/status; /lib/apk/db/installed; METADATA of the core metadata specifications
"""

from __future__ import annotations

import os
from urllib.parse import quote

from dockercompat import json
from dockercompat.record import Record
from dockercompat.spec import clock
from dockercompat.spec.image_set import Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

PREDICATE_TYPE = "https://spdx.dev/Document"


class Package(Record):
    """A package of an image. kind: as package URLs have it (deb, apk, pypi)."""

    kind: str
    name: str
    version: str
    architecture: str = ""

    @property
    def purl(self) -> str:
        arch = f"?arch={quote(self.architecture)}" if self.architecture else ""
        return f"pkg:{self.kind}/{quote(self.name)}@{quote(self.version)}{arch}"


def statement(layer_dirs: Sequence[str], name: str, created_ns: int) -> Statement:
    """What is attested of a stack of layers (base first)."""
    return Statement(PREDICATE_TYPE, json.dumps(document(packages(layer_dirs), name, created_ns), separators=(",", ":")))


def document(found: Sequence[Package], name: str, created_ns: int) -> dict[str, Any]:
    """An SPDX 2.3 document that describes one image."""
    entries = []
    relations = []
    for number, each in enumerate(found):
        spdx_id = f"SPDXRef-Package-{each.kind.replace('/', '-')}-{number}"
        entries.append(
            {
                "name": each.name,
                "SPDXID": spdx_id,
                "versionInfo": each.version,
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": each.purl}],
            }
        )
        relations.append({"spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": spdx_id, "relationshipType": "DESCRIBES"})
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{quote(name, safe='')}-{created_ns}",
        "creationInfo": {"created": clock.format_ns(created_ns)[:19] + "Z", "creators": ["Tool: pydocker"]},
        "packages": entries,
        "relationships": relations,
    }


def packages(layer_dirs: Sequence[str]) -> list[Package]:
    """Packages of a stack of layers, base first, in the order of their names."""
    found: set[Package] = set()
    text = _topmost(layer_dirs, "var/lib/dpkg/status")
    found.update(
        Package("deb/debian", each["Package"], each["Version"], each.get("Architecture", ""))
        for each in _stanzas(text, ": ")
        if "Package" in each and "Version" in each and each.get("Status", "install ok installed").endswith(" installed")
    )
    text = _topmost(layer_dirs, "lib/apk/db/installed") or _topmost(layer_dirs, "usr/lib/apk/db/installed")
    found.update(
        Package("apk/alpine", each["P"], each["V"], each.get("A", "")) for each in _stanzas(text, ":") if "P" in each and "V" in each
    )
    for directory in layer_dirs:
        found.update(_python(directory))
    return sorted(found, key=lambda each: (each.kind, each.name, each.version))


def _topmost(layer_dirs: Sequence[str], path: str) -> str:
    for directory in reversed(layer_dirs):
        try:
            with open(f"{directory}/{path}", encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            continue
    return ""


def _stanzas(text: str, separator: str) -> Iterator[dict[str, str]]:
    for stanza in text.split("\n\n"):
        fields = dict(line.partition(separator)[::2] for line in stanza.split("\n") if line and not line[0].isspace())
        if fields:
            yield fields


def _python(directory: str) -> Iterator[Package]:
    """Installed distributions: `.../site-packages/NAME-VERSION.dist-info`, also Debian's dist-packages."""
    for base in ("usr/lib", "usr/local/lib", "opt"):
        for parent, dirs, _ in os.walk(f"{directory}/{base}"):
            for each in list(dirs):
                if each.endswith(".dist-info") and parent.endswith("-packages"):
                    name, dash, version = each.removesuffix(".dist-info").rpartition("-")
                    if dash:
                        yield Package("pypi", name.lower().replace("_", "-"), version)
            dirs[:] = [each for each in dirs if not each.endswith((".dist-info", ".egg-info")) and each != "__pycache__"]
