"""A provider's own account of a match, and how it stands to what is believed of the match."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.pricing.football.claim import Claim, claim_of
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.football.play import observe
from overround.domain.pricing.football.witness import Witness


@dataclass(frozen=True, slots=True)
class Account:
    """What a match would be with one provider alone, without prices and shots.

    Its claim was made at `changed_at_us` (log's time), and is a confirmed result if it `confirms`.
    The claim `is_new` if it was never believed. The provider is `in_step` if it agreed with what is
    believed, and nothing else was believed since. It `is_lost` while its source is, unless it had
    made a new claim before. It `is_overruled` from a trader's word until it agrees. Either way it
    has no say.
    """

    provider: str
    match: Match
    changed_at_us: int = 0
    confirms: bool = False
    is_new: bool = False
    in_step: bool = True
    is_lost: bool = False
    is_overruled: bool = False

    @property
    def claim(self) -> Claim:
        """What the provider claims."""
        return claim_of(self.match)

    @property
    def agrees(self) -> bool:
        """Whether that is what is believed."""
        return self.in_step and not self.is_new


def account_of(match: Match, provider: str) -> Account:
    """The account of a provider that has told this of a match, and was believed."""
    own = (each for each in match.witnesses if each.provider == provider)
    told = replace(
        match,
        witnesses=tuple(
            Witness(
                *(provider, each.sequence, each.home_reds, each.away_reds),
                home_yellows=each.home_yellows,
                away_yellows=each.away_yellows,
            )
            for each in own
        ),
        home_rate_micro=0,
        away_rate_micro=0,
        rho_micro=0,
        before_goal=None,
        pull=None,
        pull_before=None,
    )
    return Account(provider, told)


def newcomer(match: Match, provider: str) -> Account:
    """The account of a provider that begins to tell of a match that others have told of.

    Each incident has the score, but in extra time not that of regular time: so it begins with what
    is believed. Earlier cards are among the records that are fetched again.
    """
    begun = replace(
        match,
        period=Period.NOT_STARTED,
        clock_s=0,
        extra_time=False,
        abandoned=False,
        home_reds=0,
        away_reds=0,
        home_yellows=0,
        away_yellows=0,
        home_cards=0,
        away_cards=0,
    )
    return replace(account_of(begun, provider), is_new=True, in_step=False)


def told(
    account: Account,
    match: Match,
    incident: Incident,
    at_us: int,
    parameters: Parameters = DEFAULTS,
) -> Account:
    """The account after an incident of its provider; `match` is what is believed.

    Raises:
        Refusal: see `observe`.
    """
    is_news = incident.sequence > account.match.heard_of(account.provider)
    after = replace(account, match=observe(account.match, incident, parameters))
    if after.claim != account.claim:
        after = replace(after, is_new=True, changed_at_us=at_us, confirms=False)
    if is_news and incident.kind is IncidentKind.RESULT_CONFIRMED:
        after = replace(after, confirms=True)
    return _agreed(after) if after.claim == claim_of(match) else after


def believed_otherwise(account: Account, claim: Claim) -> Account:
    """The account after something else came to be believed."""
    if account.claim == claim:
        return _agreed(account)
    return replace(account, in_step=False)


def with_source(account: Account, lost: Collection[str]) -> Account:
    """The account as its source is now."""
    is_lost = account.provider in lost and (account.is_lost or not account.is_new)
    return account if is_lost is account.is_lost else replace(account, is_lost=is_lost)


def _agreed(account: Account) -> Account:
    return replace(account, is_new=False, in_step=True, is_overruled=False)
