CREATE VIEW fixtures AS
SELECT event_id, provider, competition, home, away,
    kickoff_at_us AS kickoff_at, at_us AS event_time
FROM source.fixture_scheduled;
COMMENT ON VIEW fixtures IS 'A match that was announced, by provider';

CREATE VIEW incidents AS
SELECT event_id, provider, sequence, kind, period, clock_s, home_goals, away_goals, side, player,
    at_us AS event_time
FROM source.incident;
COMMENT ON VIEW incidents IS 'What happened on the pitch, with the score after it';

CREATE VIEW feed_gaps AS
SELECT event_id, provider, expected, got, got - expected AS missing, at_us AS event_time
FROM source.gap_found
WHERE attempt = 1;
COMMENT ON VIEW feed_gaps IS 'A jump in a provider''s sequence: records that did not come in time';

CREATE VIEW feed_prices AS
WITH lines AS (
    SELECT event_id, provider, sequence, at_us AS event_time, unnest(prices) AS price
    FROM source.prices_observed
)
SELECT event_id, provider, sequence, price.selection, price.price_milli, event_time FROM lines;
COMMENT ON VIEW feed_prices IS 'A provider''s price of a selection, in thousandths';

CREATE VIEW rejects AS
SELECT _topic AS topic, _partition AS partition, _offset AS offset_in_partition,
    _timestamp AS logged_at, reason, payload
FROM source.reject;
COMMENT ON VIEW rejects IS 'A record that the sink could not read: where, why, and its bytes';
