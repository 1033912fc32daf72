"""A provider's settings, from the command line and the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from overround.adapters.feeds.provider import Provider


def variable(provider: str, name: str) -> str:
    """The environment's name of a provider's setting."""
    return f"OVERROUND_{provider}_{name}".upper().replace("-", "_")


def settings_of(
    provider: Provider, given: Sequence[str], environment: Mapping[str, str]
) -> dict[str, str]:
    """What was set, `NAME=VALUE` each; the command line counts for more than the environment.

    Raises:
        UsageError: not of that form, or not a setting of this provider. Never has a value.
    """
    settings = {
        name: value
        for name in provider.settings
        if (value := environment.get(variable(provider.name, name)))
    }
    for text in given:
        name, is_set, value = text.partition("=")
        if not is_set:
            raise click.UsageError(f"--set {name}: write it as NAME=VALUE")
        if name not in provider.settings:
            raise click.UsageError(f"{provider.name} has no setting {name}\n{known(provider)}")
        settings[name] = value
    return settings


def known(provider: Provider) -> str:
    """What can be set for a provider, a line each."""
    if not provider.settings:
        return f"{provider.name} has no settings"
    lines = [f"  {name}: {meaning}" for name, meaning in provider.settings.items()]
    return "\n".join([f"settings of {provider.name}:", *lines])
