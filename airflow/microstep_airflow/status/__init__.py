"""The whole stack at a glance, for `make status` and the status page: docs/decisions/0062-one-screen.md.

Nothing in here imports Airflow: that would cost each look a second and more.
"""
