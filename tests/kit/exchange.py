"""A second, simple reading of an exchange's stream: nested dictionaries of floats."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

LADDERS = ("atb", "atl", "batb", "batl", "bdatb", "bdatl")


def reference(lines: Iterable[bytes]) -> dict[str, Any]:
    """Each market as a recording leaves it, in the form of the command's summary."""
    markets: dict[str, Any] = {}
    for line in lines:
        parsed = json.loads(line)
        if isinstance(parsed, dict) and parsed.get("op") == "mcm":
            follow_all(markets, parsed)
    return {id_: told(market) for id_, market in markets.items()}


def follow_all(markets: dict[str, Any], message: dict[str, Any]) -> None:
    """Take what a message says of each market."""
    for change in message.get("mc") or []:
        if change["id"] in markets or "marketDefinition" in change:
            market = markets.setdefault(change["id"], {"runners": {}, "ladders": {}})
            follow(market, change, is_image=message.get("ct") == "SUB_IMAGE")


def follow(market: dict[str, Any], change: dict[str, Any], *, is_image: bool) -> None:
    """Take what a message says of one market."""
    if definition := change.get("marketDefinition"):
        market["definition"] = definition
        market |= {name: definition.get(name) for name in ("status", "inPlay", "version")}
        for runner in definition["runners"]:
            market["runners"][name_of(runner)] = runner["status"]
    if change.get("img") or is_image:
        market["ladders"] = {}
    for runner in change.get("rc") or []:
        market["runners"].setdefault(name_of(runner), "UNKNOWN")
        for kind in LADDERS:
            for *key, size in runner.get(kind) or []:
                steps = market["ladders"].setdefault((name_of(runner), kind), {})
                steps.pop(key[0], None)
                if size:
                    steps[key[0]] = [key[-1], size]


def told(market: dict[str, Any]) -> dict[str, Any]:
    """A market with its best prices."""
    ladders = market["ladders"]
    selections = {
        runner: {
            "best_back": best(ladders, runner, "atb", "batb", "bdatb"),
            "best_lay": best(ladders, runner, "atl", "batl", "bdatl"),
            "status": status,
        }
        for runner, status in market["runners"].items()
    }
    return {
        "status": market["status"],
        "in_play": market["inPlay"],
        "version": market["version"],
        "selections": selections,
    }


def name_of(runner: dict[str, Any]) -> str:
    """The selection: the runner's id, with its handicap line if it has one."""
    return f"{runner['id']}:{runner['hc']:g}" if runner.get("hc") else str(runner["id"])


def best(ladders: dict[Any, Any], runner: str, *kinds: str) -> list[float] | None:
    """The best price and size of the first ladder that has any."""
    is_offered = any(kind in ("atb", "atl", "batb", "batl") for _, kind in ladders)
    for kind in kinds[:2] if is_offered else kinds[2:]:
        if steps := ladders.get((runner, kind)):
            found: list[float] = steps[max(steps) if kind == "atb" else min(steps)]
            return found
    return None


def image_of(market_id: str, market: dict[str, Any]) -> dict[str, Any]:
    """A market whole, as a change that makes it from nothing."""
    runners: dict[str, dict[str, Any]] = {}
    for (name, kind), steps in market["ladders"].items():
        id_, _, handicap = name.partition(":")
        runner = runners.setdefault(name, {"id": int(id_)})
        if handicap:
            runner["hc"] = float(handicap)
        is_by_price = kind in ("atb", "atl")
        runner[kind] = [
            [price, size] if is_by_price else [key, price, size]
            for key, (price, size) in steps.items()
        ]
    return {
        "id": market_id,
        "img": True,
        "marketDefinition": market["definition"],
        "rc": list(runners.values()),
    }
