"""The pages that people look at: HTML, plots as SVG, and the index of all reports."""
