"""Labels of many days in `inbox/labels/`: each goes to the day of its row."""
