"""What goes wrong with a template, in the words of Go's text/template."""

from __future__ import annotations


class TemplateError(Exception):
    """The text is not a template, or it can't be executed on this value. The message begins with "template: "."""


class CallError(Exception):
    """A function of a template refuses its arguments; the evaluator says where."""


class NotAFunction(CallError):
    """`call` was given a value; the evaluator names it as it was written, unless it came through a pipe.

    shown    the value as Go's reflect shows it
    go_type  its type
    """

    def __init__(self, shown: str, go_type: str) -> None:
        super().__init__(f"non-function {shown} of type {go_type}")
        self.go_type = go_type
