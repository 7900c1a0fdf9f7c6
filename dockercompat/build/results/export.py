"""What becomes of the results of a build: an image in the store, archives, files; their configs are as BuildKit writes them."""

from __future__ import annotations

import os
import re
import time

from dockercompat.build.request import Built
from dockercompat.build.results import cache, provenance, rewrite, sbom
from dockercompat.build.results import output as outputs
from dockercompat.engine.image import extras, stack, store
from dockercompat.engine.image.archive import Archive
from dockercompat.engine.image.create import create_image
from dockercompat.errors import BuildFailed, DockerError
from dockercompat.spec import clock
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import ImageConfig
from dockercompat.spec.image_set import Assembled, Statement
from dockercompat.spec.number import quoted
from dockercompat.spec.reference import parse, parse_canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, BinaryIO

    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.request import Output, Request
    from dockercompat.build.results.provenance import Facts
    from dockercompat.build.solving.inputs import Outcome
    from dockercompat.build.solving.report import Reporter, Step
    from dockercompat.engine.engine import Engine

_ORDER = ("architecture", "author", "config", "created", "history", "os", "rootfs", "variant")


def image_config(
    plan: Plan, outcomes: Mapping[str, Outcome], epoch_s: int | None = None, diff_ids: Sequence[str] | None = None
) -> ImageConfig:
    """The document of the image that a solved plan makes. The same cached steps give the same bytes.

    epoch_s   SOURCE_DATE_EPOCH: what every new entry and the image itself say of their time
    diff_ids  its layers where they are not those of the plan's result
    """
    history = [_entry(entry, outcomes, epoch_s) for entry in plan.image["history"]]
    _fill_created(history)
    fields = {name: value for name, value in plan.image.items() if value not in ("", None)}
    fields["config"] = dict(sorted(plan.image["config"].items()))
    now = clock.format_ns(time.time_ns() if epoch_s is None else epoch_s * 1_000_000_000)
    fields["created"] = history[-1]["created"] if history and epoch_s is None else now
    fields["history"] = history
    fields["rootfs"] = {"type": "layers", "diff_ids": list(outcomes[plan.result].diff_ids if diff_ids is None else diff_ids)}
    ordered = {name: fields.pop(name) for name in _ORDER if name in fields}
    return ImageConfig.make({**ordered, **fields})


def _entry(entry: Mapping[str, Any], outcomes: Mapping[str, Outcome], epoch_s: int | None) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if epoch_s is not None and not entry.get("created"):
        made["created"] = clock.format_ns(epoch_s * 1_000_000_000)
    elif "vertex" in entry:
        made["created"] = clock.format_ns(outcomes[entry["vertex"]].created_ns)
    elif entry.get("created"):
        made["created"] = entry["created"]
    return {**made, **{name: value for name, value in entry.items() if name not in ("vertex", "created")}}


def _fill_created(history: list[dict[str, Any]]) -> None:
    """Entries without a time get that of the first new layer, later ones that of the layer before them."""
    created = ""
    missing = False
    for entry in history:
        if "created" in entry:
            created = entry["created"]
            if missing:
                break
        else:
            missing = True
    created = created or clock.format_ns(time.time_ns())
    missing = False
    for number, entry in enumerate(history):
        if "created" in entry:
            if missing:
                created = entry["created"]
        else:
            missing = True
            history[number] = {"created": created, **entry}


def export(
    engine: Engine,
    request: Request,
    tags: Sequence[str],
    plans: Sequence[Plan],
    outcomes: Mapping[str, Outcome],
    reporter: Reporter,
    temp_dir: Callable[[], str],
    facts: Facts,
) -> Built:
    """Give the results to whom they are for.

    tags      canonical references
    temp_dir  gives an empty directory, which the caller removes
    Raises    BuildFailed
    """
    work = _Export(engine, request, tags, plans, outcomes, reporter, temp_dir, facts)
    return work.run()


