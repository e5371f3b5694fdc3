"""`generate split`: one table of many days into a folder for each day, as the source `files` reads them."""
