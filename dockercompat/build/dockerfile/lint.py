"""BuildKit's build checks: what a Dockerfile does that works and had better be done otherwise."""

from __future__ import annotations

import re

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.errors import BuildFailed, DockerError, InvalidParameter, InvalidReference
from dockercompat.record import Record
from dockercompat.spec import platform, reference
from dockercompat.spec.number import parse_bool, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dockercompat.build.dockerfile.instructions import Dockerfile, Instruction, Stage

_URL = "https://docs.docker.com/go/dockerfile/rule/"
_SECRET = re.compile(r"(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)(?:_|$)", re.IGNORECASE)
_PUBLIC = re.compile(r"(?:_|^)public(?:_|$)", re.IGNORECASE)
_EARLY = ("MaintainerDeprecated", "LegacyKeyValueFormat", "StageNameCasing", "FromAsCasing")
_RESERVED = ("scratch", "context")


_DESCRIPTIONS = {
    "ConsistentInstructionCasing": "All commands within the Dockerfile should use the same casing (either upper or lower)",
    "CopyIgnoredFile": "Attempting to Copy file that is excluded by .dockerignore",
    "DuplicateStageName": "Stage names should be unique",
    "ExposeInvalidFormat": "IP address and host-port mapping should not be used in EXPOSE instruction. "
    "This will become an error in a future release",
    "ExposeProtoCasing": "Protocol in EXPOSE instruction should be lowercase",
    "FromAsCasing": "The 'as' keyword should match the case of the 'from' keyword",
    "FromPlatformFlagConstDisallowed": "FROM --platform flag should not use a constant value",
    "InvalidDefaultArgInFrom": "Default value for global ARG results in an empty or invalid base image name",
    "InvalidDefinitionDescription": "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. "
    "If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.",
    "JSONArgsRecommended": "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    "LegacyKeyValueFormat": "Legacy key/value format with whitespace separator should not be used",
    "MaintainerDeprecated": "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    "MultipleInstructionsDisallowed": "Multiple instructions of the same type should not be used in the same stage",
    "NoEmptyContinuation": "Empty continuation lines will become errors in a future release",
    "RedundantTargetPlatform": "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    "ReservedStageName": "Reserved words should not be used as stage names",
    "SecretsUsedInArgOrEnv": "Sensitive data should not be used in the ARG or ENV commands",
    "StageNameCasing": "Stage names should be lowercase",
    "UndefinedArgInFrom": "FROM command must use declared ARGs",
    "UndefinedVar": "Variables should be defined before their use",
    "WorkdirRelativePath": "Relative workdir without an absolute workdir declared within the build can have unexpected results "
    "if the base image changes",
}


class Finding(Record):
    """One place that breaks a rule."""

    rule: str
    message: str
    lines: tuple[int, int]

    @property
    def description(self) -> str:
        """What the rule asks for."""
        return _DESCRIPTIONS.get(self.rule, "")

    @property
    def url(self) -> str:
        """Where the rule is explained."""
        return _URL + re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"-\1\2", self.rule).lower() + "/"


class Facts:
    """What only working through a file shows, by the lines of the instructions.

    relative  paths of WORKDIRs that depend on the base image
    exposed   the words of EXPOSEs with the variables put in
    shelled   CMDs and ENTRYPOINTs whose shell somebody chose
    """

    def __init__(self) -> None:
        self.relative: dict[tuple[int, int], str] = {}
        self.exposed: dict[tuple[int, int], tuple[str, ...]] = {}
        self.shelled: set[tuple[int, int]] = set()


class Settings(Record):
    """The `check` directive: rules that are skipped ("all" for every one), experimental ones that count, whether findings fail."""

    skip: frozenset[str] = frozenset()
    skip_all: bool = False
    is_error: bool = False
    experimental: frozenset[str] = frozenset()


def settings(text: str) -> Settings:
    """Read `skip=A,B|all;error=true;experimental=A,B|all`. Raises BuildFailed."""
    skip: set[str] = set()
    experimental: set[str] = set()
    error = False
    for part in text.split(";") if text.strip() else ():
        key, equals, value = part.partition("=")
        key = key.strip()
        if not equals:
            raise BuildFailed(f"failed to parse check options: invalid check option {quoted(part)}")
        if key == "skip":
            skip |= {rule.strip() for rule in value.split(",")}
        elif key == "experimental":
            experimental |= {rule.strip() for rule in value.split(",")}
        elif key == "error":
            try:
                error = parse_bool(value.strip())
            except InvalidParameter as mistake:
                raise BuildFailed(f"failed to parse check options: failed to parse check option {quoted(part)}: {mistake}") from None
        else:
            raise BuildFailed(f"failed to parse check options: invalid check option {quoted(key)}")
    return Settings(frozenset(skip), "all" in skip, error, frozenset(experimental))


