#!/usr/bin/env bash
# Run once, when the database is first made: the service's own role is no superuser, so that its rights bind it.
set -euo pipefail

PGPASSWORD="$(cat /run/secrets/postgres_password)"
export PGPASSWORD
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres <<'SQL'
\set password `cat /run/secrets/owner_password`
CREATE ROLE taizhang_owner LOGIN CREATEROLE CREATEDB PASSWORD :'password';
ALTER ROLE taizhang_owner SET createrole_self_grant = 'set, inherit';
CREATE DATABASE taizhang OWNER taizhang_owner;
SQL
