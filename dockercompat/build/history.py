"""Records of builds: what was built, how it ended, and what it said (`docker buildx history`)."""

from __future__ import annotations

import os
import zlib

from dockercompat import json
from dockercompat.errors import NotFound
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_KEPT = 50


class Summary(Record):
    """One build. ref: its ID; status: Completed, Error or Canceled; steps, cached: vertices, and those of them that were looked up."""

    ref: str
    name: str
    status: str
    began_ns: int
    ended_ns: int
    steps: int
    cached: int
    error: str = ""


def new_ref() -> str:
    """An ID for a build: 25 letters and digits."""
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[each % 36] for each in os.urandom(25))


def keep(engine: Engine, summary: Summary, details: dict[str, Any], log: str) -> None:
    """Note a build that has ended; only the latest are kept."""
    body = {"status": summary.status, "steps": summary.steps, "cached": summary.cached, "error": summary.error, "details": details}
    with engine.db.transaction():
        packed = zlib.compress(log.encode("utf-8", "replace"))
        engine.db.execute(
            "INSERT OR REPLACE INTO build_records (ref, name, began_ns, ended_ns, body, log) VALUES (?, ?, ?, ?, ?, ?)",
            (
                summary.ref,
                summary.name,
                summary.began_ns,
                summary.ended_ns,
                json.dumps(body),
                packed,
            ),
        )
        engine.db.execute(
            "DELETE FROM build_records WHERE ref NOT IN (SELECT ref FROM build_records ORDER BY began_ns DESC LIMIT ?)", (_KEPT,)
        )


def every(engine: Engine) -> list[Summary]:
    """All records, the newest first."""
    rows = engine.db.all("SELECT ref, name, began_ns, ended_ns, body FROM build_records ORDER BY began_ns DESC")
    found = []
    for row in rows:
        body = json.loads(row["body"])
        found.append(
            Summary(row["ref"], row["name"], body["status"], row["began_ns"], row["ended_ns"], body["steps"], body["cached"], body["error"])
        )
    return found


def find(engine: Engine, word: str) -> Summary:
    """A record by ID, by the beginning of one, or by `^N`: the Nth before the newest; "" is the newest. Raises NotFound."""
    records = every(engine)
    if not word or word.startswith("^"):
        number = int(word[1:] or 1) if word[1:].isdigit() or word == "^" else 0
        if number < len(records):
            return records[number]
        raise NotFound("no record found")
    matching = [each for each in records if each.ref.startswith(word.rpartition("/")[2])]
    if len(matching) != 1:
        raise NotFound(f"no record found for {word!r}".replace("'", '"'))
    return matching[0]


def details(engine: Engine, ref: str) -> dict[str, Any]:
    """What else is known of a build: context, dockerfile, target, platforms, build_args, labels, tags, materials, image."""
    row = engine.db.one("SELECT body FROM build_records WHERE ref = ?", (ref,))
    found: dict[str, Any] = json.loads(row[0])["details"] if row is not None else {}
    return found


def log_of(engine: Engine, ref: str) -> str:
    """The plain output of a build."""
    row = engine.db.one("SELECT log FROM build_records WHERE ref = ?", (ref,))
    return zlib.decompress(row[0]).decode() if row is not None else ""


def remove(engine: Engine, refs: list[str]) -> None:
    """Forget builds."""
    for ref in refs:
        engine.db.execute("DELETE FROM build_records WHERE ref = ?", (ref,))
