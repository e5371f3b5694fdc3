"""What Microstep needs of a machine: what doctor asks, and how it judges the answers."""
