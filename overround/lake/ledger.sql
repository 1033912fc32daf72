CREATE VIEW ledger_entries AS
SELECT entry_id, kind, debit_account, credit_account, currency, amount_minor, pending_id, code,
    customer_id, reference, at_us AS event_time, _partition, _offset
FROM source.ledger_entry;
COMMENT ON VIEW ledger_entries IS 'A movement between two accounts; it never changes';

-- A transfer and a post move money; a hold sets it aside, a post or void ends all of its hold.
CREATE VIEW ledger_movements AS
WITH changes AS (
    SELECT entry.debit_account, entry.credit_account, entry.currency, entry.event_time,
        CASE WHEN entry.kind IN ('transfer', 'post') THEN entry.amount_minor ELSE 0 END
            AS posted_minor,
        CASE entry.kind
            WHEN 'hold' THEN entry.amount_minor
            WHEN 'transfer' THEN 0
            ELSE -held.amount_minor
        END AS pending_minor
    FROM ledger_entries AS entry
    LEFT JOIN ledger_entries AS held
        ON held.kind = 'hold' AND held.entry_id = entry.pending_id
        AND entry.kind IN ('post', 'void')
)
SELECT debit_account AS account, currency, event_time, -posted_minor AS posted_minor,
    pending_minor AS debits_pending_minor, 0::BIGINT AS credits_pending_minor
FROM changes
UNION ALL
SELECT credit_account, currency, event_time, posted_minor, 0::BIGINT, pending_minor FROM changes;
COMMENT ON VIEW ledger_movements IS 'One side of an entry: what it did to one account';

CREATE VIEW ledger_balances AS
SELECT account, currency, sum(posted_minor)::BIGINT AS balance_minor,
    sum(debits_pending_minor)::BIGINT AS held_minor,
    sum(credits_pending_minor)::BIGINT AS expected_minor,
    (sum(posted_minor) - sum(debits_pending_minor))::BIGINT AS available_minor,
    count(*) AS movements
FROM ledger_movements
GROUP BY account, currency;
COMMENT ON VIEW ledger_balances IS 'An account: its balance, what is held, what is available';

CREATE VIEW control_totals AS
SELECT currency, sum(balance_minor)::BIGINT AS total_minor,
    (sum(held_minor) - sum(expected_minor))::BIGINT AS pending_total_minor,
    count(*) AS accounts,
    coalesce(sum(balance_minor) FILTER (account LIKE 'customer:%'), 0)::BIGINT AS customers_minor,
    count(*) FILTER (account LIKE 'customer:%' AND available_minor < 0) AS overdrawn
FROM ledger_balances
GROUP BY currency;
COMMENT ON VIEW control_totals IS 'The books of a currency: both totals and `overdrawn` must be 0';
