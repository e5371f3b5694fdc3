#!/usr/bin/env bash
# Runs once, when the server is first made: one database for Airflow and one for MLflow, each with a user of its own who
# can reach no other database.
set -euo pipefail

for name in airflow mlflow; do
  psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username=postgres \
    --set=name="$name" --set=password="$(cat "/run/microstep/postgres/$name")" <<'EOF'
CREATE USER :"name" PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
EOF
done
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username=postgres --command='REVOKE ALL ON DATABASE postgres FROM PUBLIC'
