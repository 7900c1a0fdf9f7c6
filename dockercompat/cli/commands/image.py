"""Handlers of `docker image` and its short forms."""

from __future__ import annotations

import os
import stat
import sys

from dockercompat.cli import content_trust
from dockercompat.cli.flags import quoted
from dockercompat.errors import ClientError, DockerError, InvalidReference, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from dockercompat.cli.invocation import Invocation
    from dockercompat.spec.reference import Reference


def pull(invocation: Invocation) -> None:
    from dockercompat.cli import progress

    verb = invocation.verb("image.pull")

    options = invocation.options
    reference = _parsed(invocation.args[0])
    if options.all_tags and (reference.tag or reference.digest):
        raise ClientError("tag can't be used with --all-tags/-a")
    if not options.all_tags and not reference.tag and not reference.digest:
        reference = reference.tagged
        if not options.quiet:
            print(f"Using default tag: {reference.tag}", flush=True)
    content_trust.check(invocation, reference.canonical)
    invocation.join()
    messages = verb(invocation.engine, reference.canonical, platform=options.platform, all_tags=bool(options.all_tags))
    (progress.exhaust if options.quiet else progress.show)(messages)
    print(reference.canonical)


def push(invocation: Invocation) -> None:
    from dockercompat.cli import progress
    from dockercompat.cli.notes import note

    verb = invocation.verb("image.push")

    options = invocation.options
    if options.platform:
        try:
            _platform(options.platform)
        except ClientError as error:
            raise ClientError(f"Invalid platform {options.platform}{error}") from None
        note(_ONLY_PLATFORM, sys.stdout)
    reference = _parsed(invocation.args[0])
    if options.all_tags and (reference.tag or reference.digest):
        raise ClientError("tag can't be used with --all-tags/-a")
    if reference.digest:
        raise ClientError("cannot push a digest reference")
    if not options.all_tags and not reference.tag:
        reference = reference.tagged
        if not options.quiet:
            print(f"Using default tag: {reference.tag}", flush=True)
    invocation.join()
    messages = verb(invocation.engine, reference.canonical, all_tags=bool(options.all_tags), platform=options.platform)
    (progress.exhaust if options.quiet else progress.show)(messages)
    content_trust.check(invocation, reference.canonical)
    if options.quiet:
        print(reference.canonical)


_ONLY_PLATFORM = """Using --platform pushes only the specified platform manifest of a multi-platform image index.
Other components, like attestations, will not be included.
To push the complete multi-platform image, remove the --platform flag.
"""


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import image as listing

    list_images = invocation.verb("image.list", "list_images")
    from dockercompat.spec import filter as filters

    options = invocation.options
    chosen = filters.parse(options.filter)
    if invocation.args and invocation.args[0]:
        chosen.add("reference", invocation.args[0])
    if options.tree:
        from dockercompat.cli.listing.image_tree import render as render_tree

        for given, flag in (
            (options.quiet, "--quiet"),
            (options.no_trunc, "--no-trunc"),
            (options.digests, "--show-digest"),
            (options.format, "--format"),
        ):
            if given:
                raise ClientError(f"{flag} is not yet supported with --tree")
        rows = list_images(invocation.engine, all=bool(options.all), filters=chosen)
        columns = os.get_terminal_size(1).columns if sys.stdout.isatty() else 0
        sys.stdout.write(render_tree(rows, untagged=bool(options.all), columns=columns, colored=sys.stdout.isatty()))
        return
    rows = list_images(invocation.engine, all=bool(options.all), filters=chosen)
    format = options.format or ("" if options.quiet else str(invocation.config.get("imagesFormat") or ""))
    text = listing.render(rows, format=format, quiet=bool(options.quiet), no_trunc=bool(options.no_trunc), digests=bool(options.digests))
    sys.stdout.write(text)


def tag(invocation: Invocation) -> None:
    verb = invocation.verb("image.tag")

    source, target = invocation.args
    if not _whole_id(source):
        _tag_word(source)
    if _tag_word(target).digest and not target.startswith("sha256:"):
        raise ClientError("refusing to create a tag with a digest reference")
    verb(invocation.engine, source, target)


