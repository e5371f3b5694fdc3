"""What must be looked after though no run asks for it.

Every ten minutes: **send** the mails that no server has taken yet, and those that waited for the end of quiet hours;
**end_orphans**: stop the containers whose run is over, because somebody marked it; **look_at_mounts**: tell, once, when
pipeline.toml or data/ was replaced on the host, and Airflow still sees the old one (both only with containers);
**look_at_pipelines**: tell, once, what is wrong with a file in pipelines/ that has no DAGs because of it.

| task | reads | writes |
|---|---|---|
| `send` | the folder of mails | |
| `end_orphans` | the engine's containers, the states of their runs | |
| `look_at_pipelines` | `pipelines/` | |
| `look_at_mounts` | the kernel's list of mounts | |
"""

from microstep_airflow.maintenance import dag_without_day, maintenance

with dag_without_day("maintenance", "*/10 * * * *", __doc__):
    maintenance()
