"""`make step`: a step besides the five, in its place in everything that must know of it."""
