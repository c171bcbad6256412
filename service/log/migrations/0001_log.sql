-- The log. Every name is made in the schema that search_path names first, so that the same file also makes the tables
-- of the library's recorders (service/log/library.py). The region comes first in every key: the log can be sharded by it.

CREATE TABLE log_head (
  region text COLLATE "C" NOT NULL,
  position bigint NOT NULL DEFAULT 0,
  recorded_us bigint NOT NULL DEFAULT 0,
  backdated boolean NOT NULL DEFAULT false,
  PRIMARY KEY (region)
);
COMMENT ON COLUMN log_head.backdated IS 'A demo or a sandbox: its loader may give recorded times that lie in the past.';

CREATE TABLE fact (
  region text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  stream_kind text COLLATE "C" NOT NULL,
  stream_id uuid NOT NULL,
  version integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  schema integer NOT NULL,
  body bytea NOT NULL,
  occurred_on date NOT NULL,
  recorded_us bigint NOT NULL,
  command_id uuid NOT NULL,
  ordinal integer NOT NULL,
  command_sha256 bytea NOT NULL,
  actor text COLLATE "C" NOT NULL,
  principal text COLLATE "C",
  cause text COLLATE "C",
  PRIMARY KEY (region, position)
);
CREATE UNIQUE INDEX fact_stream ON fact (region, stream_id, stream_kind, version);
CREATE UNIQUE INDEX fact_command ON fact (region, command_id, ordinal);

CREATE TABLE outcome (
  region text COLLATE "C" NOT NULL,
  command_id uuid NOT NULL,
  command_sha256 bytea NOT NULL,
  result bytea NOT NULL,
  recorded_us bigint NOT NULL,
  PRIMARY KEY (region, command_id)
);
COMMENT ON TABLE outcome IS 'Commands that stored no facts, with what they were answered.';

CREATE TABLE claim (
  region text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  stream_id uuid,
  PRIMARY KEY (region, kind, value)
);
COMMENT ON COLUMN claim.stream_id IS 'Who holds the value; NULL once it was released.';

CREATE TABLE private (
  region text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  path text COLLATE "C" NOT NULL,
  salt bytea NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (region, position, path)
);
COMMENT ON TABLE private IS 'Personal values, the only rows that can be deleted; bodies hold sha256(salt || value).';

CREATE VIEW fact_json AS
SELECT region, position, stream_kind, stream_id, version, name, schema, convert_from(body, 'UTF8')::json AS body,
  occurred_on, to_timestamp(recorded_us / 1000000.0) AS recorded_at, command_id, ordinal, actor, principal, cause
FROM fact;

-- Rights refuse changes first; this trigger stops the owner too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'TZ000';
END
$$;
CREATE TRIGGER fact_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fact
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outcome_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outcome
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What one batch brings. `item` says which of its commands a row belongs to, from 1.
CREATE TYPE new_fact AS (
  item integer, stream_kind text, stream_id uuid, version integer, name text, schema integer, body bytea,
  occurred_on date, command_id uuid, ordinal integer, command_sha256 bytea, actor text, principal text, cause text
);
CREATE TYPE new_outcome AS (item integer, command_id uuid, command_sha256 bytea, result bytea);
CREATE TYPE new_guard AS (item integer, stream_kind text, stream_id uuid, version integer);
CREATE TYPE new_claim AS (item integer, kind text, value text, stream_id uuid, held boolean);
CREATE TYPE new_private AS (item integer, ordinal integer, path text, salt bytea, value text);
CREATE TYPE new_erasure AS (item integer, fact_position bigint, path text);

