"""What pydocker calls of itself: the monitor's exit handler, the tender, the name server, and the start of a user's session."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.engine.engine import Engine


def engine_of(words: Sequence[str], environ: Mapping[str, str]) -> Engine:
    """The engine that the first words name; see main."""
    from dockercompat.engine.engine import Engine, Settings
    from dockercompat.host.paths import Paths, daemon_json, from_environment

    paths = from_environment(environ, os.getuid()) if list(words) == ["boot"] else Paths(*words[:3])
    paths.make()
    return Engine(
        paths,
        Settings(
            storage_driver=environ.get("PYDOCKER_STORAGE_DRIVER", ""),
            network_helper=environ.get("PYDOCKER_NETWORK_HELPER", ""),
            daemon_json=daemon_json(environ),
        ),
    )


def main(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """`exit ID`: record the end of a container. `tender`: tend. `names`: answer for names. `settle`: wait for the disk.
    `keep-socket`: keep the engine's socket for containers. `relay`: serve published ports (descriptor 3).
    `boot`: start what restart policies want.

    words  data, runtime and configuration directory, then the verb and its words; `boot` alone finds them by the environment
    """
    if list(words[3:]) == ["relay"]:
        from dockercompat.net.relay import server

        server.main(3)
        return 0
    from dockercompat.kernel import holder

    engine = engine_of(words, environ)
    paths = engine.paths
    words = words[3:] if list(words) != ["boot"] else words
    verb = words[0] if words else ""
    if verb == "exit" and len(words) == 2:
        from dockercompat.engine.container.exit import finish

        holder.join(paths.run_dir)
        finish(engine, words[1])
        return 0
    if verb == "settle":
        from dockercompat.engine.image.durable import settle

        settle(engine)
        return 0
    if verb == "names":
        from dockercompat.engine.network import naming

        naming.serve(engine)
    if verb == "keep-socket":
        from dockercompat.engine.container import api_socket

        return api_socket.keep(engine, words[1:])
    if verb == "tender":
        from dockercompat.engine import tender

        return tender.run(engine)
    if verb == "boot":
        from dockercompat.engine import tender

        return tender.boot(engine)
    return 1
