"""Carry out DAG runs with `dag.test()`, one after the other, in a process of their own; argv: the folder, then dag=day …

Prints one line of JSON per run: {"dag", "state", "tasks": {"preprocess_1": "success", …}}. A question to a person is
answered as a person would, in Airflow's API, with the answer that follows the day: dag=day=answer=why.
"""

import importlib
import json
import os
import sys
import threading
import time
import traceback

from airflow.dag_processing.dagbag import DagBag


def run_dag(name, day, *answer):
    dag = DagBag(f"{FOLDER}/{name.rpartition('.')[2]}.py").dags[name]
    if answer:
        # before the thread: two that import Airflow's modules at once may wait for each other for ever
        importlib.import_module("airflow.api_fastapi.core_api.routes.public.hitl")
        threading.Thread(target=answer_or_exit, args=answer, daemon=True).start()
    dag.deadline = None  # dag.test() stores none, and would look for it
    conf = json.loads(day) if day.startswith("{") else {"day": day}
    dag_run = dag.test(logical_date=None, run_conf=conf)
    tasks = {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}": str(ti.state)
        for ti in dag_run.get_task_instances()
    }
    return {"dag": name, "state": str(dag_run.state), "tasks": tasks}


def answer_question(option, why):
    """Answer the one question that is open, by the function behind the API's PATCH … /hitlDetails."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from airflow.models.hitl import HITLDetail
    from airflow.utils.session import create_session
    from sqlalchemy import select

    payload = UpdateHITLDetailPayload(chosen_options=[option], params_input={"why": why} if why else {})
    user = SimpleAuthManagerUser(username="ada", role="admin")
    while True:
        with create_session() as session:
            question = session.scalar(select(HITLDetail).where(HITLDetail.responded_at.is_(None)))
            if question is not None and question.task_instance.state == "awaiting_input":
                print("QUESTION " + json.dumps([question.subject, question.body]), flush=True)
                ti = question.task_instance
                update_hitl_detail(ti.dag_id, ti.run_id, ti.task_id, payload, user, session)
                return
        time.sleep(0.2)


def answer_or_exit(*answer):
    """Without an answer the run would wait for days."""
    try:
        answer_question(*answer)
    except Exception:  # noqa: BLE001 - whatever it is, nobody waits for it
        traceback.print_exc()
        os._exit(1)


FOLDER, *runs = sys.argv[1:]
for run in runs:
    print("DAG_RUN " + json.dumps(run_dag(*run.split("=", 3))), flush=True)
