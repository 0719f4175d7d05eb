"""A class graded with nbgrader."""
