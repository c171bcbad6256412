-- Where read models stand and who feeds them. The read models' own tables are made and remade by projections/runner.py.

CREATE TABLE lease (
  region text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (region)
);
COMMENT ON TABLE lease IS 'Which process feeds a region''s read models; a hint that saves work, the mark''s row lock is the truth.';

CREATE TABLE aside (
  region text COLLATE "C" NOT NULL,
  projection text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  error text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (region, projection)
);
COMMENT ON TABLE aside IS 'Read models that could not take a fact: they stand still for that region until they are rebuilt.';

CREATE TABLE projection (
  name text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  epoch bigint NOT NULL DEFAULT 1,
  switched_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name)
);
COMMENT ON COLUMN projection.epoch IS 'Counts the switches: a cached plan of an earlier epoch is made anew.';

GRANT SELECT, INSERT, UPDATE ON lease TO taizhang_service;
GRANT SELECT, INSERT ON aside TO taizhang_service;
GRANT SELECT ON projection TO taizhang_service;
