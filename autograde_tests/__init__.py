"""Graded checks of the course: trusted side only, never shipped to students."""
