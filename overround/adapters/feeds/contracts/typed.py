"""JSON messages against their contract: msgspec types, which are also written down as JSON Schema.

The type decodes and checks in one pass, faster than a parser alone makes dictionaries; the file
`<provider>-<version>.json` is what the type says, and a test holds the two together.

    python -m overround.adapters.feeds.contracts.typed      writes the files anew
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from overround.adapters.feeds.contracts import FOLDER
from overround.adapters.feeds.contracts.betfair import StreamMessage
from overround.adapters.feeds.contracts.partner import PartnerMessage
from overround.domain.kernel.refusal import Refusal

TYPES: dict[str, Any] = {"betfair-1": StreamMessage, "partner-1": PartnerMessage}
"""The types by their contracts' names."""

# By how msgspec's messages begin; others are about types.
_REASONS = (
    (r"Object missing required field", "missing_field"),
    (r"Object contains unknown field", "unknown_field"),
    (r"Invalid (enum )?value", "unknown_value"),
    (r"Expected `str` (of length|matching)", "bad_text"),
    (
        r"Expected `(int|float)` [<>]=|Expected `array` of length [<>]=|.* out of range",
        "out_of_range",
    ),
)
# A field may have its own word for these.
_OF_A_FIELD = frozenset({"unknown_value", "bad_text"})
_PATH = re.compile(r"`(\$[^`]*)`$")
_DETAIL_CHARS_MAX = 300


def refusal(error: msgspec.DecodeError, words: dict[str, str]) -> Refusal:
    """What msgspec found, in our words; `words` are the more precise ones, by the field's name.

    A field is named by the end of its path, as in `$.mc[...].marketDefinition.status`.
    """
    text = str(error)
    path = _PATH.search(text)
    reason = next((word for begins, word in _REASONS if re.match(begins, text)), "wrong_type")
    if not isinstance(error, msgspec.ValidationError):
        reason = "malformed_json"
    elif path is None and reason == "wrong_type":
        reason = "not_an_object"
    elif path is not None and reason in _OF_A_FIELD:
        reason = words.get(path[1].rpartition(".")[2], reason)
    return Refusal(reason, text[:_DETAIL_CHARS_MAX])


def schema(name: str) -> str:
    """A contract as JSON Schema, as its file has it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name}
    return json.dumps(head | msgspec.json.schema(TYPES[name]), indent=2) + "\n"


def main() -> None:
    """Write every contract of a type to its file."""
    for name in TYPES:
        (FOLDER / f"{name}.json").write_text(schema(name), "utf-8")


if __name__ == "__main__":
    main()
