"""GET /images/NAME/json."""

from __future__ import annotations

from dockercompat.engine.image import stack, store
from dockercompat.engine.image.ensure import platform_mismatch
from dockercompat.spec import clock
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import ZERO_TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord

_CONFIG_KEYS = ("ArgsEscaped", "ExposedPorts", "Healthcheck", "Shell", "StopSignal")  # absent when empty
_CONFIG_ZERO: dict[str, Any] = {  # always there below version 1.52 of the API
    "Cmd": None,
    "Entrypoint": None,
    "Env": None,
    "Labels": None,
    "OnBuild": None,
    "User": "",
    "Volumes": None,
    "WorkingDir": "",
}


def inspect(engine: Engine, ref: str, *, platform: str = "") -> dict[str, Any]:
    """An image as the API's ImageInspect. Raises NoSuchImage, InvalidReference, NotFound for another platform."""
    image = store.find(engine, ref)
    document = image.document
    if platform:
        wanted = platforms.parse(platform)
        if not platforms.matches(wanted, document.platform):
            raise platform_mismatch(ref, document.platform, wanted)
    fields = document.fields
    shown: dict[str, Any] = {
        "Id": image.id,
        "RepoTags": [name.familiar for name in store.tags_of(engine, image.id)],
        "RepoDigests": [name.familiar for name in store.digests_of(engine, image.id)],
        "Parent": image.parent_id,
        "Comment": str(fields.get("comment") or _last_comment(document.history)),
        "Created": str(fields.get("created") or ZERO_TIME),
        "DockerVersion": str(fields.get("docker_version") or ""),
        "Author": str(fields.get("author") or ""),
        "Architecture": str(fields.get("architecture") or ""),
    }
    if fields.get("variant"):
        shown["Variant"] = str(fields["variant"])
    shown["Os"] = str(fields.get("os") or "linux")
    if fields.get("os.version"):
        shown["OsVersion"] = str(fields["os.version"])
    shown["Size"] = image.size_bytes
    shown["GraphDriver"] = _graph_driver(engine, image)
    shown["RootFS"] = {"Type": "layers", "Layers": list(image.diff_ids)}
    shown["Metadata"] = {"LastTagTime": clock.format_ns(image.last_tag_ns) if image.last_tag_ns else ZERO_TIME}
    shown["Config"] = _config(image.config)
    return shown


def _config(config: dict[str, Any]) -> dict[str, Any]:
    found = {key: config[key] for key in _CONFIG_KEYS if config.get(key)}
    found.update((key, config.get(key) or zero) for key, zero in _CONFIG_ZERO.items())
    return {key: _sorted(found[key]) for key in sorted(found)}


def _sorted(value: Any) -> Any:
    return {key: value[key] for key in sorted(value)} if isinstance(value, dict) else value


def _last_comment(history: list[dict[str, Any]]) -> str:
    return str(history[-1].get("comment") or "") if history else ""


def _graph_driver(engine: Engine, image: ImageRecord) -> dict[str, Any]:
    name = engine.settings.storage_driver or "overlay"
    dirs = [stack.layer_dir(engine, diff_id) for diff_id in reversed(image.diff_ids)]
    if name == "vfs" or not dirs:
        return {"Data": None, "Name": name if name == "vfs" else "overlay2"}
    data = {"MergedDir": f"{dirs[0][:-5]}/merged", "UpperDir": dirs[0], "WorkDir": f"{dirs[0][:-5]}/work"}
    if len(dirs) > 1:
        data["LowerDir"] = ":".join(dirs[1:])
    return {"Data": dict(sorted(data.items())), "Name": "overlay2" if name == "overlay" else name}
