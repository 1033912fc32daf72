CREATE VIEW bets_accepted AS
SELECT customer_id, bet_id, currency, stake_minor, price_milli, legs, at_us AS event_time, _offset
FROM source.bet_accepted;
COMMENT ON VIEW bets_accepted IS 'A bet whose whole stake stands';

CREATE VIEW bets_partly_accepted AS
SELECT customer_id, bet_id, currency, requested_minor, stake_minor, price_milli, legs,
    at_us AS event_time, _offset
FROM source.bet_partly_accepted;
COMMENT ON VIEW bets_partly_accepted IS 'A bet of which a part stands';

CREATE VIEW bets_rejected AS
SELECT customer_id, bet_id, currency, requested_minor, stake_minor_max, reason,
    at_us AS event_time, _offset
FROM source.bet_rejected;
COMMENT ON VIEW bets_rejected IS 'A bet that was not taken, and why';

CREATE VIEW bets_settled AS
SELECT customer_id, bet_id, currency, stake_minor, payout_minor, certainty,
    at_us AS event_time, _offset
FROM source.bet_settled;
COMMENT ON VIEW bets_settled IS 'A bet that was paid; the payout has a refunded stake in it';

CREATE VIEW bets_resettled AS
SELECT customer_id, bet_id, currency, stake_minor, payout_minor, previous_payout_minor,
    shortfall_minor, revision, reason, at_us AS event_time, _offset
FROM source.bet_resettled;
COMMENT ON VIEW bets_resettled IS 'A paid bet whose result was corrected';

-- A bet's id is its customer's own: only the two together name it. All of a customer's events
-- are in one partition, so the lowest offset is the bet's answer, which every repeat of it gets
-- again, and the highest is the last word on a payout. A refused re-use of an id is no bet.
CREATE VIEW bets AS
WITH placed AS (
    SELECT customer_id, bet_id, currency, event_time, 'accepted' AS outcome, NULL AS reason,
        stake_minor AS requested_minor, stake_minor, price_milli, legs, _offset
    FROM bets_accepted
    UNION ALL BY NAME
    SELECT customer_id, bet_id, currency, event_time, 'partly accepted' AS outcome, requested_minor,
        stake_minor, price_milli, legs, _offset
    FROM bets_partly_accepted
    UNION ALL BY NAME
    SELECT customer_id, bet_id, currency, event_time, 'rejected' AS outcome, reason,
        requested_minor, 0::BIGINT AS stake_minor, _offset
    FROM bets_rejected
),
answers AS (
    SELECT * FROM placed
    WHERE reason IS DISTINCT FROM 'duplicate_with_other_body'
    QUALIFY row_number() OVER (PARTITION BY customer_id, bet_id ORDER BY _offset) = 1
),
payouts AS (
    SELECT customer_id, bet_id, payout_minor, event_time, _offset FROM bets_settled
    UNION ALL
    SELECT customer_id, bet_id, payout_minor, event_time, _offset FROM bets_resettled
),
last_payouts AS (
    SELECT customer_id, bet_id, arg_max(payout_minor, _offset) AS payout_minor,
        arg_max(event_time, _offset) AS settled_at
    FROM payouts
    GROUP BY customer_id, bet_id
)
SELECT answers.* EXCLUDE (_offset), payout_minor, settled_at
FROM answers LEFT JOIN last_payouts USING (customer_id, bet_id);
COMMENT ON VIEW bets IS 'A bet with its outcome and, once settled, its last payout';
