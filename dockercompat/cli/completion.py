"""Completion for shells: scripts that ask `__complete`, and its answers, read from the rows and from the listing verbs."""

from __future__ import annotations

import io
import sys

from dockercompat.cli import surface
from dockercompat.cli.surface import root
from dockercompat.cli.surface.rows import Command, Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockercompat.cli.surface.rows import Flag

# the first of these words in a command's usage says what its arguments name
_LISTINGS = {
    "CONTAINER": ("ps", "--all", "--format", "{{.Names}}"),
    "IMAGE": ("images", "--format", "{{.Repository}}:{{.Tag}}"),
    "SOURCE_IMAGE": ("images", "--format", "{{.Repository}}:{{.Tag}}"),
    "VOLUME": ("volume", "ls", "--quiet"),
    "NETWORK": ("network", "ls", "--format", "{{.Name}}"),
    "CONTEXT": ("context", "ls", "--quiet"),
    "NAME|ID": ("ps", "--all", "--format", "{{.Names}}"),
}
_FLAG_LISTINGS = {"network": "NETWORK", "volumes-from": "CONTAINER", "link": "CONTAINER", "context": "CONTEXT"}
_FLAG_WORDS = {
    "restart": ("no", "always", "on-failure", "unless-stopped"),
    "pull": ("always", "missing", "never"),
    "log-level": ("debug", "info", "warn", "error", "fatal"),
    "log-driver": ("json-file", "local", "none"),
    "progress": ("auto", "plain", "tty", "quiet", "rawjson"),
    "type": ("container", "image", "network", "volume"),
}
NO_FILES = 4  # cobra's directives, which its scripts know too
FILES = 0

BASH = r"""# bash completion for docker and pydocker
_pydocker() {
    local line words=() out
    COMPREPLY=()
    out=$("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
    local directive=${out##*:}
    while IFS= read -r line; do
        [[ $line == :* ]] || words+=("${line%%$'\t'*}")
    done <<<"$out"
    local current=${COMP_WORDS[COMP_CWORD]}
    # bash splits words at colons: give back only what follows the last one
    if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
        words=("${words[@]#"${current%"${current##*:}"}"}")
    fi
    COMPREPLY=("${words[@]}")
    if [[ ${#COMPREPLY[@]} == 0 && $directive == 0 ]]; then
        compopt -o default
    fi
}
complete -F _pydocker docker pydocker
"""

ZSH = r"""#compdef docker pydocker
# zsh completion for docker and pydocker
_pydocker() {
    local line out directive
    local -a found
    out=$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null) || return
    directive=${out##*:}
    for line in ${(f)out}; do
        [[ $line == :* ]] && continue
        found+=("${${line//:/\\:}/$'\t'/:}")
    done
    if (( ${#found} )); then
        _describe -t values 'docker' found
    elif [[ $directive == 0 ]]; then
        _files
    fi
}
if [[ $funcstack[1] == _pydocker ]]; then
    _pydocker "$@"
else
    compdef _pydocker docker pydocker
fi
"""

FISH = r"""# fish completion for docker and pydocker
function __pydocker_complete
    set -l words (commandline -opc)
    set -l out ($words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
    or return
    for line in $out
        string match -q ':*' -- $line; or echo $line
    end
    if test (count $out) -le 1; and test "$out[-1]" = ':0'
        __fish_complete_path (commandline -ct)
    end
end
for program in docker pydocker
    complete -c $program -f -a '(__pydocker_complete)'
end
"""


def answer(words: Sequence[str], environ: Mapping[str, str], *, descriptions: bool = True) -> int:
    """Print what can stand where the last word is, a line each with its help after a tab, and then ":" and a directive."""
    found, directive = complete(words or [""], environ)
    for word, help in found:
        print(f"{word}\t{help}" if help and descriptions else word)
    print(f":{directive}")
    return 0


def complete(words: Sequence[str], environ: Mapping[str, str]) -> tuple[list[tuple[str, str]], int]:
    """What can stand where the last word is, and whether the shell may offer files when nothing can."""
    *before, current = words
    row: Command | Noun | None = None
    rows = None
    flags: Sequence[Flag] = root.FLAGS
    path = ""
    count = 0
    at = 0
    while at < len(before):
        word = before[at]
        at += 1
        if word.startswith("-") and word != "-":
            flag = _flag(flags, word)
            if flag is not None and flag.type != "bool" and "=" not in word:
                if at == len(before):
                    return _matching(_values(flag, environ), current), FILES
                at += 1
            continue
        if isinstance(row, Command):
            count += 1
            continue
        path = f"{path} {word}".strip()
        if row is None:
            rows = surface.rows_of(word)
        if rows is None:
            return [], NO_FILES
        row = rows.noun(path) or rows.command(path)
        if row is None:
            return [], NO_FILES
        flags = row.flags
    if current.startswith("-"):
        name, equals, value = current.partition("=")
        if equals:
            flag = _flag(flags, name)
            if flag is None:
                return [], FILES
            return [(f"{name}={word}", text) for word, text in _matching(_values(flag, environ), value)], FILES
        shown = [(f"--{f.name}", f.help.partition("\n")[0]) for f in flags if not f.hidden and not f.needs]
        return _matching([*shown, ("--help", "Print usage")], current), NO_FILES
    if row is None:
        top = [(name.rstrip("*"), text) for _, commands in root.SECTIONS for name, text, needs in commands if not needs]
        return _matching(sorted(top), current), NO_FILES
    if isinstance(row, Noun):
        assert rows is not None
        under = [(r.name.rpartition(" ")[2], r.help) for r in rows.under(row) if not r.hidden and not r.needs]
        under += [(name.rpartition(" ")[2], text) for name, _, text in root.ELSEWHERE if name.startswith(row.name + " ")]
        return _matching(sorted(under), current), NO_FILES
    return _matching(list(_arguments(row, count, environ)), current), FILES


def _arguments(command: Command, count: int, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names for the argument after `count` others."""
    words = [word for word in command.args.split() if not word.startswith("[OPTIONS")]
    if not words:
        return
    word = words[min(count, len(words) - 1)].strip("[].")
    for kind in (word, word.partition(":")[0].partition("[")[0]):
        if kind in _LISTINGS:
            yield from ((name, "") for name in _listed(_LISTINGS[kind], environ))
            return


def _values(flag: Flag, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    if flag.name in _FLAG_LISTINGS:
        return [(name, "") for name in _listed(_LISTINGS[_FLAG_LISTINGS[flag.name]], environ)]
    return [(word, "") for word in _FLAG_WORDS.get(flag.name, ())]


def _flag(flags: Sequence[Flag], word: str) -> Flag | None:
    """The flag that a word ends with: --name, -x, or the last letter of -itx."""
    if word.startswith("--"):
        name = word[2:].partition("=")[0]
        return next((flag for flag in flags if flag.name == name), None)
    return next((flag for flag in flags if flag.short and flag.short == word[-1]), None)


def _matching(found: Sequence[tuple[str, str]], current: str) -> list[tuple[str, str]]:
    return [(word, text) for word, text in dict(found).items() if word.startswith(current)]


def _listed(words: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The lines that a command of this program prints; none when it fails, since completion never complains."""
    from dockercompat.cli.main import run

    stdout, stderr = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        status = run(words, environ)
        text = sys.stdout.getvalue()
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    return [line for line in text.splitlines() if line and "<none>" not in line] if status == 0 else []
