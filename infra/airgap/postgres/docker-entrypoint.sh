#!/usr/bin/env bash
# The part of the official image's contract that is used here: POSTGRES_USER, POSTGRES_PASSWORD or _FILE, POSTGRES_DB,
# /docker-entrypoint-initdb.d, start as root or as postgres.
set -euo pipefail

create_cluster() {
  local user=${POSTGRES_USER:-postgres} password=${POSTGRES_PASSWORD:-$(cat "$POSTGRES_PASSWORD_FILE")}
  initdb --username="$user" --pwfile=<(echo "$password") --auth-host=scram-sha-256 --auth-local=trust \
    --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  # without a network, so that no one finds the server half set up
  pg_ctl --wait --options="-c listen_addresses=''" start >/dev/null
  [ "${POSTGRES_DB:-$user}" = postgres ] || createdb --username="$user" "${POSTGRES_DB:-$user}"
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) . "$script" ;;
      *.sql) psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="$user" --dbname="${POSTGRES_DB:-$user}" --file="$script" ;;
    esac
  done
  pg_ctl --wait stop >/dev/null
}

[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  chown -R postgres:postgres "$PGDATA"
  exec gosu postgres "$0" "$@"
fi
chmod 700 "$PGDATA"
[ -s "$PGDATA/PG_VERSION" ] || create_cluster
exec "$@" -c listen_addresses='*'