def check(
    source: Dockerfile,
    *,
    reachable: Iterable[int],
    worked: Collection[tuple[int, int]] | None = None,
    undefined: Sequence[tuple[str, str, tuple[int, int]]] = (),
    facts: Facts | None = None,
    global_names: Mapping[str, str] | None = None,
    bases: Mapping[int, str] | None = None,
    chosen: Settings | None = None,
) -> tuple[Finding, ...]:
    """The findings of a file, in the order of its lines.

    reachable     indexes of the stages that are built: rules about what instructions do look at these only
    worked        lines of the instructions that were got to before something failed; None for all
    undefined     variables that were used and not set, the name that may have been meant or "", the lines of their use
    facts         what showed itself when the instructions were worked through
    bases         by the number of the stage, what its image would be with no arguments given
    global_names  arguments that are set before the first FROM
    """
    chosen = chosen or Settings()
    if chosen.skip_all:
        return ()
    wanted = set(reachable)
    found = [*_casing(source), *_stages(source, global_names or {}, bases or {})]
    for stage in source.stages:
        found += _old_forms(stage)
        if stage.index in wanted:
            found += [each for each in _stage(stage, facts or Facts()) if worked is None or each.lines in worked]
    if chosen.experimental & {"all", "InvalidDefinitionDescription"}:
        found += _descriptions(source)
    for name, meant, lines in undefined:
        hint = f" (did you mean ${meant}?)" if meant else ""
        found.append(Finding("UndefinedVar", f"Usage of undefined variable '${name}'{hint}", lines))
    unique = dict.fromkeys(finding for finding in found if finding.rule not in chosen.skip)
    return tuple(sorted(unique, key=lambda finding: (finding.lines, finding.rule not in _EARLY)))


def _casing(source: Dockerfile) -> Iterator[Finding]:
    words = [(text.split(None, 1)[0], lines) for text, lines in _all(source)]
    lower = sum(word.islower() for word, _ in words)
    upper = sum(word.isupper() for word, _ in words)
    majority = "lowercase" if lower > upper else "uppercase"
    for word, lines in words:
        if not (word.islower() if majority == "lowercase" else word.isupper()):
            message = f"Command '{word}' should match the case of the command majority ({majority})"
            yield Finding("ConsistentInstructionCasing", message, lines)
    for lines in source.empty_continuations:
        yield Finding("NoEmptyContinuation", "Empty continuation line", lines)


def _all(source: Dockerfile) -> Iterator[tuple[str, tuple[int, int]]]:
    for arg in source.global_args:
        yield arg.text, arg.lines
    for stage in source.stages:
        yield stage.text, stage.lines
        for instruction in stage.instructions:
            yield instruction.text, instruction.lines


