"""The sportsbook: every agent there is."""

from agents.accounts import ACCOUNTS
from agents.feeds import FEEDS
from agents.identity import IDENTITY
from agents.markets import MARKETS
from overround.runtime.topology import Topology

SPORTSBOOK = Topology("sportsbook", (FEEDS, IDENTITY, MARKETS, ACCOUNTS))

MATCH_DAY = Topology("match day", (FEEDS, MARKETS, ACCOUNTS))
"""What a match takes whose id all its sources agree on: the demo and the drills run no more."""
