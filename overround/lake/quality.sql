CREATE VIEW source_changes AS
SELECT provider, producer, is_live, reason, breaker, connection, at_us AS event_time, _offset
FROM source.source_changed;
COMMENT ON VIEW source_changes IS 'A provider''s source is live or lost from here on, and why';

CREATE VIEW feed_quality AS
SELECT provider, from_at_us AS from_at, to_at_us AS to_at, caused_by.partition AS partition,
    received, expected, duplicates, gaps, lost, late, corrections,
    silent_us, silent_after_us, formats, delivery, logging
FROM source.feed_quality_measured;
COMMENT ON VIEW feed_quality IS 'A provider''s feed on a partition, for a minute; all adds up';

-- A quantile is the upper end of its bucket: at most an eighth too high, never too low.
CREATE VIEW feed_latency AS
WITH counted AS (
    SELECT provider, from_at::DATE AS day, 'delivery' AS part, unnest(delivery) AS bucket
    FROM feed_quality
    UNION ALL
    SELECT provider, from_at::DATE, 'logging', unnest(logging) FROM feed_quality
),
buckets AS (
    SELECT provider, day, part, bucket.at_most_ms AS at_most_ms, sum(bucket.records) AS records
    FROM counted
    GROUP BY ALL
),
ranked AS (
    SELECT *, sum(records) OVER (PARTITION BY provider, day, part ORDER BY at_most_ms) AS rank_,
        sum(records) OVER (PARTITION BY provider, day, part) AS total
    FROM buckets
)
SELECT provider, day, part, any_value(total)::BIGINT AS records,
    min(at_most_ms) FILTER (rank_ * 2 >= total) AS p50_ms,
    min(at_most_ms) FILTER (rank_ * 100 >= total * 99) AS p99_ms,
    min(at_most_ms) FILTER (rank_ * 1000 >= total * 999) AS p999_ms
FROM ranked
GROUP BY provider, day, part;
COMMENT ON VIEW feed_latency IS 'How long a day''s records took to us (delivery), to the log (logging)';

-- A provider is up while none of its sources is lost; the last state holds until the last that
-- was told of any provider. All of a provider's changes are in one partition, in their order.
CREATE VIEW provider_uptime AS
WITH turns AS (
    SELECT provider, event_time, _offset, (NOT is_live)::INT - coalesce(lag((NOT is_live)::INT)
        OVER (PARTITION BY provider, producer ORDER BY _offset), 0) AS more_lost
    FROM source_changes
),
told_until AS (
    SELECT greatest(
        (SELECT max(event_time) FROM source_changes), (SELECT max(to_at) FROM feed_quality)
    ) AS last_told
),
states AS (
    SELECT provider, event_time AS since,
        coalesce(lead(event_time) OVER (PARTITION BY provider ORDER BY _offset), last_told)
            AS until,
        sum(more_lost) OVER (PARTITION BY provider ORDER BY _offset) AS lost_sources
    FROM turns, told_until
),
days AS (
    SELECT provider, lost_sources, since, until,
        unnest(generate_series(since::DATE, until::DATE, INTERVAL 1 DAY))::DATE AS day
    FROM states
),
parts AS (
    SELECT provider, day, lost_sources,
        epoch_us(least(until, (day + 1)::TIMESTAMPTZ))
            - epoch_us(greatest(since, day::TIMESTAMPTZ)) AS lasted_us
    FROM days
)
SELECT provider, day, coalesce(sum(lasted_us) FILTER (lost_sources = 0), 0) / 1e6 AS up_s,
    sum(lasted_us) / 1e6 AS observed_s,
    round(100.0 * up_s / nullif(observed_s, 0), 4) AS uptime_percent
FROM parts
GROUP BY provider, day;
COMMENT ON VIEW provider_uptime IS 'How much of a day a provider''s sources were all live';

-- Silence is measured where a connection has told its contract, in every partition alike.
CREATE VIEW provider_sla AS
WITH counted AS (
    SELECT provider, from_at::DATE AS day, sum(received)::BIGINT AS received,
        sum(expected)::BIGINT AS expected, sum(duplicates)::BIGINT AS duplicates,
        sum(gaps)::BIGINT AS gaps, sum(lost)::BIGINT AS lost, sum(late)::BIGINT AS late,
        sum(corrections)::BIGINT AS corrections,
        sum(epoch_us(to_at) - epoch_us(from_at)) FILTER (silent_after_us > 0) AS watched_us,
        sum(silent_us) FILTER (silent_after_us > 0) AS silent_us
    FROM feed_quality
    GROUP BY ALL
),
seen AS (
    SELECT provider, day, list(DISTINCT seen.format ORDER BY seen.format) AS formats
    FROM (SELECT provider, from_at::DATE AS day, unnest(formats) AS seen FROM feed_quality)
    GROUP BY ALL
),
delivery AS (SELECT * FROM feed_latency WHERE part = 'delivery'),
logging AS (SELECT * FROM feed_latency WHERE part = 'logging')
SELECT provider, day, uptime_percent,
    round(100 - 100.0 * silent_us / nullif(watched_us, 0), 4) AS heard_percent,
    round(100.0 * least(received, expected) / nullif(expected, 0), 4) AS complete_percent,
    received, expected, duplicates, gaps, lost, late, corrections,
    delivery.p50_ms AS delivery_p50_ms, delivery.p99_ms AS delivery_p99_ms,
    delivery.p999_ms AS delivery_p999_ms, logging.p50_ms AS logging_p50_ms,
    logging.p99_ms AS logging_p99_ms, logging.p999_ms AS logging_p999_ms, formats
FROM counted
FULL JOIN provider_uptime USING (provider, day)
LEFT JOIN delivery USING (provider, day)
LEFT JOIN logging USING (provider, day)
LEFT JOIN seen USING (provider, day)
ORDER BY day, provider;
COMMENT ON VIEW provider_sla IS 'A provider''s day: uptime, silence, completeness, latency, corrections';
