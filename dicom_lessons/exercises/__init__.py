"""Exercises: the checks, hints and explanations, one module per lesson."""
