"""A root file system made of the host's static busybox: `python3 -m tests.rootfs FILE.tar`."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

PASSWD = b"""root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""
GROUP = b"root:x:0:\ndaemon:x:1:\nbin:x:2:\nwheel:x:10:root\nnobody:x:65534:\n"
DIRECTORIES = ("bin", "dev", "etc", "home", "proc", "root", "sbin", "sys", "tmp", "usr", "usr/bin", "usr/sbin", "var")


def busybox_tar(path: Path) -> None:
    """Write the archive. Raises FileNotFoundError when no busybox is installed."""
    busybox = next((p for p in ("/bin/busybox", "/usr/bin/busybox") if os.path.exists(p)), None)
    if busybox is None:
        raise FileNotFoundError("busybox-static is not installed")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name in DIRECTORIES:
            _add(tar, name, tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755)
        _add(tar, "etc/passwd", tarfile.REGTYPE, 0o644, PASSWD)
        _add(tar, "etc/group", tarfile.REGTYPE, 0o644, GROUP)
        _add(tar, "bin/busybox", tarfile.REGTYPE, 0o755, Path(busybox).read_bytes())
        for applet in applets:
            if applet != "busybox":
                _add(tar, f"bin/{applet}", tarfile.SYMTYPE, 0o777, linkname="busybox")


def _add(tar: tarfile.TarFile, name: str, kind: bytes, mode: int, content: bytes = b"", linkname: str = "") -> None:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size, member.linkname = kind, mode, len(content), linkname
    tar.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    busybox_tar(Path(sys.argv[1]))
