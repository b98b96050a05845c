"""Wrong answers to sheet 2, a module for each notebook."""
