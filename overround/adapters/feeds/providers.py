"""Every provider: whatever file of this folder has a `PROVIDER`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from overround.adapters.feeds.provider import Provider
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import Message
from overround.domain.kernel.refusal import Refusal


def _found() -> list[Provider]:
    names = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    modules = [import_module(f"{__package__}.{name}") for name in names if name != "providers"]
    providers = [getattr(module, "PROVIDER", None) for module in modules]
    return [provider for provider in providers if isinstance(provider, Provider)]


def indexed(found: list[Provider]) -> tuple[dict[str, Provider], dict[str, Provider]]:
    """Providers by name, of one name the last, and by format: old versions are still read."""
    return {each.name: each for each in found}, {each.format: each for each in found}


PROVIDERS, FORMATS = indexed(_found())
"""By the name that the command line knows it by; by the name that `RecordFeed.format` has."""


def decode(command: RecordFeed) -> Message:
    """Decode a record by the format that it names.

    Raises:
        Refusal: `unknown_format`, and every reason of that format.
    """
    provider = FORMATS.get(command.format)
    if provider is None:
        raise Refusal("unknown_format", command.format)
    return provider.decode(command)
