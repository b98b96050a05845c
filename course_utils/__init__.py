"""Physics and plumbing that the course notebooks import; never an answer to a task."""
