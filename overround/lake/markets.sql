-- Quotes are published outside the transaction and may be there twice with the same bytes; a
-- reader keeps the first of each version. Of changes that came together only the newest version is
-- there; the price and version of a bet's leg are on the leg.
CREATE VIEW quote_versions AS
SELECT * EXCLUDE (at_us), at_us AS event_time
FROM source.quotes
QUALIFY row_number() OVER (PARTITION BY event_id, version ORDER BY _offset) = 1;
COMMENT ON VIEW quote_versions IS 'All prices of a match at a moment, as a list in `lines`';

CREATE VIEW quotes AS
WITH unnested AS (
    SELECT event_id, version, status, clock_s, home_goals, away_goals, event_time,
        unnest(lines) AS line
    FROM quote_versions
)
SELECT event_id, version, event_time, line.market, line.outcome, line.price_milli,
    status, clock_s, home_goals, away_goals
FROM unnested;
COMMENT ON VIEW quotes IS 'The price of a selection in a version of the quotes, in thousandths';

CREATE VIEW sport_quote_versions AS
SELECT * EXCLUDE (at_us), at_us AS event_time
FROM source.sport_quotes
QUALIFY row_number() OVER (PARTITION BY event_id, version ORDER BY _offset) = 1;
COMMENT ON VIEW sport_quote_versions IS 'The same of a match of another sport than football';

CREATE VIEW sport_quotes AS
WITH unnested AS (
    SELECT event_id, sport, version, event_time, status, reason, score, unnest(lines) AS line
    FROM sport_quote_versions
)
SELECT event_id, sport, version, event_time, line.market, line.outcome, line.price_milli,
    status, reason, score
FROM unnested;
COMMENT ON VIEW sport_quotes IS 'The price of a selection of another sport than football';

CREATE MACRO price_history(of_event, of_selection) AS TABLE
SELECT version, event_time, price_milli, status, clock_s, home_goals, away_goals
FROM quotes
WHERE event_id = of_event AND market || '/' || outcome = of_selection
ORDER BY version;
COMMENT ON MACRO TABLE price_history IS 'The prices of one selection (''1x2/home'') by version';

CREATE VIEW trading_changes AS
SELECT event_id, status, reason, quotes_version, at_us AS event_time FROM source.trading_changed;
COMMENT ON VIEW trading_changes IS 'Bets on a match are taken, held back or over, and why';

CREATE VIEW market_trading_changes AS
SELECT event_id, market, status, reason, trader_id, at_us AS event_time
FROM source.market_trading_changed;
COMMENT ON VIEW market_trading_changes IS 'Bets on one market of a match are held back, and why';

CREATE VIEW override_changes AS
SELECT event_id, override_id, status, adjustment.selection AS selection, adjustment.kind AS kind,
    adjustment.value AS value, set_by, trader_id, reason, move_micro, expires_at_us,
    at_us AS event_time
FROM source.override_changed;
COMMENT ON VIEW override_changes IS 'A trader''s override waits, counts or has ended, and by whom';

CREATE VIEW parameter_versions AS
SELECT sport, version, author_id, reason, settings, at_us AS event_time
FROM source.parameters_changed;
COMMENT ON VIEW parameter_versions IS 'What differs from the default parameters in a version';

CREATE VIEW legs_reserved AS
SELECT event_id, selection, customer_id, bet_id, leg_id, stake_minor, price_milli,
    quotes_version, at_us AS event_time
FROM source.leg_reserved;
COMMENT ON VIEW legs_reserved IS 'A leg that a match''s writer took';

CREATE VIEW legs_rejected AS
SELECT event_id, selection, customer_id, bet_id, leg_id, reason, stake_minor_max, price_milli,
    at_us AS event_time
FROM source.leg_rejected;
COMMENT ON VIEW legs_rejected IS 'A leg that a match''s writer did not take, and why';

CREATE VIEW results AS
SELECT event_id, home_goals, away_goals, certainty, revision, legs, at_us AS event_time
FROM source.result_recorded;
COMMENT ON VIEW results IS 'A result of regular time; a higher revision replaces a lower one';

CREATE VIEW exposures AS
SELECT event_id, currency, legs, stake_minor, worst_minor,
    at_us AS event_time, _partition, _offset
FROM source.exposure_changed;
COMMENT ON VIEW exposures IS 'A match''s exposure after a leg; worst_minor is its worst result';
