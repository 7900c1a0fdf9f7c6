"""Types as variables spell them: an expression read as a type."""

from __future__ import annotations

from dockercompat.build.bake import types
from dockercompat.build.bake.expressions import Literal, Node, Object, Tuple
from dockercompat.build.bake.operations import Call
from dockercompat.build.bake.places import fault
from dockercompat.build.bake.types import Type

_PRIMITIVES = {"string": types.STRING, "number": types.NUMBER, "bool": types.BOOL, "any": types.ANY}
_SUMMARY = "Invalid type specification"


def read_type(node: Node) -> Type:
    """`list(string)` as a type. Raises BakeFailed."""
    word = node.keyword()
    if word:
        if word in _PRIMITIVES:
            return _PRIMITIVES[word]
        if word in ("list", "set", "map"):
            raise fault(node.at, _SUMMARY, f"The {word} type constructor requires one argument specifying the element type.")
        if word == "object":
            detail = "The object type constructor requires one argument specifying the attribute types and values as a map."
            raise fault(node.at, _SUMMARY, detail)
        if word == "tuple":
            raise fault(node.at, _SUMMARY, "The tuple type constructor requires one argument specifying the element types as a list.")
        raise fault(node.at, _SUMMARY, f'The keyword "{word}" is not a valid type specification.')
    if not isinstance(node, Call):
        detail = (
            "A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, "
            "like list(string)."
        )
        raise fault(node.at, _SUMMARY, detail)
    if node.name in _PRIMITIVES:
        raise fault(node.close_at, _SUMMARY, f'Primitive type keyword "{node.name}" does not expect arguments.')
    if len(node.arguments) != 1:
        what = {
            "object": "The object type constructor requires one argument specifying the attribute types and values as a map.",
            "tuple": "The tuple type constructor requires one argument specifying the element types as a list.",
        }.get(node.name, f"The {node.name} type constructor requires one argument specifying the element type.")
        raise fault(node.arguments[1].at if len(node.arguments) > 1 else node.at, _SUMMARY, what)
    argument = node.arguments[0]
    if node.name in ("list", "set", "map"):
        return Type(node.name, (read_type(argument),))
    if node.name == "tuple":
        if not isinstance(argument, Tuple):
            raise fault(argument.at, _SUMMARY, "Tuple type constructor requires a list of element types.")
        return Type("tuple", tuple(read_type(item) for item in argument.items))
    if node.name == "object":
        return _object(argument)
    raise fault(node.name_at, _SUMMARY, f'Keyword "{node.name}" is not a valid type constructor.')


def _object(argument: Node) -> Type:
    if not isinstance(argument, Object):
        raise fault(
            argument.at,
            _SUMMARY,
            "Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.",
        )
    names, of, optional = [], [], []
    for key, value in argument.items:
        name = str(key.value) if isinstance(key, Literal) else key.keyword()
        if not name:
            raise fault(key.at, _SUMMARY, "Object constructor map keys must be attribute names.")
        if isinstance(value, Call) and value.name == "optional":
            if len(value.arguments) != 1:
                at = value.arguments[1].at if len(value.arguments) > 1 else value.close_at
                raise fault(at, _SUMMARY, "Optional attribute modifier expects only one argument: the attribute type.")
            optional.append(name)
            value = value.arguments[0]
        names.append(name)
        of.append(read_type(value))
    return Type("object", tuple(of), tuple(names), tuple(optional))
