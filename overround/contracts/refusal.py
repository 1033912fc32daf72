"""The typed no of the wire: bytes or values that no contract allows."""

from __future__ import annotations

from overround.domain.kernel.refusal import Refusal


class ContractError(Refusal):
    """Bytes that cannot be read, or a value that cannot be written, by the contracts.

    `reason` is one of: `not_wire_format`, `unknown_schema_id`, `truncated_record`,
    `trailing_bytes`, `invalid_record` (reading), `unregistered_type`, `invalid_record` (writing).
    """
