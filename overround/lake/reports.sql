CREATE VIEW bets_by_outcome AS
SELECT outcome, reason, currency, count(*) AS bets,
    sum(requested_minor)::BIGINT AS requested_minor, sum(stake_minor)::BIGINT AS stake_minor
FROM bets
GROUP BY outcome, reason, currency
ORDER BY bets DESC, outcome, reason, currency;
COMMENT ON VIEW bets_by_outcome IS 'How many bets were taken, and why the others were not';

-- A multiple's stake stands on several markets at once; to share it out would invent numbers.
CREATE VIEW turnover_by_market AS
WITH taken AS (
    SELECT currency, stake_minor, payout_minor,
        CASE WHEN len(legs) = 1 THEN split_part(legs[1].selection, '/', 1) ELSE 'multiple' END
            AS market
    FROM bets
    WHERE outcome <> 'rejected'
)
SELECT market, currency, count(*) AS bets, sum(stake_minor)::BIGINT AS turnover_minor,
    coalesce(sum(stake_minor) FILTER (payout_minor IS NOT NULL), 0)::BIGINT AS settled_minor,
    coalesce(sum(payout_minor), 0)::BIGINT AS payout_minor,
    settled_minor - coalesce(sum(payout_minor), 0)::BIGINT AS margin_minor,
    round(100.0 * margin_minor / nullif(settled_minor, 0), 2) AS margin_percent
FROM taken
GROUP BY market, currency
ORDER BY turnover_minor DESC, market, currency;
COMMENT ON VIEW turnover_by_market IS 'Stakes taken on a market, and what of the settled ones is kept';

-- Each match at its own worst score, until its first result: more than can be lost at once, as
-- few books lose every match.
CREATE VIEW exposure_over_time AS
WITH ended AS (
    SELECT event_id, min(event_time) AS event_time FROM results GROUP BY event_id
),
steps AS (
    SELECT exposures.event_time, event_id, currency, worst_minor, _partition, _offset
    FROM exposures LEFT JOIN ended USING (event_id)
    WHERE ended.event_time IS NULL OR exposures.event_time < ended.event_time
    UNION ALL
    SELECT DISTINCT ended.event_time, event_id, currency, 0, -1, -1
    FROM exposures JOIN ended USING (event_id)
),
changes AS (
    SELECT *, worst_minor - coalesce(lag(worst_minor) OVER (
        PARTITION BY event_id, currency ORDER BY event_time, _offset), 0) AS change_minor
    FROM steps
)
SELECT event_time, currency, event_id, worst_minor,
    sum(change_minor) OVER (
        PARTITION BY currency ORDER BY event_time, _partition, _offset, event_id
        ROWS UNBOUNDED PRECEDING
    )::BIGINT AS house_worst_minor
FROM changes;
COMMENT ON VIEW exposure_over_time IS 'After each leg: the match''s worst result, and the sum of all';
