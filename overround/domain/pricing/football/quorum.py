"""Which account of a match is believed when more than one provider tells of it.

Each provider's account is what the match would be with that provider alone. The rules:

- A claim is believed once two providers make it. Who makes a new one first holds bets back until
  a second one agrees or the first takes it back.
- A trusted provider's new claim is believed after a while without a second. An only provider's is
  believed at once, if it agreed with all that was believed before: as if it had always been alone.
- It is a dispute if two scores exclude each other, or if anybody still differs when the time to
  confirm is over. It holds bets back until all agree or a trader says who is believed.
- A lost provider has no say, but a new claim that it made before still holds bets back.
- Once settled, what is believed is moved by two or by a trader, and by nobody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Ids, Kind, Range
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.pricing.football.account import (
    Account,
    account_of,
    believed_otherwise,
    newcomer,
    told,
    with_source,
)
from overround.domain.pricing.football.claim import (
    Claim,
    claim_of,
    difference,
    differences,
    exclude_each_other,
    followed,
)
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.football.play import place_of, witnessed

ENOUGH = 2


@dataclass(frozen=True, slots=True)
class QuorumRules:
    """Who is trusted, and how long is waited for another provider; the times are judgement.

    Scouts of one match report a goal within some ten seconds of each other. A trusted provider
    waits for longer than that; after half a minute nobody is only slow, and a person should look.
    """

    trusted: tuple[str, ...] = ()
    trusted_after_us: int = 15 * MICROS_PER_SECOND
    confirm_within_us: int = 30 * MICROS_PER_SECOND


RULES = QuorumRules()
"""As shipped: no provider is trusted more than another."""

QUORUM_KINDS: Mapping[str, Kind] = {
    "trusted": Ids(),
    # Sooner than a second, and a mistyped goal is believed before it can be taken back; later
    # than some minutes, and nobody waits for it any more.
    "trusted_after_us": Range(MICROS_PER_SECOND, 300 * MICROS_PER_SECOND, is_whole=True),
    "confirm_within_us": Range(MICROS_PER_SECOND, 300 * MICROS_PER_SECOND, is_whole=True),
}
"""What may be set of them."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """The accounts of a match that several providers tell of, by provider; none if only one does.

    Since `since_us` somebody who has a say differs from what is believed; 0 if nobody does.
    """

    accounts: tuple[Account, ...] = ()
    since_us: int = 0
    is_disputed: bool = False

    @property
    def voters(self) -> list[Account]:
        """The accounts that have a say."""
        return [each for each in self.accounts if not (each.is_lost or each.is_overruled)]

    @property
    def agreeing(self) -> list[str]:
        """The providers that claim what is believed."""
        return [each.provider for each in self.accounts if each.agrees]

    @property
    def is_confirmed(self) -> bool:
        """Whether what is believed is a result that one of those who claim it has confirmed."""
        return any(each.confirms and each.agrees for each in self.accounts)

    def holds_back(self, match: Match) -> str:
        """Why no bet is taken on a match of which this is believed, empty if nothing is wrong."""
        voters = self.voters
        claims = [(each.provider, each.claim) for each in voters]
        if not any(each.agrees for each in voters):
            claims.append(("believed", claim_of(match)))
        if self.is_disputed:
            return f"providers_disagree: {differences(claims)}"
        if any(each.is_new for each in voters):
            return f"awaiting_quorum: {difference([claim for _, claim in claims])}"
        return ""


ALONE = Quorum()
"""No more than one provider tells of the match."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Under what a quorum is counted: lost providers, the log's time, whether bets were settled.

    `parameters` are those by which shots are counted as evidence.
    """

    lost: Collection[str]
    at_us: int
    is_settled: bool
    rules: QuorumRules = RULES
    parameters: Parameters = DEFAULTS


Count = tuple[Quorum, Match]
"""The accounts, and what is believed."""


def founded(match: Match, providers: Iterable[str]) -> Quorum:
    """The quorum of a match of which these were believed at once until now."""
    return Quorum(tuple(account_of(match, each) for each in sorted(providers)))


def hear(quorum: Quorum, match: Match, incident: Incident, hearing: Hearing) -> Count:
    """Take an incident into its provider's account, and count.

    Raises:
        Refusal: see `observe`.
    """
    provider = incident.provider
    known = {each.provider: each for each in quorum.accounts}
    account = known.get(provider) or newcomer(match, provider)
    parameters = hearing.parameters
    known[provider] = told(account, match, incident, hearing.at_us, parameters)
    accounts = tuple(known[each] for each in sorted(known))
    return count(
        replace(quorum, accounts=accounts), witnessed(match, incident, parameters), hearing
    )


def count(quorum: Quorum, match: Match, hearing: Hearing) -> Count:
    """What is believed now that somebody was heard, a source changed, or time went by."""
    accounts = [with_source(each, hearing.lost) for each in quorum.accounts]
    voters = Quorum(tuple(accounts)).voters
    claim = _believed(voters, match, hearing)
    telling = [each.match for each in voters if each.claim == claim]
    after = followed(match, max(telling, key=place_of)) if telling else match
    if claim != claim_of(match):
        accounts = [with_source(believed_otherwise(a, claim), hearing.lost) for a in accounts]
    return _judged(replace(quorum, accounts=tuple(accounts)), claim, hearing), after


def believe(quorum: Quorum, match: Match, provider: str, hearing: Hearing) -> Count:
    """A trader says who is believed; the others have no say until they agree.

    Without a provider, what was believed stays, if there is a dispute and anybody still claims it.

    Raises:
        Refusal: `unknown_provider`.
    """
    after = match
    if provider:
        account = next((each for each in quorum.accounts if each.provider == provider), None)
        if account is None:
            raise Refusal("unknown_provider", provider)
        after = followed(match, account.match)
    elif not (quorum.is_disputed and any(each.agrees for each in quorum.voters)):
        return quorum, match
    accounts = quorum.accounts
    if (claim := claim_of(after)) != claim_of(match):
        accounts = tuple(believed_otherwise(each, claim) for each in accounts)
    ruled = tuple(replace(each, is_overruled=not each.agrees) for each in accounts)
    return count(Quorum(ruled), after, hearing)


def without(quorum: Quorum, provider: str) -> Quorum:
    """The quorum when a provider's account turns out to be of another match."""
    kept = tuple(each for each in quorum.accounts if each.provider != provider)
    return replace(quorum, accounts=kept) if len(kept) >= ENOUGH else ALONE


