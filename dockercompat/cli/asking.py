"""The question before something is removed."""

from __future__ import annotations

import sys


def confirm(question: str) -> bool:
    """Ask on stdout; only y and Y agree."""
    print(f"{question} [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == "y"
