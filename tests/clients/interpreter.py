"""A root file system with this machine's Python and the modules that a program with sockets needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

MODULES = "contextlib, json, http.client, socket, selectors, threading, urllib.parse, time, os, encodings.idna, encodings.latin_1, grp, pwd"
_LOADED = "{m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)}"
_LIST = f"import sys; sys.modules['ssl'] = None; import {MODULES}; print(*{_LOADED}, sep='\\n')"


def python_tar(path: Path, files: Mapping[str, Path]) -> None:
    """Write the archive: /bin/python, its libraries where they are here, and files by their names in the root directory."""
    python = Path(sys.executable).resolve()
    loaded = subprocess.run([python, "-I", "-S", "-c", _LIST], capture_output=True, text=True, check=True).stdout.split()
    libraries: set[str] = set()
    for each in (str(python), *(name for name in loaded if name.endswith(".so"))):
        found = subprocess.run(["ldd", each], capture_output=True, text=True, check=False).stdout
        libraries.update(re.findall(r"(/\S+) \(0x", found))
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, dereference=True) as tar:
        for name in (*loaded, *sorted(libraries), str(python)):
            tar.add(name, arcname=name.lstrip("/"))
        tar.dereference = False
        link = tarfile.TarInfo("bin/python")
        link.type, link.linkname = tarfile.SYMTYPE, str(python)
        tar.addfile(link)
        for name, source in files.items():
            tar.add(source, arcname=name)
        for name in ("tmp", "run"):
            directory = tarfile.TarInfo(name)
            directory.type, directory.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(directory)
