"""The machines of a stack: which there are, which queue a task of each goes to, and whether its worker answers."""
