"""A volume whose content is made first: beside all volumes, and in its place when it is complete."""

from __future__ import annotations

import os

from dockercompat.engine.volume import create, store
from dockercompat.errors import Conflict, DockerError
from dockercompat.kernel import holder
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from dockercompat.engine.engine import Engine


def sweep(engine: Engine) -> None:
    """Remove what killed processes have left of volumes that never came to be."""
    try:
        names = os.listdir(engine.paths.temp_dir)
    except FileNotFoundError:
        return
    for name in names:
        kind, _, rest = name.partition("-")
        owner = rest.partition("-")[0]
        if kind == "volume" and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            holder.join(engine.paths.run_dir)
            remove_tree(f"{engine.paths.temp_dir}/{name}")


class Arrival:
    """`with Arrival(engine, name) as arrival:` gives an empty arrival.data_dir; what is not settled is removed at the end.

    What a killed process leaves has its number in the name and goes with the next prune.
    Raises  InvalidParameter for a bad name, Conflict for a volume that exists
    """

    def __init__(self, engine: Engine, name: str) -> None:
        create.check(name, "", None, engine.paths.volumes_dir)
        self._engine = engine
        self._name = name
        self._check_free()
        self._dir = f"{engine.paths.temp_dir}/volume-{os.getpid()}-{os.urandom(4).hex()}"
        self.data_dir = f"{self._dir}/_data"

    def _check_free(self) -> None:
        if store.find(self._engine, self._name) is not None:
            raise Conflict(f"create {self._name}: a volume of this name exists already")

    def __enter__(self) -> Arrival:
        os.makedirs(self._dir, 0o700)
        os.mkdir(self.data_dir, 0o755)
        os.chmod(self.data_dir, 0o755)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        remove_tree(self._dir)

    def settle(self, labels: Mapping[str, str] | None) -> None:
        """Record the volume and put its content in place, together."""
        with store.lock(self._engine, self._name), self._engine.db.transaction():
            self._check_free()
            create.insert(self._engine, self._name, options=None, labels=labels)
            place = store.volume_dir(self._engine, self._name)
            try:
                os.rename(self._dir, place)
            except OSError as error:
                raise DockerError(f"create {self._name}: rename to {place}: {(error.strerror or str(error)).lower()}") from None
