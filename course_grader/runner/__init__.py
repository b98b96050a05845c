"""All of ours that a sandbox sees: it runs students' cells and answers the questions of tests."""
