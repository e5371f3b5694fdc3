"""Several machines that work as one: what the commands of `make` that are about them need."""
