"""What must be looked after though no run asks for it.

Every ten minutes: **send** the mails that no server has taken yet, and those that waited for the end of quiet hours;
**end_orphans**: stop the containers whose run is over, because somebody marked it (only with containers).

| task | reads | writes |
|---|---|---|
| `send` | the folder of mails | |
| `end_orphans` | the engine's containers, the states of their runs | |
"""

from microstep_airflow.house import House

house = House.open()

with house.dag_without_day("chores", "*/10 * * * *", __doc__):
    house.chores()
