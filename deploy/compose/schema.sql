-- Run once, when the database is new.
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  status text NOT NULL DEFAULT 'NEW',
  amount numeric(12,2) NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- paid_orders filters on columns beside the key.
ALTER TABLE orders REPLICA IDENTITY FULL;
