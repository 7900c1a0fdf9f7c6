"""Commands bring back what was killed of the network and the socket that containers need, and take back what killed commands left.

Half a millisecond where nothing was.
"""

from __future__ import annotations

import os

from dockercompat.engine.network import health

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def repair(engine: Engine) -> None:
    """Bring back what is missing; the process joins the holder then."""
    if health.needs_repair(engine):
        from dockercompat.engine.network import attach
        from dockercompat.kernel import holder
        from dockercompat.net import outside

        outside.keep(engine.paths.run_dir)
        holder.join(engine.paths.run_dir)
        attach.repair(engine)
    if health.has_abandoned(engine):
        from dockercompat.engine.network import stale
        from dockercompat.kernel import holder

        holder.join(engine.paths.run_dir)
        stale.sweep_leases(engine)
    if _is_socket_abandoned(engine):
        from dockercompat.engine.container import api_socket

        api_socket.mend(engine)


def _is_socket_abandoned(engine: Engine) -> bool:
    if not os.path.exists(f"{engine.paths.run_dir}/engine.sock"):  # which spares an import
        return False
    from dockercompat.engine.container import api_socket

    return api_socket.is_abandoned(engine)


def repair_beside(engine: Engine) -> None:
    """The same for a command about anything: this process joins nothing, and what can't be mended is not its worry."""
    if not health.needs_repair(engine) and not health.has_abandoned(engine) and not _is_socket_abandoned(engine):
        return
    process_id = os.fork()
    if process_id == 0:
        try:
            repair(engine.for_thread())
        finally:
            os._exit(0)
    os.waitpid(process_id, 0)
