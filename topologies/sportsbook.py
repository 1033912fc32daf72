"""The sportsbook: every agent there is."""

from agents.accounts import ACCOUNTS
from agents.feeds import FEEDS
from agents.markets import MARKETS
from overround.runtime.topology import Topology

SPORTSBOOK = Topology("sportsbook", (FEEDS, MARKETS, ACCOUNTS))
