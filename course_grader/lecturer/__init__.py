"""For those who own the sheet: running the solutions, and a demo of the whole loop."""
