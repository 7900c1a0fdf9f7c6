"""How an image was built, as SLSA provenance says it: base images, build arguments, the Dockerfile, times.

Spec    https://slsa.dev/spec/v0.2/provenance; BuildKit docs/attestations/slsa-provenance
"""

from __future__ import annotations

import base64
import hashlib
import os

from dockercompat import json
from dockercompat.build.planning.graph import GitOp, ImageOp, UrlOp, describe
from dockercompat.build.solving.git import is_git
from dockercompat.record import Record
from dockercompat.spec import clock
from dockercompat.spec.image_set import Statement, purl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.build.context import Context
    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.request import Request

PREDICATE_TYPE = "https://slsa.dev/provenance/v0.2"
_BUILD_TYPE = "https://mobyproject.org/buildkit@v1"
_METADATA = "https://mobyproject.org/buildkit@v1#metadata"


class Facts(Record):
    """What is known at the end of a build. plans: one a platform; times are nanoseconds since 1970."""

    request: Request
    context: Context
    plans: tuple[Plan, ...]
    began_ns: int
    ended_ns: int


def predicate(facts: Facts, plan: Plan, *, mode: str = "min") -> dict[str, Any]:
    """The predicate of one platform's image. mode: min (no arguments, no source), max, or "" for what a metadata file shows."""
    request = facts.request
    options = request.options
    parameters: dict[str, Any] = {"frontend": "dockerfile.v0"}
    if mode == "max":
        args = {f"build-arg:{name}": value for name, value in options.build_args}
        args.update({f"label:{name}": value for name, value in options.labels})
        if options.target:
            args["target"] = options.target
        if args:
            parameters["args"] = dict(sorted(args.items()))
        if request.secrets:
            parameters["secrets"] = [{"id": name, "optional": True} for name, _ in request.secrets]
        if request.ssh:
            parameters["ssh"] = [{"id": name, "optional": True} for name, _ in request.ssh]
    parameters["locals"] = [{"name": "context"}, {"name": "dockerfile"}]
    entry = os.path.basename(request.file) if request.file not in ("", "-") else facts.context.name
    source: dict[str, Any] = {"entryPoint": entry}
    if is_git(request.where) or request.where.startswith(("http://", "https://")):
        source["uri"] = request.where
    told: dict[str, Any] = {
        "builder": {"id": ""},
        "buildType": _BUILD_TYPE,
        "materials": materials(plan),
        "invocation": {"configSource": source, "parameters": parameters, "environment": {"platform": platform_of(plan)}},
    }
    if not mode:
        return told
    metadata: dict[str, Any] = {
        "buildInvocationID": hashlib.sha256(f"{facts.began_ns} {os.getpid()}".encode()).hexdigest()[:25],
        "buildStartedOn": clock.format_ns(facts.began_ns),
        "buildFinishedOn": clock.format_ns(facts.ended_ns),
        "completeness": {"parameters": mode == "max", "environment": True, "materials": False},
        "reproducible": False,
    }
    if mode == "max":
        numbers = {digest: number for number, digest in enumerate(plan.graph.vertices)}
        told["buildConfig"] = {
            "steps": [
                {
                    "id": f"step{numbers[vertex.digest]}",
                    "op": describe(vertex.op),
                    "inputs": [f"step{numbers[each]}" for each in vertex.inputs if each],
                }
                for vertex in plan.graph
            ]
        }
        text = base64.b64encode(facts.context.dockerfile).decode()
        metadata[_METADATA] = {"source": {"infos": [{"filename": entry, "language": "Dockerfile", "data": text}]}}
    told["metadata"] = metadata
    return told


def statement(facts: Facts, plan: Plan, mode: str) -> Statement:
    """What is attached to an image. mode: min or max."""
    return Statement(PREDICATE_TYPE, json.dumps(predicate(facts, plan, mode=mode), separators=(",", ":"), ensure_ascii=False))


def materials(plan: Plan) -> list[dict[str, Any]]:
    """What went in from elsewhere: images by their digest, files and repositories by URL."""
    found: list[dict[str, Any]] = []
    for vertex in plan.graph:
        op = vertex.op
        entry: dict[str, Any] = {}
        if isinstance(op, ImageOp) and not op.reference.startswith(("sha256:", "oci-layout://")):
            name, _, digest = op.reference.partition("@")
            entry = {"uri": purl(name, platform_of(plan)), "digest": {"sha256": (digest or op.image_id).partition(":")[2]}}
        elif isinstance(op, UrlOp):
            entry = {"uri": op.url}
            if op.checksum:
                entry["digest"] = {"sha256": op.checksum.partition(":")[2]}
        elif isinstance(op, GitOp):
            entry = {"uri": op.url}
        if entry and entry not in found:
            found.append(entry)
    return sorted(found, key=lambda each: str(each["uri"]))


def platform_of(plan: Plan) -> str:
    """`linux/amd64`: of the image that a plan makes."""
    fields = plan.image
    return "/".join(part for part in (fields.get("os"), fields.get("architecture"), fields.get("variant")) if part)


def of_files(facts: Facts, plan: Plan, mode: str, root: str) -> bytes:
    """`provenance.json` beside the files of a result: their digests are its subjects."""
    return statement_of_files(root, PREDICATE_TYPE, predicate(facts, plan, mode=mode))


def statement_of_files(root: str, predicate_type: str, told: object) -> bytes:
    """An in-toto statement about all regular files below root. told: its predicate."""
    subjects = []
    for parent, dirs, names in os.walk(root):
        dirs.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                subjects.append({"name": os.path.relpath(path, root), "digest": {"sha256": digest}})
    fields = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": predicate_type,
        "subject": sorted(subjects, key=lambda each: str(each["name"])),
        "predicate": told,
    }
    return json.dumps(fields, indent=2, ensure_ascii=False).encode("utf-8", "replace")
