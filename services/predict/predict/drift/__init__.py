"""A predicted day beside the training of its champion."""
