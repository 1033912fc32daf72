"""The contracts for what comes in: `<provider>-<version>`, as JSON Schema, XSD or Table Schema.

What they demand is checked by the adapters; `docs/guides/contracts.md` says how to add a version.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
