"""What must be looked after though no run asks for it.

Every ten minutes: **send** the mails that no server has taken yet, and those that waited for the end of quiet hours;
**end_orphans**: stop the containers whose task is over, because somebody marked it; **look_at_mounts**: tell, once,
when pipeline.toml or data/ was replaced on the host, and Airflow still sees the old one (both only with containers);
**look_at_pipelines**: tell, once, what is wrong with a file in pipelines/ that has no DAGs because of it. Where tasks
are given to workers: **look_at_machines** tells, once, of a machine that does not answer, and **end_orphans_NAME** does
the same as end_orphans on the engine of each other machine that does.

When it fails, open the red task: the last line of its log says why. Nothing is lost: mails wait, and the next run, ten
minutes later, does the same again. `make doctor` tells what the machine lacks, `make logs` what the parts say.

| task | reads | writes |
|---|---|---|
| `send` | the folder of mails | |
| `end_orphans`, `end_orphans_NAME` | the engine's containers, the states of their tasks | |
| `look_at_machines` | `machines/`, what workers answer | |
| `look_at_pipelines` | `pipelines/` | |
| `look_at_mounts` | the kernel's list of mounts | |
"""

from microstep_airflow.maintenance import dag_without_day, maintenance

with dag_without_day("maintenance", "*/10 * * * *", __doc__):
    maintenance()
