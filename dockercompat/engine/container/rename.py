"""`rename`."""

from __future__ import annotations

from dockercompat.engine.container import create, links, state, store
from dockercompat.engine.system import events
from dockercompat.errors import Conflict, InvalidParameter
from dockercompat.state.db import IntegrityError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


def rename(engine: Engine, ref: str, new_name: str) -> None:
    """Give a container another name; a running one keeps running.

    Raises  NoSuchContainer, Conflict for a name that is taken, InvalidParameter for one that is none
    """
    if not new_name:
        raise InvalidParameter("Neither old nor new names may be empty")
    container = state.current(engine, ref)
    new_name = new_name.removeprefix("/")
    if new_name == container.name:
        raise InvalidParameter("Renaming a container with the same name as its current name")
    try:
        create.check_name(new_name, shown="/" + new_name)
        with engine.db.transaction():
            links.renamed(engine, container.name, new_name)
            store.set_name(engine, container.id, new_name, _renamed(container.endpoints, container.name, new_name))
            events.record(
                engine,
                "container",
                "rename",
                container.id,
                {**container.attributes(oldName="/" + container.name), "name": new_name},
            )
    except InvalidParameter as error:
        raise InvalidParameter(f"Error when allocating new name: {error}") from None
    except IntegrityError:
        raise Conflict(f"Error when allocating new name: {create.name_taken(engine, new_name)}") from None


def _renamed(endpoints: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The endpoints with the new name among the names that others find the container by."""
    return {
        network: {**document, "DNSNames": [new if name == old else name for name in document["DNSNames"]]}
        if document.get("DNSNames")
        else document
        for network, document in endpoints.items()
    }
