CREATE VIEW fixtures AS
SELECT event_id, provider, competition, home, away,
    kickoff_at_us AS kickoff_at, needs_winner, at_us AS event_time
FROM source.fixture_scheduled;
COMMENT ON VIEW fixtures IS 'A match that was announced, by provider';

CREATE VIEW incidents AS
SELECT event_id, provider, sequence, kind, period, clock_s, home_goals, away_goals, side, player,
    at_us AS event_time
FROM source.incident;
COMMENT ON VIEW incidents IS 'What happened on the pitch, with the score after it';

CREATE VIEW feed_statistics AS
WITH sides AS (
    SELECT *, unnest([{'side': 'home', 'has': home}, {'side': 'away', 'has': away}]) AS each
    FROM source.statistics_observed
)
SELECT event_id, provider, sequence, period, clock_s, each.side AS side, each.has.shots AS shots,
    each.has.shots_on_target AS shots_on_target, each.has.corners AS corners,
    each.has.fouls AS fouls, each.has.yellow_cards AS yellow_cards,
    each.has.red_cards AS red_cards, each.has.first_half_goals AS first_half_goals,
    at_us AS event_time
FROM sides;
COMMENT ON VIEW feed_statistics IS
    'What a provider counted of a side, each time that it told; null where it does not count';

CREATE VIEW match_statistics AS
SELECT * FROM feed_statistics
QUALIFY sequence = max(sequence) OVER (PARTITION BY event_id, provider);
COMMENT ON VIEW match_statistics IS
    'The newest counts of a side by each provider of a match: once it is over, the final ones';

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
