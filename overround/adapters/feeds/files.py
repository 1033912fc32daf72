"""A provider's recording as the messages that came, one after the other."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

# A line beyond this is no message; it is read in pieces of this size, so that a file without a
# line's end cannot fill the memory.
LINE_BYTES_MAX = 64 << 20

# The first bytes of compressed files, and the mark that some editors put before UTF-8.
_BZIP2, _GZIP = b"BZh", b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"

# Beyond this a file whose first line is not a message is not looked at as one document.
_DOCUMENT_BYTES_MAX = 16 << 20


def opened(path: Path) -> IO[bytes]:
    """Open a file, uncompressing what bzip2 or gzip compressed, whatever its name ends in.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        begins = file.read(len(_BZIP2))
    if begins == _BZIP2:
        return bz2.BZ2File(path)
    if begins.startswith(_GZIP):
        return cast(IO[bytes], gzip.GzipFile(path))
    return path.open("rb")


def json_lines(path: Path) -> Iterator[bytes]:
    """The messages of a recording of JSON lines; empty lines are skipped.

    A file that is one JSON document over several lines is one message, or as many as its array
    has entries.

    Raises:
        OSError: it cannot be read, or its compression is broken.
        EOFError: its compressed end is missing.
    """
    document = _document(path)
    if document is not None:
        yield from document
        return
    with opened(path) as file:
        while line := file.readline(LINE_BYTES_MAX):
            if message := line.removeprefix(_MARK).strip():
                yield message


def _document(path: Path) -> list[bytes] | None:
    """The messages of a file that is one document; None for one of lines."""
    with opened(path) as file:
        first = file.readline(_DOCUMENT_BYTES_MAX).removeprefix(_MARK)
        if _is_json(first, dict):
            return None
        text = first + file.read(_DOCUMENT_BYTES_MAX)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list):
        return [json.dumps(each).encode() for each in value]
    return [text.strip()]


def _is_json(text: bytes, kind: type) -> bool:
    try:
        return isinstance(json.loads(text), kind)
    except (ValueError, RecursionError):
        return False
