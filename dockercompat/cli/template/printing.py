"""Go's fmt on template values: what an action prints, and printf with all its verbs and flags."""

from __future__ import annotations

from dockercompat.cli.template.floats import go_float, keep_zeros
from dockercompat.cli.template.lexer import quote
from dockercompat.cli.template.values import INT64, UINT64, FieldType, Type, Value, inner
from dockercompat.spec import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# Where Go prints an address, this stands: no program can rely on one.
_ADDRESS = "0xc000010000"


def printed(value: Value | None) -> str:
    """What `{{.}}` writes."""
    if value is None:
        return "<no value>"
    while value.type.kind in ("ptr", "interface") and value.data is not None and value.type.text is None:
        value = inner(value)
    if value.type.kind == "string" and value.type.text is None:
        return str(value.data)
    return _Printer().argument(value, "v")


def sprint(values: Sequence[Value | None]) -> str:
    """Go's Sprint: a space between two operands of which neither is a string."""
    out = ""
    previous_string = True
    for at, each in enumerate(values):
        opened = _opened(each)
        string = opened is not None and opened.type.kind == "string"
        if at and not string and not previous_string:
            out += " "
        out += _Printer().argument(opened, "v")
        previous_string = string
    return out


def sprintln(values: Sequence[Value | None]) -> str:
    return " ".join(_Printer().argument(_opened(v), "v") for v in values) + "\n"


def sprintf(form: str, values: Sequence[Value | None]) -> str:
    """Go's Sprintf, including what it writes for missing, surplus and unfit arguments."""
    out: list[str] = []
    operands = [_opened(v) for v in values]
    at = 0
    next_operand = 0
    reordered = False
    end = len(form)
    while at < end:
        percent = form.find("%", at)
        if percent < 0:
            out.append(form[at:])
            break
        out.append(form[at:percent])
        at = percent + 1
        printer = _Printer()
        while at < end and form[at] in "#0+- ":
            setattr(printer, {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}[form[at]], True)
            at += 1
        good_index = True
        after_index = False
        at, next_operand, found, good, after = _index(form, at, next_operand, len(operands))
        reordered |= found
        good_index &= good
        after_index = after
        if at < end and form[at] == "*":
            at += 1
            width, next_operand = _star(operands, next_operand)
            if width is None:
                out.append("%!(BADWIDTH)")
            elif width < 0:
                printer.width = -width
                printer.minus = True
                printer.zero = False
            else:
                printer.width = width
            after_index = False
        else:
            at, printer.width = _digits(form, at)
            if after_index and printer.width is not None:
                good_index = False
        if at + 1 < end and form[at] == ".":
            at += 1
            if after_index:
                good_index = False
            at, next_operand, found, good, after = _index(form, at, next_operand, len(operands))
            reordered |= found
            good_index &= good
            if at < end and form[at] == "*":
                at += 1
                precision, next_operand = _star(operands, next_operand)
                if precision is None or precision < 0:
                    printer.precision = None
                    out.append("%!(BADPREC)")
                else:
                    printer.precision = precision
                after_index = False
            else:
                at, printer.precision = _digits(form, at)
                printer.precision = printer.precision or 0
                after_index = after
        if not after_index:
            at, next_operand, found, good, after = _index(form, at, next_operand, len(operands))
            reordered |= found
            good_index &= good
        if at >= end:
            out.append("%!(NOVERB)")
            break
        verb = form[at]
        at += 1
        if verb == "%":
            out.append("%")
        elif not good_index:
            out.append(f"%!{verb}(BADINDEX)")
        elif next_operand >= len(operands):
            out.append(f"%!{verb}(MISSING)")
        else:
            if verb in "vw":
                printer.sharp_v, printer.sharp = printer.sharp, False
                printer.plus_v, printer.plus = printer.plus, False
            out.append(printer.argument(operands[next_operand], verb))
            next_operand += 1
    if not reordered and next_operand < len(operands):
        surplus = ", ".join("<nil>" if v is None else f"{v.type}={_Printer().argument(v, 'v')}" for v in operands[next_operand:])
        out.append(f"%!(EXTRA {surplus})")
    return "".join(out)


