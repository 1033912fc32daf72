"""XML messages against their XSD: a folder for each provider and version, a file a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

from overround.adapters.feeds.contracts import FOLDER
from overround.domain.kernel.refusal import Refusal

# What several messages have in common.
_SHARED = "types"
_DETAIL_CHARS_MAX = 300

# By the rule of XML Schema Part 1 or 2 that a document breaks.
_REASONS = {
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "missing_field",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "wrong_type",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "out_of_range",
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID": "out_of_range",
    "SCHEMAV_CVC_ENUMERATION_VALID": "unknown_value",
    "SCHEMAV_CVC_MINLENGTH_VALID": "bad_text",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "bad_text",
    "SCHEMAV_CVC_PATTERN_VALID": "bad_text",
}


class Contract:
    """The messages of one version of a feed, by the names of their roots."""

    def __init__(self, folder: Path) -> None:
        paths = [path for path in sorted(folder.glob("*.xsd")) if path.stem != _SHARED]
        self._schemas = {path.stem: etree.XMLSchema(file=str(path)) for path in paths}

    @property
    def messages(self) -> frozenset[str]:
        """The roots that it knows."""
        return frozenset(self._schemas)

    def check(self, root: Any) -> None:
        """Check a document, its names without namespaces.

        Raises:
            Refusal: unknown_message, missing_field, wrong_type, out_of_range, unknown_value,
                bad_text, or contract_broken for what has no word of its own.
        """
        schema = self._schemas.get(root.tag)
        if schema is None:
            raise Refusal("unknown_message", str(root.tag)[:_DETAIL_CHARS_MAX])
        if not schema.validate(root):
            first = schema.error_log[0]
            reason = _REASONS.get(first.type_name, "contract_broken")
            raise Refusal(reason, first.message[:_DETAIL_CHARS_MAX])


UOF = Contract(FOLDER / "uof-1")
