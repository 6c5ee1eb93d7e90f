#!/bin/sh
# Runs once, in an empty PostgreSQL: two roles. The owner runs migrations and owns every table; the product works as the
# other one, which owns nothing, deletes no record and changes nothing in the trail (casework/config/roles.py).
set -eu
export SECRETS="${SECRETS:-/run/secrets}"
# psql reads the passwords itself: in its arguments everybody who lists processes would see them
psql --set ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set owner_password `cat "$SECRETS/db_owner"`
\set app_password `cat "$SECRETS/db_app"`
CREATE ROLE casework_owner LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION CREATEDB PASSWORD :'owner_password';
CREATE ROLE casework_app LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOCREATEDB PASSWORD :'app_password';
CREATE DATABASE casework OWNER casework_owner;
REVOKE ALL ON DATABASE casework FROM PUBLIC;
GRANT CONNECT ON DATABASE casework TO casework_app;
GRANT pg_signal_backend TO casework_owner;
\connect casework
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
ALTER SCHEMA public OWNER TO casework_owner;
SQL