def _tag_word(text: str) -> Reference:
    from dockercompat.spec.reference import parse

    try:
        return parse(text)
    except InvalidReference as error:
        raise ClientError(f"Error parsing reference: {quoted(text)} is not a valid repository/tag: {error}") from None


def _whole_id(text: str) -> bool:
    return len(text) == 64 or text.startswith("sha256:")


def remove(invocation: Invocation) -> None:
    verb = invocation.verb("image.remove")

    options = invocation.options
    for text in options.platform or ():
        _platform(text)
    invocation.join()
    failures: Any = []
    for ref in invocation.args:
        try:
            check_name(ref)
            records = verb(invocation.engine, ref, force=bool(options.force), prune_parents=not options.no_prune, wanted=options.platform)
        except DockerError as error:
            failures.append(error)
            continue
        for record in records:
            for kind, name in record.items():
                print(f"{kind}: {name}")
    if not failures:
        return
    text = "\n".join(error.line for error in failures)
    if not options.force or any(not isinstance(error, NotFound) for error in failures):
        raise ClientError(text)
    print(text, file=sys.stderr)


def prune(invocation: Invocation) -> None:
    from dockercompat.cli.asking import confirm
    from dockercompat.cli.config_file import prune_filters

    verb = invocation.verb("image.prune")
    from dockercompat.spec.size import human_size

    options = invocation.options
    chosen = prune_filters(invocation.config, options.filter)
    chosen.add("dangling", "false" if options.all else "true")
    what = "images without at least one container associated to them" if options.all else "dangling images"
    if not options.force and not confirm(f"WARNING! This will remove all {what}.\nAre you sure you want to continue?"):
        return
    invocation.join()
    answer = verb(invocation.engine, chosen)
    if answer["ImagesDeleted"]:
        lines = [f"{kind.lower()}: {name}" for each in answer["ImagesDeleted"] for kind, name in each.items()]
        print("Deleted Images:", *lines, "", sep="\n")
    print(f"Total reclaimed space: {human_size(answer['SpaceReclaimed'])}")


def inspect(invocation: Invocation) -> int:
    from dockercompat.cli.inspecting import inspect_many

    options = invocation.options
    _platform(options.platform)
    return inspect_many(invocation.args, lambda ref: document(invocation, ref, options.platform), options.format, kind="image")


def document(invocation: Invocation, ref: str, platform: str = "") -> dict[str, Any]:
    """An image of this name. Raises ClientError for no name, of which docker's client asks nobody."""
    if not ref:
        raise ClientError("Error: No such image: ")
    found: dict[str, Any] = invocation.verb("image.inspect")(invocation.engine, ref, platform=platform)
    return found


def history(invocation: Invocation) -> None:
    from dockercompat.cli.listing import history as listing

    verb = invocation.verb("image.history")

    options = invocation.options
    _platform(options.platform, "invalid platform: ")
    check_name(invocation.args[0])
    rows = verb(invocation.engine, invocation.args[0], platform=options.platform)
    text = listing.render(
        rows, format=options.format, quiet=bool(options.quiet), no_trunc=bool(options.no_trunc), human=bool(options.human)
    )
    sys.stdout.write(text)


def save(invocation: Invocation) -> None:
    verb = invocation.verb("image.save")
    from dockercompat.host import files

    options = invocation.options
    _platform(options.platform, "invalid platform: ")
    if not options.output:
        if sys.stdout.isatty():
            raise ClientError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
        invocation.join()
        verb(invocation.engine, invocation.args, sys.stdout.buffer, platform=options.platform)
        sys.stdout.buffer.flush()
        return
    path = output_path(options.output, "save image")
    invocation.join()
    files.replace(path, lambda file: verb(invocation.engine, invocation.args, file, platform=options.platform))