def _stages(source: Dockerfile, global_names: Mapping[str, str], bases: Mapping[int, str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for stage in source.stages:
        words = stage.text.split()
        keyword = next((word for word in words[1:] if word.lower() == "as"), "")
        if keyword and words[-1] != words[-1].lower():
            yield Finding("StageNameCasing", f"Stage name '{words[-1]}' should be lowercase", stage.lines)
        if keyword and keyword.isupper() != words[0].isupper():
            yield Finding("FromAsCasing", f"'{keyword}' and '{words[0]}' keywords' casing do not match", stage.lines)
        if stage.name in _RESERVED:
            message = f'Stage name should not use the same name as reserved stage "{stage.name}"'
            yield Finding("ReservedStageName", message, stage.lines)
        if stage.name and stage.name in seen:
            yield Finding("DuplicateStageName", f'Duplicate stage name "{stage.name}", stage names should be unique', stage.lines)
        seen.add(stage.name)
        base = bases.get(stage.index)
        if base is not None and not _is_reference(base):
            message = f"Default value for ARG {stage.base} results in empty or invalid base image name"
            yield Finding("InvalidDefaultArgInFrom", message, stage.lines)
        for name in re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", f"{stage.platform} {stage.base}"):
            if name not in global_names:
                yield Finding("UndefinedArgInFrom", f"FROM argument '{name}' is not declared", stage.lines)
        if stage.platform in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            message = f"Setting platform to predefined {stage.platform} in FROM is redundant as this is the default behavior"
            yield Finding("RedundantTargetPlatform", message, stage.lines)
        elif _is_platform(stage.platform) and stage.platform.replace("/", "-").replace("linux-", "") not in stage.name:
            message = f'FROM --platform flag should not use constant value "{stage.platform}"'
            yield Finding("FromPlatformFlagConstDisallowed", message, stage.lines)


def _descriptions(source: Dockerfile) -> Iterator[Finding]:
    """Comments right above an ARG or a named FROM that begin with another word than what they describe."""
    described = [(each.lines, "ARG", [name for name, _ in each.args], each.comment, "<arg_key>") for each in source.global_args]
    described += [(each.lines, "FROM", [each.name], each.comment, "") for each in source.stages if each.name]
    for stage in source.stages:
        for each in stage.instructions:
            if isinstance(each, dockerfile.Arg):
                described.append((each.lines, "ARG", [name for name, _ in each.args], each.comment, "<arg_key>"))
    for lines, word, names, comment, several in described:
        if comment and comment[-1].split(" ")[0] not in names:
            example = names[0] if len(names) == 1 else several
            message = f"Comment for {word} should follow the format: `# {example} <description>`"
            yield Finding("InvalidDefinitionDescription", message, lines)


def as_found(findings: Iterable[Finding]) -> list[Finding]:
    """Those first that show themselves before anything is planned."""
    return sorted(findings, key=lambda finding: finding.rule not in _EARLY)


def in_order(findings: Iterable[Finding]) -> list[str]:
    """The rules that were broken, in the order in which that was found."""
    return list(dict.fromkeys(finding.rule for finding in as_found(findings)))


def _is_platform(text: str) -> bool:
    """Whether it names one, with no variable in it."""
    try:
        return bool(text) and "$" not in text and bool(platform.parse(text))
    except DockerError:
        return False


def _is_reference(text: str) -> bool:
    try:
        reference.parse(text)
    except InvalidReference:
        return False
    return True


def _old_forms(stage: Stage) -> Iterator[Finding]:
    for each in stage.instructions:
        if isinstance(each, dockerfile.Maintainer):
            yield Finding("MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label", each.lines)


def _stage(stage: Stage, facts: Facts) -> Iterator[Finding]:
    once: dict[str, Instruction] = {}
    for each in stage.instructions:
        lines = each.lines
        if isinstance(each, dockerfile.Workdir):
            if lines in facts.relative:
                message = f"Relative workdir {quoted(facts.relative[lines])} can have unexpected results if the base image changes"
                yield Finding("WorkdirRelativePath", message, lines)
        elif isinstance(each, dockerfile.Expose):
            yield from _exposed(facts.exposed.get(lines, ()), lines)
        if isinstance(each, dockerfile.Cmd | dockerfile.Entrypoint) and each.shell and lines not in facts.shelled:
            word = "CMD" if isinstance(each, dockerfile.Cmd) else "ENTRYPOINT"
            message = f"JSON arguments recommended for {word} to prevent unintended behavior related to OS signals"
            yield Finding("JSONArgsRecommended", message, lines)
        if isinstance(each, dockerfile.Env | dockerfile.Label) and each.old:
            word = "ENV" if isinstance(each, dockerfile.Env) else "LABEL"
            message = f'"{word} key=value" should be used instead of legacy "{word} key value" format'
            yield Finding("LegacyKeyValueFormat", message, lines)
        if isinstance(each, dockerfile.Arg | dockerfile.Env):
            word = "ARG" if isinstance(each, dockerfile.Arg) else "ENV"
            names = [name for name, _ in (each.args if isinstance(each, dockerfile.Arg) else each.pairs)]
            for name in names:
                if _SECRET.search(name) and not _PUBLIC.search(name):
                    message = f'Do not use ARG or ENV instructions for sensitive data ({word} "{name}")'
                    yield Finding("SecretsUsedInArgOrEnv", message, lines)
        if isinstance(each, dockerfile.Cmd | dockerfile.Entrypoint | dockerfile.Healthcheck):
            word = type(each).__name__.upper()
            earlier = once.get(word)
            if earlier is not None:
                message = f"Multiple {word} instructions should not be used in the same stage because only the last one will be used"
                yield Finding("MultipleInstructionsDisallowed", message, earlier.lines)
            once[word] = each


def _exposed(ports: Sequence[str], lines: tuple[int, int]) -> Iterator[Finding]:
    for port in ports:
        protocol = port.partition("/")[2]
        if protocol != protocol.lower():
            yield Finding("ExposeProtoCasing", f"Defined protocol '{port}' in EXPOSE instruction should be lowercase", lines)
        if ":" in port:
            message = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
            yield Finding("ExposeInvalidFormat", message, lines)
