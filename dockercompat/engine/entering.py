"""The passage into the user's namespaces, as every door makes it before it acts."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def join(engine: Engine) -> None:
    """Enter the user's holder (made if need be). Call it before any thread starts; calling it again does nothing.

    Raises  HostLacks when this machine can't give user namespaces
    """
    from dockercompat.kernel import holder

    run_dir = engine.paths.run_dir
    if os.geteuid() == 0:
        from dockercompat.net import outside

        outside.keep(run_dir)
    holder.join(run_dir)
    from dockercompat.engine.image.durable import check_after_boot

    check_after_boot(engine)
