"""A typed no: bad input is refused with a reason code, never guessed at."""

from __future__ import annotations


class Refusal(Exception):
    """An input that a rule refuses.

    An agent that lets it out sends the input to its dead letters with `reason`; a refusal that
    somebody waits for is answered with an event instead.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
