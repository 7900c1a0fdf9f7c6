"""Record: a frozen dataclass to a reader and a type checker (PEP 681), without that module's import time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self, dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls


@dataclass_transform(frozen_default=True, eq_default=True)
class Record:
    """Base of the project's values: fields by annotation, defaults by assignment, immutable once made.

    Defaults must be immutable (a tuple, not a list). Equality and hash go by type and fields.
    Raises  TypeError for a missing, unknown or doubly given field, as a dataclass does
    """

    __slots__ = ("__dict__",)
    _fields: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        own = tuple(n for n in vars(cls).get("__annotations__", {}) if not n.startswith("_"))
        cls._fields = tuple(n for n in cls._fields if n not in own) + own

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fields = self._fields
        values = self.__dict__
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} fields, {len(args)} given")
        for name, value in zip(fields, args):
            values[name] = value
        for name, value in kwargs.items():
            if name in values or name not in fields:
                raise TypeError(f"{type(self).__name__}: {'doubly given' if name in values else 'unknown'} field {name}")
            values[name] = value
        if len(values) < len(fields):
            cls = type(self)
            for name in fields:
                if name not in values:
                    try:
                        values[name] = getattr(cls, name)
                    except AttributeError:
                        raise TypeError(f"{cls.__name__}: missing field {name}") from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{n}={self.__dict__[n]!r}' for n in self._fields)})"

    def _key(self) -> tuple[object, ...]:
        return tuple(self.__dict__[n] for n in self._fields)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return type(self)(**{**self.__dict__, **changes})