def _believed(voters: list[Account], match: Match, hearing: Hearing) -> Claim:
    made = Counter(each.claim for each in voters)
    agreed = [claim for claim, times in made.items() if times >= ENOUGH]
    if agreed or hearing.is_settled:
        return agreed[0] if len(agreed) == 1 else claim_of(match)
    new = [each for each in voters if each.is_new]
    if len(new) == 1:
        is_alone = len(voters) == 1 and new[0].in_step
        if is_alone or _is_trusted(new[0], hearing):
            return new[0].claim
    return claim_of(match)


def _is_trusted(account: Account, hearing: Hearing) -> bool:
    rules = hearing.rules
    if account.provider not in rules.trusted or account.provider in hearing.lost:
        return False
    return hearing.at_us - account.changed_at_us >= rules.trusted_after_us


def _judged(quorum: Quorum, claim: Claim, hearing: Hearing) -> Quorum:
    """The quorum when this is believed: since when anybody differs, and whether in dispute."""
    voters = quorum.voters
    if all(each.agrees for each in voters):
        return Quorum(quorum.accounts)
    since_us = quorum.since_us or hearing.at_us
    is_disputed = (
        quorum.is_disputed
        or hearing.at_us - since_us > hearing.rules.confirm_within_us
        or exclude_each_other([claim, *(each.claim for each in voters)])
    )
    return Quorum(quorum.accounts, since_us, is_disputed)
