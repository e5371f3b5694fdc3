"""What people see of a judgement: the HTML report, its plots, and the run in MLflow."""