class _Export:
    def __init__(
        self,
        engine: Engine,
        request: Request,
        tags: Sequence[str],
        plans: Sequence[Plan],
        outcomes: Mapping[str, Outcome],
        reporter: Reporter,
        temp_dir: Callable[[], str],
        facts: Facts,
    ) -> None:
        self.engine = engine
        self.request = request
        self.tags = tuple(tags)
        self.plans = plans
        self.outcomes = outcomes
        self.reporter = reporter
        self.temp_dir = temp_dir
        self.facts = facts
        self.metadata: dict[str, Any] = {}

    def run(self) -> Built:
        image_id = ""
        for each in self.request.outputs:
            if each.type in ("local", "tar"):
                self._files(each)
            elif each.type in ("oci", "docker") and each.path:
                self._archive(each)
            else:
                image_id = self._store(each)
        if not self.request.outputs:
            image_id = self._store(None)
        if image_id and self.request.pushed:
            self._push()
        for wanted in self.request.cache_to:
            if wanted.type != "inline":
                kept = cache.records(self.plans, self.outcomes, everything=wanted.get("mode") == "max")
                cache.export(self.engine, wanted, kept, self.reporter)
        told = provenance.predicate(self.facts, self.plans[0], mode="")
        metadata = {"buildx.build.provenance": told, "buildx.build.ref": f"default/default/{self.request.ref}", **self.metadata}
        return Built(image_id, self.tags if image_id else (), metadata)

    # -- files --------------------------------------------------------------------------------------------------------

    def _files(self, output: Output) -> None:
        local = output.type == "local"
        several = len(self.plans) > 1
        split = output.get("platform-split").lower() not in ("0", "false", "f") if output.get("platform-split") else several
        roots = []
        for plan in self.plans:
            subdir = provenance.platform_of(plan).replace("/", "_") if split else ""

            def attest(root: str, plan: Plan = plan) -> list[tuple[str, bytes]]:
                return self._attested_files(plan, root)

            roots.append(outputs.Root(self.outcomes[plan.result].diff_ids, subdir, attest if self._attests else None))
        with self.reporter.step("exporting to client " + ("directory" if local else "tarball")) as step:
            outputs.write(self.engine, output, roots, self.temp_dir(), epoch_s=epoch(self.request))
            step.log("copying files done" if local else "sending tarball done")

    @property
    def _attests(self) -> bool:
        return bool(self.request.provenance or self.request.sbom)

    def _attested_files(self, plan: Plan, root: str) -> list[tuple[str, bytes]]:
        found = []
        if self.request.provenance:
            found.append(("provenance.json", provenance.of_files(self.facts, plan, self.request.provenance, root)))
        if self.request.sbom:
            told = sbom.document(sbom.packages([root]), self._name(), self.facts.ended_ns)
            found.append(("sbom.spdx.json", provenance.statement_of_files(root, sbom.PREDICATE_TYPE, told)))
        return found

    def _name(self) -> str:
        return parse_canonical(self.tags[0]).familiar if self.tags else "image"

    # -- images -------------------------------------------------------------------------------------------------------

    def _images(self, output: Output | None, step: Step) -> list[tuple[ImageConfig, tuple[Statement, ...]]]:
        """A config with what is attested of it for each platform."""
        found = []
        epoch_s = epoch(self.request)
        rewrites = rewrite.asked(output)
        for plan in self.plans:
            diff_ids = self.outcomes[plan.result].diff_ids
            if rewrites and epoch_s is not None:
                diff_ids = rewrite.clamped(self.engine, diff_ids, plan.base_diff_ids, epoch_s)
                when = clock.format_ns(epoch_s * 1_000_000_000).replace("T", " ").replace("Z", " +0000 UTC")
                step.log(f"rewriting layers with source-date-epoch {epoch_s} ({when}) done")
            config = image_config(plan, self.outcomes, epoch_s, diff_ids)
            if self._inline_cache:
                kept = cache.records([plan], self.outcomes, everything=False)
                config = ImageConfig.parse(cache.inline(config.raw, kept))
            statements = []
            if self.request.sbom:
                dirs = stack.dirs(self.engine, config.diff_ids)
                statements.append(sbom.statement(dirs, self._name(), self.facts.ended_ns))
            if self.request.provenance:
                statements.append(provenance.statement(self.facts, plan, self.request.provenance))
            found.append((config, tuple(statements)))
        return found

    @property
    def _inline_cache(self) -> bool:
        asked = dict(self.request.options.build_args).get("BUILDKIT_INLINE_CACHE", "")
        return asked.lower() in ("1", "true", "t") or any(each.type == "inline" for each in self.request.cache_to)

    def _extras(self, images: Sequence[tuple[ImageConfig, tuple[Statement, ...]]]) -> extras.Extras:
        members = tuple(config.image_id for config, _ in images) if len(images) > 1 else ()
        statements = tuple((config.image_id, each) for config, each in images if each)
        return extras.Extras(self.request.annotations, members, statements)

    def _main(self, images: Sequence[tuple[ImageConfig, tuple[Statement, ...]]]) -> ImageConfig:
        """The image that a name means here: the one for this machine, else the first."""
        number = platforms.choose(platforms.of_host(), [config.platform for config, _ in images])
        return images[max(number, 0)][0]

    def _store(self, output: Output | None) -> str:
        names = self._names(output)
        with self.reporter.step("exporting to image") as step:
            step.log("exporting layers done")
            images = self._images(output, step)
            main = self._main(images)
            present = {row[0] for row in self.engine.db.all("SELECT id FROM images WHERE removed = 0")}
            with self.engine.db.transaction():
                for config, _ in images:
                    if config is not main:
                        store.add(self.engine, config)
                image_id = create_image(self.engine, main.raw, tags=[parse_canonical(name).familiar for name in names])
                extras.keep(self.engine, image_id, self._extras(images))
                extras.hide(self.engine, [config.image_id for config, _ in images if config is not main], sorted(present))
            for config, _ in images:
                step.log(f"writing image {config.image_id} done")
            for name in names:
                step.log(f"naming to {name} done")
        self.metadata["containerimage.config.digest"] = image_id
        self.metadata["containerimage.digest"] = image_id
        if names:
            self.metadata["image.name"] = ",".join(names)
        self.tags = names
        return image_id

    def _names(self, output: Output | None) -> tuple[str, ...]:
        """The tags, and the names that an output gives."""
        given = output.get("name") if output is not None else ""
        names = [*self.tags, *(parse(name).tagged.canonical for name in given.split(",") if name)]
        return tuple(dict.fromkeys(names))

    def _archive(self, output: Output) -> None:
        """An OCI layout or docker's own archive, as a file or (tar=false) a directory."""
        if output.type == "docker" and len(self.plans) > 1:
            raise BuildFailed("docker exporter does not support exporting manifest lists, use the oci exporter instead")
        names = self._names(output)
        with self.reporter.step(f"exporting to {output.type} image format") as step:
            step.log("exporting layers done")
            images = self._images(output, step)
            if output.get("tar").lower() in ("0", "false", "f"):
                made = self._unpacked(output, images, names)
            else:
                with _opened(output.path) as file:
                    made = self._write_archive(output, images, names, file)
            for manifest in made.own:
                step.log(f"exporting manifest {manifest.digest} done")
            for config, _ in images:
                step.log(f"exporting config {config.image_id} done")
            if made.manifests:
                step.log(f"exporting manifest list {made.top.digest} done")
            step.log("sending tarball done")
        self.metadata["containerimage.config.digest"] = self._main(images).image_id
        self.metadata["containerimage.descriptor"] = made.top.descriptor.to_json()
        self.metadata["containerimage.digest"] = made.top.digest
        if names:
            self.metadata["image.name"] = ",".join(names)

    def _write_archive(
        self, output: Output, images: Sequence[tuple[ImageConfig, tuple[Statement, ...]]], names: Sequence[str], file: BinaryIO
    ) -> Assembled:
        archive = Archive(self.engine, file, docker=output.type == "docker", gzip=output.get("compression") != "uncompressed")
        said = self._extras(images)
        if output.type == "docker":  # a docker archive is one image
            said = said.replace(statements=())
        members = [store.ImageRecord(config.image_id, config, 0, 0, "", 0, 0) for config, _ in images]
        main = self._main(images).image_id
        shown = next(member for member in members if member.id == main)
        made = archive.add_set(shown, members, said, [parse_canonical(name) for name in names])
        archive.finish()
        file.flush()
        return made

    def _unpacked(self, output: Output, images: Sequence[tuple[ImageConfig, tuple[Statement, ...]]], names: Sequence[str]) -> Assembled:
        import tarfile

        spool = f"{self.temp_dir()}/layout.tar"
        with open(spool, "wb") as file:
            made = self._write_archive(output, images, names, file)
        os.makedirs(output.path, exist_ok=True)
        with tarfile.open(spool, "r:") as archive:  # names are ours: directories before what is in them
            for member in archive:
                if member.isdir():
                    os.makedirs(f"{output.path}/{member.name}", exist_ok=True)
                else:
                    archive.makefile(member, f"{output.path}/{member.name}")
        return made

    def _push(self) -> None:
        from dockercompat.engine.image.push import push

        for tag in self.tags:
            with self.reporter.step(f"pushing {tag} with docker") as step:
                try:
                    for message in push(self.engine, tag):
                        if message.get("error"):
                            raise BuildFailed(f"failed to solve: failed to push {tag}: {message['error']}")
                        if message.get("status") in ("Pushed", "Layer already exists") and message.get("id"):
                            step.log(f"pushing layer {message['id']} done")
                        if message.get("aux"):
                            self.metadata["containerimage.digest"] = message["aux"]["Digest"]
                except BuildFailed:
                    raise
                except DockerError as error:
                    raise BuildFailed(f"failed to solve: failed to push {tag}: {error}") from None


def _opened(path: str) -> BinaryIO:
    try:
        return open(1, "wb", closefd=False) if path == "-" else open(path, "wb")
    except OSError as error:
        raise BuildFailed(f"failed to solve: open {path}: {(error.strerror or str(error)).lower()}") from None


def epoch(request: Request) -> int | None:
    """SOURCE_DATE_EPOCH as it was given, in seconds. Raises BuildFailed."""
    text = dict(request.options.build_args).get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not re.fullmatch("[-+]?[0-9]+", text):
        problem = f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax"
        raise BuildFailed(f"failed to solve: invalid SOURCE_DATE_EPOCH: {text}: {problem}")
    return int(text)
