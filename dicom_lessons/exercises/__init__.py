"""The exercise system: it reads a room's exercises.md, judges answers, and says why."""
