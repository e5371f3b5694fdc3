"""The step that brings data in."""
