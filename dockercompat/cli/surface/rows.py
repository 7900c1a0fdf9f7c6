"""What a row of docker's command line says. The parser, help, completion and the matrix read these; rows hold no code."""

from __future__ import annotations

from dockercompat.record import Record


class Flag(Record):
    """One flag of one command.

    type        docker's word for the value: "bool", "string", "int", "list", "bytes", ...; help shows it and cli/flags.py parses by it
    help        as help prints it, the shown default included; "" when hidden
    default     what the handler gets when the flag is not given; None: the zero of the type
    hidden      works, but help does not show it
    alias_of    another spelling of that flag: a value given here arrives there
    deprecated  the sentence docker warns with when it is used
    check       function of cli/flag_checks.py that a value must pass ("swarm_checks.port": of that module), "" when the type says it all
    needs       an engine that docker's help shows this to: "swarm", "experimental", "windows"; the others refuse it ("cluster": accepted by all)
    no_effect   accepted, and why nothing comes of it here
    refused     the answer to a use of it, for what a rootless engine can't do
    persistent  one of a noun that may also stand behind the noun's commands
    """

    name: str
    type: str
    help: str = ""
    short: str = ""
    default: bool | int | float | str | None = None
    hidden: bool = False
    alias_of: str = ""
    deprecated: str = ""
    check: str = ""
    needs: str = ""
    no_effect: str = ""
    refused: str = ""
    persistent: bool = False

    def __init__(
        self,
        name: str,
        type: str,
        help: str = "",
        short: str = "",
        default: bool | int | float | str | None = None,
        hidden: bool = False,
        alias_of: str = "",
        deprecated: str = "",
        check: str = "",
        needs: str = "",
        no_effect: str = "",
        refused: str = "",
        persistent: bool = False,
    ) -> None:
        # Spelt out: a noun has hundreds of flags, and this is four times as fast as Record's own.
        self.__dict__.update(
            name=name,
            type=type,
            help=help,
            short=short,
            default=default,
            hidden=hidden,
            alias_of=alias_of,
            deprecated=deprecated,
            check=check,
            needs=needs,
            no_effect=no_effect,
            refused=refused,
            persistent=persistent,
        )


class Command(Record):
    """One command that does something.

    name          its words after the program's, the longest form: "container ls"
    aliases       other forms in docker's order: ("container list", "container ps", "ps")
    args          what follows the name in the usage line: "[OPTIONS] CONTAINER"
    help, long    one line for the noun's list; what its own help says, when that is more
    handler       "container:rename": the function `rename` in cli/commands/container.py
    min_args, max_args   how many arguments; max_args -1: any number
    interspersed  False: options end at the first argument
    needs         as for a flag
    refused       docker's answer where a rootless engine can't do this; a handler, if there is one, makes docker's checks before it
    hidden_aliases  other forms that help does not list
    plain_count   a wrong number of arguments is told without the usage
    known_as_itself  True: messages name it as it was called; False (`docker build`): always by its canonical name, which is no alias
    """

    name: str
    aliases: tuple[str, ...] = ()
    args: str = ""
    help: str = ""
    handler: str = ""
    flags: tuple[Flag, ...] = ()
    min_args: int = 0
    max_args: int = 0
    long: str = ""
    examples: str = ""
    interspersed: bool = True
    hidden: bool = False
    needs: str = ""
    refused: str = ""
    hidden_aliases: tuple[str, ...] = ()
    known_as_itself: bool = True
    plain_count: bool = False


class Noun(Record):
    """A word that commands stand under: `docker volume`, `docker trust key`.

    shown_args  what the usage line of an error shows after the name
    flags       between the noun and its command (compose has them)
    help_for_all  it prints its help whatever follows
    blank_first  docker writes an empty line before the help of the bare noun
    """

    name: str
    help: str
    long: str = ""
    shown_args: str = ""
    flags: tuple[Flag, ...] = ()
    hidden: bool = False
    needs: str = ""
    blank_first: bool = False
    help_for_all: bool = False