-- Give values back and take others, for a batch that holds its region's head.
CREATE FUNCTION log_claim(p_region text, p_claims new_claim[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  release new_claim;
  touched bigint;
BEGIN
  -- A value that two commands of a batch are about: who came first matters, so they are settled one by one.
  IF EXISTS (SELECT FROM unnest(p_claims) n GROUP BY n.kind, n.value HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'claimed twice' USING ERRCODE = 'TZ002';
  END IF;
  FOREACH release IN ARRAY p_claims LOOP
    UPDATE claim c SET stream_id = NULL
    WHERE NOT release.held AND c.region = p_region AND c.kind = release.kind AND c.value = release.value
      AND c.stream_id = release.stream_id;
  END LOOP;
  INSERT INTO claim AS c (region, kind, value, stream_id)
  SELECT p_region, n.kind, n.value, n.stream_id FROM unnest(p_claims) n WHERE n.held
  ON CONFLICT (region, kind, value) DO UPDATE SET stream_id = excluded.stream_id
  WHERE c.stream_id IS NULL OR c.stream_id = excluded.stream_id;
  GET DIAGNOSTICS touched = ROW_COUNT;
  IF touched <> (SELECT count(*) FROM unnest(p_claims) n WHERE n.held) THEN
    RAISE EXCEPTION 'claimed by another' USING ERRCODE = 'TZ002';
  END IF;
END
$$;

-- Delete personal values, each of which has to be there.
CREATE FUNCTION log_erase(p_region text, p_erasures new_erasure[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  erasure new_erasure;
BEGIN
  FOREACH erasure IN ARRAY p_erasures LOOP
    DELETE FROM private p
    WHERE p.region = p_region AND p.position = erasure.fact_position AND p.path = erasure.path;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'nothing to erase' USING ERRCODE = 'TZ003';
    END IF;
  END LOOP;
END
$$;

-- Append a batch, all or nothing: the unique indexes and the guards object by raising, and nothing was stored.
-- Returns the position before the first fact and the first fact's recorded time.
-- p_opens is given by the command that opens a place: whether its log may be backdated.
-- A statement that waited for the head's row still sees its old snapshot, so each check is a statement of its own after
-- it. Most batches bring facts alone: what they don't bring costs them no statement.
-- Plans are kept per connection and may have been made when the tables were empty: the writer's connections allow none
-- but by index and in order, and each check goes by the whole key. A subquery with an order and a limit is not turned
-- into a join, which could begin with all of the region.
CREATE FUNCTION log_append(
  p_region text, p_facts new_fact[], p_outcomes new_outcome[], p_guards new_guard[], p_claims new_claim[],
  p_private new_private[], p_erasures new_erasure[], p_recorded_us bigint, p_opens boolean,
  OUT before bigint, OUT first_us bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  head log_head;
  facts integer := cardinality(p_facts);
BEGIN
  SELECT h.* INTO head FROM log_head h WHERE h.region = p_region FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO log_head (region) VALUES (p_region) ON CONFLICT (region) DO NOTHING;
    SELECT h.* INTO head FROM log_head h WHERE h.region = p_region FOR UPDATE;
  END IF;
  IF p_opens IS NOT NULL AND head.position = 0 THEN
    UPDATE log_head h SET backdated = p_opens WHERE h.region = p_region;
    head.backdated := p_opens;
  END IF;
  before := head.position;
  -- The clock is read once the lock is held. It may have been set back: time in a log still only goes forward.
  first_us := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
  IF p_recorded_us IS NOT NULL AND (NOT head.backdated OR p_recorded_us > first_us) THEN
    RAISE EXCEPTION 'region %: recorded times are the log''s own, or lie in the past', p_region USING ERRCODE = 'TZ005';
  END IF;
  first_us := greatest(head.recorded_us + 1, coalesce(p_recorded_us, first_us));
  IF facts > 0 THEN
    UPDATE log_head h SET position = before + facts, recorded_us = first_us + facts - 1 WHERE h.region = p_region;
    INSERT INTO fact (
      region, position, stream_kind, stream_id, version, name, schema, body, occurred_on, recorded_us,
      command_id, ordinal, command_sha256, actor, principal, cause
    )
    SELECT p_region, before + n.i, n.stream_kind, n.stream_id, n.version, n.name, n.schema, n.body, n.occurred_on,
      first_us + n.i - 1, n.command_id, n.ordinal, n.command_sha256, n.actor, n.principal, n.cause
    FROM unnest(p_facts) WITH ORDINALITY AS n (
      item, stream_kind, stream_id, version, name, schema, body, occurred_on, command_id, ordinal, command_sha256,
      actor, principal, cause, i
    );
  END IF;
  IF cardinality(p_outcomes) > 0 THEN
    INSERT INTO outcome (region, command_id, command_sha256, result, recorded_us)
    SELECT p_region, n.command_id, n.command_sha256, n.result, first_us FROM unnest(p_outcomes) n;
    -- Within each of the two tables the command id is unique by index.
    IF EXISTS (
      SELECT FROM unnest(p_outcomes) n
      WHERE (
        SELECT true FROM fact f WHERE f.region = p_region AND f.command_id = n.command_id ORDER BY f.ordinal LIMIT 1)
    ) THEN
      RAISE EXCEPTION 'command id known' USING ERRCODE = 'TZ001';
    END IF;
  END IF;
  -- After both inserts, so that these also see what another command of this batch wrote.
  IF facts > 0 AND EXISTS (
    SELECT FROM unnest(p_facts) n
    WHERE n.ordinal = 0 AND (
      SELECT true FROM outcome o WHERE o.region = p_region AND o.command_id = n.command_id LIMIT 1)
  ) THEN
    RAISE EXCEPTION 'command id known' USING ERRCODE = 'TZ001';
  END IF;
  -- No command guards the stream that it writes to: there the unique index is the guard.
  IF cardinality(p_guards) > 0 AND EXISTS (
    SELECT FROM unnest(p_guards) g
    WHERE g.version <> coalesce((
      SELECT f.version FROM fact f
      WHERE f.region = p_region AND f.stream_id = g.stream_id AND f.stream_kind = g.stream_kind
      ORDER BY f.version DESC LIMIT 1), 0)
  ) THEN
    RAISE EXCEPTION 'a stream that was read has moved on' USING ERRCODE = 'TZ001';
  END IF;
  IF cardinality(p_claims) > 0 THEN
    PERFORM log_claim(p_region, p_claims);
  END IF;
  IF cardinality(p_private) > 0 THEN
    INSERT INTO private (region, position, path, salt, value)
    SELECT p_region, before + f.i + n.ordinal, n.path, n.salt, n.value
    FROM unnest(p_private) n
    JOIN unnest(p_facts) WITH ORDINALITY AS f (
      item, stream_kind, stream_id, version, name, schema, body, occurred_on, command_id, ordinal, command_sha256,
      actor, principal, cause, i
    ) ON f.item = n.item AND f.ordinal = 0;  -- A command's facts stand together.
  END IF;
  IF cardinality(p_erasures) > 0 THEN
    PERFORM log_erase(p_region, p_erasures);
  END IF;
END
$$;

-- Append a batch command by command after an objection: each is accepted or refused on its own, in one transaction,
-- positions contiguous over the accepted ones.
-- verdict: stored, known (command id), moved (a stream), claimed, nothing (to erase).
CREATE FUNCTION log_settle(
  p_region text, p_facts new_fact[], p_outcomes new_outcome[], p_guards new_guard[], p_claims new_claim[],
  p_private new_private[], p_erasures new_erasure[], p_recorded_us bigint, p_opens boolean, p_items integer
) RETURNS TABLE (verdict text, before bigint, first_us bigint) LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  FOR one IN 1..p_items LOOP
    before := NULL;
    first_us := NULL;
    BEGIN
      SELECT a.before, a.first_us INTO before, first_us
      FROM log_append(
        p_region,
        ARRAY(SELECT n FROM unnest(p_facts) n WHERE n.item = one),
        ARRAY(SELECT n FROM unnest(p_outcomes) n WHERE n.item = one),
        ARRAY(SELECT n FROM unnest(p_guards) n WHERE n.item = one),
        ARRAY(SELECT n FROM unnest(p_claims) n WHERE n.item = one),
        ARRAY(SELECT n FROM unnest(p_private) n WHERE n.item = one),
        ARRAY(SELECT n FROM unnest(p_erasures) n WHERE n.item = one),
        p_recorded_us,
        p_opens
      ) a;
      verdict := 'stored';
    EXCEPTION
      WHEN unique_violation OR SQLSTATE 'TZ001' THEN
        verdict := CASE WHEN EXISTS (
          SELECT FROM (
            SELECT f.command_id FROM unnest(p_facts) f WHERE f.item = one
            UNION SELECT o.command_id FROM unnest(p_outcomes) o WHERE o.item = one
          ) n
          WHERE (
              SELECT true FROM fact f
              WHERE f.region = p_region AND f.command_id = n.command_id ORDER BY f.ordinal LIMIT 1)
            OR (SELECT true FROM outcome o WHERE o.region = p_region AND o.command_id = n.command_id LIMIT 1)
        ) THEN 'known' ELSE 'moved' END;
      WHEN SQLSTATE 'TZ002' THEN
        verdict := 'claimed';
      WHEN SQLSTATE 'TZ003' THEN
        verdict := 'nothing';
    END;
    RETURN NEXT;
  END LOOP;
END
$$;

-- After a connection was lost in mid-append: end its backend if it lives. Whether it is gone: then what the next
-- statement does not see, was not stored and never will be.
CREATE FUNCTION log_quiesce(p_pid integer) RETURNS boolean LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  BEGIN
    PERFORM pg_terminate_backend(a.pid, 1000) FROM pg_stat_activity a
    WHERE a.pid = p_pid AND a.datname = current_database() AND a.application_name = 'taizhang-writer'
      AND a.pid <> pg_backend_pid();
  EXCEPTION
    WHEN insufficient_privilege THEN NULL;  -- Another user's connection: it is waited for.
  END;
  -- The list of backends is read once a transaction, and this one is about what it is now.
  PERFORM pg_stat_clear_snapshot();
  -- Of another user's connection all but its number and database is hidden.
  RETURN NOT EXISTS (
    SELECT FROM pg_stat_activity a
    WHERE a.pid = p_pid AND a.datname = current_database() AND a.pid <> pg_backend_pid()
      AND coalesce(a.application_name, 'taizhang-writer') = 'taizhang-writer'
  );
END
$$;

-- How far each region's facts are projected; the eventsourcing library calls this tracking.
CREATE TABLE projected (
  region text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  recorded_us bigint NOT NULL,
  PRIMARY KEY (region)
);

-- The service reads the log and appends through the two functions; it can't write to a table of the log itself.
REVOKE ALL ON FUNCTION log_append, log_settle, log_claim, log_erase, log_quiesce FROM PUBLIC;
GRANT SELECT ON log_head, fact, outcome, claim, private, fact_json TO taizhang_service;
GRANT EXECUTE ON FUNCTION log_append, log_settle, log_quiesce TO taizhang_service;
GRANT SELECT, INSERT, UPDATE ON projected TO taizhang_service;
