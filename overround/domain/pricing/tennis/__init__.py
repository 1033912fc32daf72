"""Tennis: what is believed of two serves, and the score, become the price of every selection."""

from overround.domain.pricing.sport import Sport
from overround.domain.pricing.tennis.catalogue import CATALOGUE
from overround.domain.pricing.tennis.live import LIVE
from overround.domain.pricing.tennis.model import DEFAULTS, Match
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.price import probabilities

SPORT = Sport("tennis", CATALOGUE, Match(), DEFAULTS, observe, probabilities, LIVE)
"""Tennis as the registry of sports finds it."""
