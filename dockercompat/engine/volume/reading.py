"""A volume's files for a verb that reads or writes all of them: mounted where it has options, and kept from removal meanwhile.

What is mounted stays so until the end of the next container that uses the volume.
"""

from __future__ import annotations

from dockercompat.engine.volume import filling, mounting, store
from dockercompat.host.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from dockercompat.engine.engine import Engine


class Opened:
    """`with Opened(engine, name) as directory:`. The process has joined the holder. Raises NoSuchVolume"""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._lock = Lock(store.lock(engine, name).path, shared=True)

    def __enter__(self) -> str:
        with store.lock(self._engine, self._name):
            directory = mounting.activate(self._engine, self._name)
            filling.resume(self._engine, self._name)
        self._lock.acquire()
        try:
            store.load(self._engine, self._name)
        except BaseException:
            self._lock.release()
            raise
        return directory

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.release()
