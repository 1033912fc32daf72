"""The table `parameters`: which parameters are in force."""

from __future__ import annotations

from overround.domain.control.parameters import InForce
from overround.runtime.topology import Table

PARAMETERS = Table("parameters", InForce, key="sport")
"""Owner: the agent `markets`.

Key: the sport. Cost: some 40 bytes for each parameter that differs from its default, in every
partition; a write for each version.
"""
