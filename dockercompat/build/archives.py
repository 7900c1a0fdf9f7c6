"""What an archive begins with: a member of a tar, or what compresses one."""

from __future__ import annotations

_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so may be a tar, compressed or not; 512 bytes are enough."""
    return head.startswith(_COMPRESSED) or is_tar_block(head)


def is_tar_block(head: bytes) -> bool:
    """Whether the first 512 bytes are the header of a tar member, by its check sum."""
    block = head[:512]
    if len(block) < 512:
        return False
    try:
        wanted = int(block[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return wanted > 256 and sum(block) - sum(block[148:156]) + 256 == wanted