_TIME_INSIDE = Type(
    "time.Time",
    "struct",
    fields=(
        FieldType("wall", "wall", UINT64),
        FieldType("ext", "ext", INT64),
        FieldType("loc", "loc", Type("*time.Location", "ptr", Type("time.Location", "struct"), named=False)),
    ),
)


def _time_inside(data: Any) -> Value:
    """A moment as its private members, which show where its String can't: nanoseconds, seconds since the year 1, zone (nil: UTC)."""
    text = data if isinstance(data, str) and data else clock.ZERO
    seconds, ns = divmod(clock.parse(text) - clock.ZERO_NS, 1_000_000_000)
    return Value(_TIME_INSIDE, {"wall": ns, "ext": seconds, "loc": None if text.endswith("Z") else {}})


_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


def _go_time(data: Any) -> str:
    """Go's syntax for a moment."""
    text = data if isinstance(data, str) and data else clock.ZERO
    date, _, of_day = text.partition("T")
    year, month, day = (int(part) for part in date.split("-"))
    hour, minute, second = (int(part) for part in of_day[:8].split(":"))
    ns = clock.parse(text) % 1_000_000_000
    zone = "time.UTC" if text.endswith("Z") else 'time.Location("")'
    return f"time.Date({year}, time.{_MONTHS[month - 1]}, {day}, {hour}, {minute}, {second}, {ns}, {zone})"


def _ascii(quoted: str) -> str:
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}" for c in quoted)


def _sign(code: int) -> str:
    return chr(code) if 0 <= code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"


def _opened(value: Value | None) -> Value | None:
    while value is not None and value.type.kind == "interface":
        value = None if value.data is None else inner(value)
    return value


def _digits(form: str, at: int) -> tuple[int, int | None]:
    """A number and the position after it; Go gives up on one over a million and on the rest of the format."""
    start = at
    while at < len(form) and form[at] in "0123456789":
        if at > start and int(form[start:at]) > 1_000_000:
            return len(form), None
        at += 1
    return at, int(form[start:at]) if at > start else None


def _index(form: str, at: int, operand: int, count: int) -> tuple[int, int, bool, bool, bool]:
    """Read an argument index such as [2]: position after it, operand, found, good, and whether it is a number."""
    if form[at : at + 1] != "[":
        return at, operand, False, True, False
    closed = form.find("]", at)
    if closed < 0:
        return at + 1, operand, True, False, False
    end, number = _digits(form[:closed], at + 1)
    if number is None or end != closed or form[closed - 1] == "[":
        return closed + 1, operand, True, False, False
    good = 1 <= number <= count
    return closed + 1, number - 1 if good else operand, True, good, True


def _star(operands: list[Value | None], operand: int) -> tuple[int | None, int]:
    if operand >= len(operands):
        return None, operand
    value = operands[operand]
    if value is None or value.type.kind not in ("int", "uint") or abs(int(value.data)) > 1_000_000:
        return None, operand + 1
    return int(value.data), operand + 1


