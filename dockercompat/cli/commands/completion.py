"""Handlers of `completion`: each prints a script for one shell, byte for byte what docker's client prints.

The scripts of cli/scripts are the output of cobra (github.com/spf13/cobra, Apache License 2.0) for a program named docker. Under its own
name this program adds a line, so that the shell completes that name too.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_OWN_NAME = "pydocker"
_BASH = r"""
# without the package bash-completion, what the script needs of it
if ! declare -F _get_comp_words_by_ref >/dev/null && ! declare -F _init_completion >/dev/null; then
    _get_comp_words_by_ref() {
        local line=${COMP_LINE:0:COMP_POINT} rest word before= i
        words=() cword=-1
        for ((i = 0; i <= COMP_CWORD; i++)); do
            word=${COMP_WORDS[i]} rest=${line#"${line%%[![:blank:]]*}"}
            # readline parts words at "=" and ":"
            if ((i)) && [[ $rest == "$line" ]] && [[ $word == [=:]* || $before == *[=:] ]]; then
                words[cword]+=$word
            else
                words[++cword]=$word
            fi
            line=${rest#"$word"} before=$word
        done
        cur=${words[cword]} prev=${words[cword - 1]}
    }
    __ltrim_colon_completions() {
        local i start=${1%"${1##*:}"}
        [[ $1 == *:* && $COMP_WORDBREAKS == *:* ]] || return 0
        for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$start"}; done
    }
fi
complete -o default -F __start_docker pydocker
"""
_TAILS = {
    "bash": _BASH,
    "zsh": "compdef _docker pydocker\n",
    "fish": "complete -c pydocker -w docker\n",
    "powershell": "Register-ArgumentCompleter -CommandName 'pydocker' -ScriptBlock ${__dockerCompleterBlock}\n",
}


def bash(invocation: Invocation) -> None:
    _write("bash", invocation)


def fish(invocation: Invocation) -> None:
    _write("fish", invocation)


def powershell(invocation: Invocation) -> None:
    _write("powershell", invocation)


def zsh(invocation: Invocation) -> None:
    _write("zsh", invocation)


def _write(shell: str, invocation: Invocation) -> None:
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "scripts", f"docker.{shell}")
    with open(path, encoding="utf-8") as file:
        script = file.read()
    if invocation.options.no_descriptions:
        script = script.replace(" __complete ", " __completeNoDesc ")
    print(script, end="")
    if os.path.basename(sys.argv[0]) == _OWN_NAME:
        print(_TAILS[shell], end="")
