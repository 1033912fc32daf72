"""XML read strictly: nothing expands or is fetched, and every field has one type and a range."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lxml import etree

from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.time import from_datetime

TEXT_CHARS_MAX = 1_000

# Nothing of a document may expand or be fetched: no entities, no DTD, no network.
_NOTHING_EXPANDS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
# A root's attributes are within the first of these as a rule; the rest is not read for them.
_OPENING_BYTES, _OPENING_BYTES_MAX = 256, 4_096


def parsed(payload: bytes) -> Any:
    """The document's root, its names without namespaces.

    Raises:
        Refusal: `malformed_xml`, or `doctype` for a document that declares one.
    """
    try:
        root = etree.fromstring(payload, etree.XMLParser(**_NOTHING_EXPANDS))
    except etree.XMLSyntaxError as error:
        raise Refusal("malformed_xml", str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise Refusal("doctype", "a message has none")
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = etree.QName(element).localname
    return root


def opening(payload: bytes) -> tuple[str, dict[str, str]] | None:
    """The root's name and attributes, as far as its beginning tells them; None if it has none."""
    parser = etree.XMLPullParser(events=("start",), **_NOTHING_EXPANDS)
    for begin in range(0, _OPENING_BYTES_MAX, _OPENING_BYTES):
        try:
            parser.feed(payload[begin : begin + _OPENING_BYTES])
        except etree.XMLSyntaxError:
            return None
        for _, root in parser.read_events():
            return etree.QName(root).localname, dict(root.attrib)
    return None


def text(element: Any, name: str) -> str:
    """An attribute that must be there; raises Refusal missing_field or bad_text."""
    value = element.get(name)
    if value is None:
        raise Refusal("missing_field", f"{element.tag} {name}")
    if not 0 < len(value) <= TEXT_CHARS_MAX or not value.isprintable():
        raise Refusal("bad_text", f"{element.tag} {name}")
    return str(value)


def integer(element: Any, name: str) -> int:
    """A whole number from 0; raises Refusal wrong_type."""
    digits = text(element, name)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise Refusal("wrong_type", f"{name} is not a whole number")
    return int(digits)


def optional_integer(element: Any, name: str) -> int | None:
    """The same, None if it is not there."""
    return integer(element, name) if name in element.attrib else None


def milliseconds_us(element: Any, name: str) -> int:
    """A time in milliseconds since the epoch, as microseconds."""
    return integer(element, name) * 1_000


def milli(number: str, name: str, most: float) -> int:
    """A number from 0 to `most` in thousandths; raises Refusal wrong_type or out_of_range."""
    try:
        value = float(number)
    except ValueError as error:
        raise Refusal("wrong_type", f"{name} is not a number") from error
    if not 0 <= value <= most:
        raise Refusal("out_of_range", f"{name} {number}")
    return round(value * 1_000)


def time_us(moment: str) -> int:
    """An ISO 8601 time with its zone, in microseconds; raises Refusal bad_time."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise Refusal("bad_time", moment) from error
    if at.tzinfo is None:
        raise Refusal("bad_time", f"{moment} has no zone")
    return from_datetime(at)