class _Printer:
    def __init__(self) -> None:
        self.width: int | None = None
        self.precision: int | None = None
        self.minus = self.plus = self.sharp = self.space = self.zero = False
        self.plus_v = self.sharp_v = self.erroring = False

    def argument(self, value: Value | None, verb: str) -> str:
        if value is None:
            return self.pad("<nil>") if verb in "vT" else self.bad(value, verb)
        if verb == "T":
            return self.pad(self.cut(value.type.name))
        if verb == "p":
            return _ADDRESS if value.type.kind in ("ptr", "map", "slice", "func") else self.bad(value, verb)
        return self.value(value, verb, 0)

    def bad(self, value: Value | None, verb: str) -> str:
        if value is None:
            return f"%!{verb}(<nil>)"
        self.erroring = True
        text = self.value(value, "v", 0)
        self.erroring = False
        return f"%!{verb}({value.type}={text})"

    def pad(self, text: str) -> str:
        if self.width is None:
            return text
        if self.minus:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if self.zero else " ")

    def value(self, value: Value, verb: str, depth: int) -> str:
        type_ = value.type
        kind = type_.kind
        if verb == "w":
            return self.bad(value, verb)
        if type_.text is not None and not self.erroring and value.data is not None:
            if verb in "vsxXq" and not self.sharp_v:
                return self.string(type_.text(value.data), verb, value)
            if verb == "v" and type_.name == "time.Time":
                return self.pad(self.cut(_go_time(value.data)))
        if kind == "string":
            return self.string(str(value.data), verb, value)
        if kind == "bool":
            return self.pad("true" if value.data else "false") if verb in "tv" else self.bad(value, verb)
        if kind in ("int", "uint"):
            return self.integer(int(value.data), verb, value)
        if kind == "float":
            return self.floating(float(value.data), verb, value)
        if kind == "complex":
            return self.complex(complex(value.data), verb, value)
        if kind == "interface":
            if value.data is None:
                return f"{type_}(nil)" if self.sharp_v else "<nil>"
            return self.value(inner(value), verb, depth + 1)
        if kind == "map":
            return self.map(value, verb, depth)
        if kind == "struct":
            return self.struct(value, verb, depth)
        if kind in ("slice", "array"):
            return self.slice(value, verb, depth)
        if kind == "ptr":
            if value.data is not None and depth == 0 and type_.elem and type_.elem.kind in ("array", "slice", "struct", "map"):
                return "&" + self.value(inner(value), verb, depth + 1)
            return self.pointer(value, verb)
        return self.pad(_ADDRESS)

    def pointer(self, value: Value, verb: str) -> str:
        address = 0 if value.data is None else int(_ADDRESS, 16)
        if verb == "v" and self.sharp_v:
            return f"({value.type})({_ADDRESS if address else 'nil'})"
        if verb == "v":
            return self.pad(_ADDRESS if address else "<nil>")
        if verb in "bodxX":
            return self.integer(address, verb, value)
        return self.bad(value, verb)

    def map(self, value: Value, verb: str, depth: int) -> str:
        type_ = value.type
        if self.sharp_v and value.data is None:
            return f"{type_}(nil)"
        key_type = type_.key
        pairs = [
            f"{self.value(Value(key_type, k), verb, depth + 1) if key_type else k}:{self.value(value[k], verb, depth + 1)}"
            for k in value.sorted_keys()
        ]
        return f"{type_}{{{', '.join(pairs)}}}" if self.sharp_v else f"map[{' '.join(pairs)}]"

    def struct(self, value: Value, verb: str, depth: int) -> str:
        if value.type.name == "time.Time":
            value = _time_inside(value.data)
        named = self.plus_v or self.sharp_v
        members = []
        for field in value.type.fields:
            text = self.value(value.get_field(field), verb, depth + 1)
            members.append(f"{field.name}:{text}" if named else text)
        return f"{value.type}{{{', '.join(members)}}}" if self.sharp_v else f"{{{' '.join(members)}}}"

    def slice(self, value: Value, verb: str, depth: int) -> str:
        if self.sharp_v:
            if value.data is None and value.type.kind == "slice":
                return f"{value.type}(nil)"
            return f"{value.type}{{{', '.join(self.value(v, verb, depth + 1) for v in value.items())}}}"
        return f"[{' '.join(self.value(v, verb, depth + 1) for v in value.items())}]"

    def string(self, text: str, verb: str, value: Value) -> str:
        if verb == "v" and self.sharp_v:
            return self.pad(quote(self.cut(text)))
        if verb in "vs":
            return self.pad(self.cut(text))
        if verb in "xX":
            return self.pad(self.hexadecimal(text.encode("utf-8", "surrogateescape"), verb))
        if verb == "q":
            text = self.cut(text)
            if self.sharp and "`" not in text and (text.isprintable() or text == ""):
                return self.pad(f"`{text}`")
            quoted = quote(text)
            if self.plus:
                quoted = _ascii(quoted)
            return self.pad(quoted)
        return self.bad(value, verb)

    def cut(self, text: str) -> str:
        return text if self.precision is None else text[: self.precision]

    def hexadecimal(self, data: bytes, verb: str) -> str:
        if self.precision is not None:
            data = data[: self.precision]
        digits = [f"{b:02x}" for b in data]
        prefix = "0x" if self.sharp else ""
        text = " ".join(prefix + d for d in digits) if self.space else (prefix if digits else "") + "".join(digits)
        return text.upper() if verb == "X" else text

    def integer(self, number: int, verb: str, value: Value) -> str:
        if verb == "v" and self.sharp_v and value.type.kind == "uint":
            return self.pad(f"{number:#x}")
        if verb in "vd":
            return self.digits(number, 10)
        if verb == "b":
            return self.digits(number, 2)
        if verb in "oO":
            return self.digits(number, 8, verb)
        if verb in "xX":
            return self.digits(number, 16, verb)
        if verb == "c":
            return self.pad(_sign(number))
        if verb == "q":
            sign = _sign(number)
            inside = _ascii(quote(sign)[1:-1]) if self.plus else quote(sign)[1:-1]
            return self.pad("'\\''" if sign == "'" else "'\"'" if sign == '"' else f"'{inside}'")
        if verb == "U":
            digits = f"{number % (1 << 64):X}"
            text = f"U+{digits.rjust(max(4, self.precision or 0), '0')}"
            if self.sharp and 0 <= number <= 0x10FFFF and _sign(number).isprintable():
                text += f" '{_sign(number)}'"
            return self.unzeroed(text)
        return self.bad(value, verb)

    def digits(self, number: int, base: int, verb: str = "") -> str:
        text = {10: f"{abs(number)}", 2: f"{abs(number):b}", 8: f"{abs(number):o}", 16: f"{abs(number):x}"}[base]
        if verb == "X":
            text = text.upper()
        wanted = 0
        zero_padded = self.zero and not self.minus
        if self.precision is not None:
            zero_padded = False
            wanted = self.precision
            if wanted == 0 and number == 0:
                return " " * (self.width or 0)
        elif zero_padded and self.width is not None:
            wanted = self.width - (1 if number < 0 or self.plus or self.space else 0)
        text = text.rjust(wanted, "0")
        if self.sharp:
            text = {2: "0b", 8: "" if text.startswith("0") else "0", 16: "0X" if verb == "X" else "0x"}.get(base, "") + text
        if verb == "O":
            text = "0o" + text
        text = ("-" if number < 0 else "+" if self.plus else " " if self.space else "") + text
        return self.unzeroed(text)

    def unzeroed(self, text: str) -> str:
        """Padded with spaces, whatever was asked for."""
        zero, self.zero = self.zero, False
        text = self.pad(text)
        self.zero = zero
        return text

    def floating(self, number: float, verb: str, value: Value) -> str:
        if verb not in "vbgGxXfFeE":
            return self.bad(value, verb)
        form = {"v": "g", "F": "f"}.get(verb, verb)
        precision = self.precision
        if precision is None and form in "feE":
            precision = 6
        text = go_float(number, form.lower(), precision)
        if form.isupper():
            text = text.upper() if text[-3:] not in ("Inf", "NaN") else text
        infinite = text[-3:] in ("Inf", "NaN")
        signless = text.lstrip("+-")
        sign = "-" if text.startswith("-") else "+" if self.plus else " " if self.space else ""
        if self.sharp and verb != "b" and not infinite:
            signless = keep_zeros(signless, verb, precision)
        zero = self.zero
        if zero and not infinite and sign and not self.minus and self.width is not None:
            return sign + signless.rjust(self.width - 1, "0")
        return self.unzeroed(sign + signless) if infinite else self.pad(sign + signless)

    def complex(self, number: complex, verb: str, value: Value) -> str:
        if verb not in "vbgGxXfFeE":
            return self.bad(value, verb)
        plus = self.plus or self.plus_v
        real = self.floating(number.real, verb, value)
        self.plus = True
        imaginary = self.floating(number.imag, verb, value)
        self.plus = plus
        return f"({real}{imaginary}i)"
