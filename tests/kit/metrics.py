"""What Prometheus would read."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest

Samples = dict[str, float]
"""A scrape: each sample's value by its name and labels, as the text format writes them."""


def samples(text: str) -> Samples:
    """Ours of a scrape's text."""
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("overround_"))
    return {name: float(value) for name, value in lines}


def shown(registry: CollectorRegistry) -> Samples:
    """What a scrape of a registry would read of ours."""
    disable_created_metrics()  # as where they are served
    return samples(generate_latest(registry).decode())
