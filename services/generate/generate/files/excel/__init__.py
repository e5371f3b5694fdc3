"""Workbooks of Excel: their sheets as tables, and what of their cells no reader gives."""
