-- What security officers need beside the log: attempts that failed, reads of personal data, uses of keys. None of it is
-- a fact of a ledger, and what is old enough is deleted; nothing of it is ever changed, nor deleted before its time.

CREATE TABLE failed_attempt (
  at_us bigint NOT NULL,
  id uuid NOT NULL,
  until_us bigint NOT NULL,
  caller text COLLATE "C",
  principal text COLLATE "C",
  address text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL,
  code text COLLATE "C" NOT NULL,
  detail text COLLATE "C" NOT NULL,
  count integer NOT NULL,
  PRIMARY KEY (at_us, id)
);
CREATE INDEX failed_attempt_caller ON failed_attempt (caller, at_us, id);
CREATE INDEX failed_attempt_code ON failed_attempt (code, at_us, id);
COMMENT ON TABLE failed_attempt IS 'Attempts that failed, from the first to the last of `count` that were the same; a field or a rule in detail, never a value.';
COMMENT ON COLUMN failed_attempt.id IS 'Chosen by the writer, so that a row that is sent again is known.';

CREATE TABLE personal_read (
  at_us bigint NOT NULL,
  id uuid NOT NULL,
  until_us bigint NOT NULL,
  caller text COLLATE "C",
  principal text COLLATE "C",
  operation text COLLATE "C" NOT NULL,
  fields text[] COLLATE "C" NOT NULL,
  regions text[] COLLATE "C" NOT NULL,
  count integer NOT NULL,
  PRIMARY KEY (at_us, id)
);
CREATE INDEX personal_read_caller ON personal_read (caller, at_us, id);
COMMENT ON TABLE personal_read IS 'Reads of personal values that were not masked: which fields of which ledgers, never a value.';

-- Rows are updated in place all the time; the room left in a page keeps that cheap.
CREATE TABLE key_use (
  key_id text COLLATE "C" NOT NULL,
  last_used_us bigint NOT NULL,
  address text COLLATE "C" NOT NULL,
  PRIMARY KEY (key_id)
) WITH (fillfactor = 50);

-- 网络安全法 art. 21 (3): no less than six months.
CREATE FUNCTION journal_least_days() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 180';

-- Rights refuse changes first; these triggers stop the owner too.
CREATE TRIGGER failed_attempt_is_not_changed BEFORE UPDATE OR TRUNCATE ON failed_attempt
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER personal_read_is_not_changed BEFORE UPDATE OR TRUNCATE ON personal_read
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_early() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF OLD.at_us > (extract(epoch FROM now()) - journal_least_days() * 86400) * 1000000 THEN
    RAISE EXCEPTION 'the journal keeps its rows for % days: DELETE on % is refused', journal_least_days(), TG_TABLE_NAME
      USING ERRCODE = 'TZ000';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER failed_attempt_is_kept BEFORE DELETE ON failed_attempt
  FOR EACH ROW EXECUTE FUNCTION refuse_early();
CREATE TRIGGER personal_read_is_kept BEFORE DELETE ON personal_read
  FOR EACH ROW EXECUTE FUNCTION refuse_early();

-- Delete rows that are older than so many days, at most so many of each table, the oldest first. Rows that another
-- process is deleting are passed over, so that several may do it at once.
CREATE FUNCTION journal_forget(p_days integer, p_most integer) RETURNS bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  before_us bigint := (extract(epoch FROM now()) - p_days * 86400.0) * 1000000;
  attempts bigint;
  reads bigint;
BEGIN
  IF p_days IS NULL OR p_days < journal_least_days() THEN
    RAISE EXCEPTION 'the journal keeps its rows for % days', journal_least_days() USING ERRCODE = 'TZ000';
  END IF;
  DELETE FROM failed_attempt f USING (
    SELECT o.at_us, o.id FROM failed_attempt o WHERE o.at_us < before_us
    ORDER BY o.at_us, o.id LIMIT p_most FOR UPDATE SKIP LOCKED
  ) old WHERE f.at_us = old.at_us AND f.id = old.id;
  GET DIAGNOSTICS attempts = ROW_COUNT;
  DELETE FROM personal_read r USING (
    SELECT o.at_us, o.id FROM personal_read o WHERE o.at_us < before_us
    ORDER BY o.at_us, o.id LIMIT p_most FOR UPDATE SKIP LOCKED
  ) old WHERE r.at_us = old.at_us AND r.id = old.id;
  GET DIAGNOSTICS reads = ROW_COUNT;
  RETURN attempts + reads;
END
$$;

-- The service adds and reads; it changes nothing but when a key was last used, and deletes by the one function.
REVOKE ALL ON FUNCTION journal_forget FROM PUBLIC;
GRANT SELECT, INSERT ON failed_attempt, personal_read TO taizhang_service;
GRANT SELECT, INSERT, UPDATE ON key_use TO taizhang_service;
GRANT EXECUTE ON FUNCTION journal_forget TO taizhang_service;
