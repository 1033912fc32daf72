CREATE VIEW accounts AS
SELECT DISTINCT ON (customer_id) customer_id, currency, at_us AS opened_at
FROM source.account_opened
ORDER BY customer_id, _offset;
COMMENT ON VIEW accounts IS 'A customer''s account';

CREATE VIEW deposits AS
SELECT DISTINCT ON (customer_id, deposit_id)
    customer_id, deposit_id, currency, amount_minor, balance_minor, at_us AS event_time
FROM source.funds_deposited
ORDER BY customer_id, deposit_id, _offset;
COMMENT ON VIEW deposits IS 'A deposit that was credited; a retry of it is no second row';

CREATE VIEW money_refused AS
SELECT customer_id, reference, currency, amount_minor, reason, at_us AS event_time
FROM source.money_refused;
COMMENT ON VIEW money_refused IS 'A command that would have moved money, and why it did not';
