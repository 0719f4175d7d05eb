"""Explorers: the interactive part of the lessons, thin over their modules."""
