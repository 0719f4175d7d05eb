"""What makes, checks and publishes the course: ``python -m course_tools COMMAND``."""
