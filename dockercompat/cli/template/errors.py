"""What goes wrong with a template, in the words of Go's text/template."""

from __future__ import annotations


class TemplateError(Exception):
    """The text is not a template, or it can't be executed on this value. The message begins with "template: "."""


class CallError(Exception):
    """A function of a template refuses its arguments; the evaluator says where."""


class NotAFunction(CallError):
    """`call` was given a value of this type; the evaluator knows how it was written."""
