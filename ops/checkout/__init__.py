"""This checkout and its stack: its settings, commands in it, and whose its containers and volumes are."""
