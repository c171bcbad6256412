-- The second wall: whatever a statement asks for, it gets rows of the ledgers that it names as its scope, app.scope.
-- The setting is read once a statement (a subselect of its own): read for each row it is planned as one row, and a join
-- over 100,000 projects does not end. IS TRUE keeps it out of index conditions, where a list of unknown length is costed
-- as ten searches: which rows are read is for the statement's own conditions, which begin with the region.

ALTER TABLE fact ENABLE ROW LEVEL SECURITY;
ALTER TABLE fact FORCE ROW LEVEL SECURITY;
ALTER TABLE outcome ENABLE ROW LEVEL SECURITY;
ALTER TABLE outcome FORCE ROW LEVEL SECURITY;
ALTER TABLE claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE claim FORCE ROW LEVEL SECURITY;
ALTER TABLE private ENABLE ROW LEVEL SECURITY;
ALTER TABLE private FORCE ROW LEVEL SECURITY;
ALTER TABLE projected ENABLE ROW LEVEL SECURITY;
ALTER TABLE projected FORCE ROW LEVEL SECURITY;

-- The owner migrates, rebuilds, and is who the append functions work as.
CREATE POLICY owner ON fact TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY owner ON outcome TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY owner ON claim TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY owner ON private TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY owner ON projected TO CURRENT_USER USING (true) WITH CHECK (true);

CREATE POLICY scope ON fact TO taizhang_service
  USING ((region = ANY ((SELECT string_to_array(current_setting('app.scope', true), ','))::text[])) IS TRUE);
CREATE POLICY scope ON outcome TO taizhang_service
  USING ((region = ANY ((SELECT string_to_array(current_setting('app.scope', true), ','))::text[])) IS TRUE);
CREATE POLICY scope ON claim TO taizhang_service
  USING ((region = ANY ((SELECT string_to_array(current_setting('app.scope', true), ','))::text[])) IS TRUE);
CREATE POLICY scope ON private TO taizhang_service
  USING ((region = ANY ((SELECT string_to_array(current_setting('app.scope', true), ','))::text[])) IS TRUE);
-- How far a region is fed is not what it holds: the service compares all regions to know which are behind.
CREATE POLICY service ON projected TO taizhang_service USING (true) WITH CHECK (true);
CREATE POLICY scope ON projected TO taizhang_query, taizhang_public
  USING ((region = ANY ((SELECT string_to_array(current_setting('app.scope', true), ','))::text[])) IS TRUE);
GRANT SELECT ON projected TO taizhang_query, taizhang_public;

-- A view reads with its owner's rights unless it says otherwise.
ALTER VIEW fact_json SET (security_invoker = true);

-- Projects of the scope of which an item is published. Policies of read models ask it, and not the table: that one is
-- replaced by rebuilds, which a policy on it would be in the way of.
CREATE FUNCTION published(p_item text) RETURNS TABLE (region text, project_id uuid) LANGUAGE plpgsql STABLE
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT b.region::text, b.project_id FROM projections.published_item b
  WHERE b.region = ANY (string_to_array(current_setting('app.scope', true), ','))
    AND b.item = p_item AND b.recorded_to = 9223372036854775807;
END
$$;
REVOKE ALL ON FUNCTION published FROM PUBLIC;
GRANT EXECUTE ON FUNCTION published TO taizhang_public;
