"""Our own tools (scripts/bench, scripts/torture) and the Python they run in: the tests' virtual environment, which has typer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def enter() -> None:
    """Return in a Python that has what tools need: this one, or else start the same words again in the tests' environment."""
    if importlib.util.find_spec("typer") is not None:
        return
    words = ["bash", "-c", ". scripts/common.sh && tests_venv"]
    venv = subprocess.run(words, cwd=HERE, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    python = f"{venv}/bin/python"
    os.execv(python, [python, *sys.orig_argv[1:]])  # by its whole path: from that Python knows its environment
