"""The database of a stack that starts: Airflow's tables, and a pool of as many places as were asked for."""

import sqlite3

from test_runs import Machine


def test_a_database_has_airflows_tables_and_the_pool_of_the_steps(tmp_path):
    Machine(tmp_path, tmp_path, "")
    with sqlite3.connect(tmp_path / "airflow" / "airflow.db") as database:
        [(version,)] = database.execute("select version_num from alembic_version").fetchall()
        pools = dict(database.execute("select pool, slots from slot_pool").fetchall())
    assert version
    assert pools["steps"] == 3
