"""Basketball: a drift and a spread, the score and the clock become the price of every selection."""

from overround.domain.pricing.basketball.catalogue import CATALOGUE
from overround.domain.pricing.basketball.live import LIVE
from overround.domain.pricing.basketball.model import DEFAULTS, Match
from overround.domain.pricing.basketball.play import observe
from overround.domain.pricing.basketball.price import probabilities
from overround.domain.pricing.sport import Sport

SPORT = Sport("basketball", CATALOGUE, Match(), DEFAULTS, observe, probabilities, LIVE)
"""Basketball as the registry of sports finds it."""
