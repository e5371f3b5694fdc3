"""Send the mails that could not be sent when they were written.

Every ten minutes: **send** what no mail server has taken yet, and what waited for the end of quiet hours.

| task | reads | writes |
|---|---|---|
| `send` | the folder of mails | |
"""

from microstep_airflow.house import House

house = House.open()

with house.dag_without_day("mails", "*/10 * * * *", __doc__):
    house.delivery()