def output_path(path: str, what: str) -> str:
    """The path, when a file can be put there. Raises ClientError in docker's words."""
    directory = os.path.dirname(path)
    if directory and not os.path.isdir(directory):
        why = "not a directory" if os.path.exists(directory) else "no such file or directory"
        raise ClientError(f"failed to {what}: invalid output path: stat {directory}: {why}")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return path
    if stat.S_ISDIR(mode):
        raise ClientError(f"failed to {what}: cannot write to a directory")
    if stat.S_ISLNK(mode):
        raise ClientError(f"failed to {what}: cannot write to a symbolic link directly")
    if not stat.S_ISREG(mode):
        kind = (
            "character device"
            if stat.S_ISCHR(mode)
            else "block device"
            if stat.S_ISBLK(mode)
            else "named pipe"
            if stat.S_ISFIFO(mode)
            else ""
        )
        raise ClientError(f"failed to {what}: cannot write to a {kind} file")
    return path


def load(invocation: Invocation) -> None:
    from dockercompat.cli import progress

    verb = invocation.verb("image.load")

    options = invocation.options
    if options.input:
        source = _opened(options.input)
    elif sys.stdin.isatty():
        raise ClientError("requested load from stdin, but stdin is empty")
    else:
        source = sys.stdin.buffer
    _platform(options.platform, "invalid platform: ")
    invocation.join()
    messages = verb(invocation.engine, source, platform=options.platform)
    if options.quiet:
        messages = (message for message in messages if "stream" in message)
    try:
        progress.show(messages)
    except DockerError as error:
        error.prefixed = False  # docker begins to answer before it reads
        raise


def import_(invocation: Invocation) -> None:
    verb = invocation.verb("image.import_")

    options = invocation.options
    origin, repository = invocation.args[0], invocation.args[1] if len(invocation.args) > 1 else ""
    source: Any = origin
    if origin == "-":
        source = sys.stdin.buffer
    elif not origin.startswith(("http://", "https://")):
        source = _opened(origin)
    if repository:
        _parsed(repository)
    invocation.join()
    begun = False

    def begin() -> None:
        nonlocal begun
        if isinstance(source, str):
            begun = True
            print(f"Downloading from {source}", flush=True)

    try:
        image_id = verb(
            invocation.engine,
            source,
            begun=begin,
            repository=repository,
            message=options.message,
            changes=options.change,
            platform=options.platform,
        )
    except DockerError as error:
        if begun:
            error.prefixed = False
            print(flush=True)
        raise
    print(image_id)


_AUTOMATED = 'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.'


def search(invocation: Invocation) -> None:
    from dockercompat.cli.listing.search import render

    verb = invocation.verb("image.search")
    from dockercompat.spec import filter as filters

    options = invocation.options
    chosen = filters.parse(options.filter)
    if "is-automated" in chosen:
        print(_AUTOMATED, file=sys.stderr)
    rows = verb(invocation.engine, invocation.args[0], filters=chosen, limit=options.limit or 0)
    sys.stdout.write(render(rows, format=options.format, no_trunc=bool(options.no_trunc)))


def check_name(ref: str) -> None:
    """Raises NotFound, InvalidParameter for a name that docker's client would make an address of nothing with."""
    from dockercompat.errors import InvalidParameter

    if not ref:
        raise NotFound("page not found")
    if not ref.strip():
        raise InvalidParameter("image name cannot be blank")


def _opened(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise ClientError(f"open {path}: {(error.strerror or str(error)).lower()}") from None


def _platform(text: str, before: str = "") -> None:
    """A --platform that docker's client checks by itself."""
    from dockercompat.errors import InvalidParameter
    from dockercompat.spec import platform

    try:
        if text:
            platform.parse(text)
    except InvalidParameter as error:
        raise ClientError(f"{before}{error}") from None


def _parsed(text: str) -> Reference:
    """A reference that docker's client checks by itself: its complaint has no prefix."""
    from dockercompat.spec.reference import parse

    try:
        return parse(text)
    except InvalidReference as error:
        raise ClientError(str(error)) from None
