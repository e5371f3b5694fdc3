"""Mails about runs: when one is due, what it says, and how it reaches the mail server."""
