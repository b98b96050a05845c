"""What the grader and the hand-in share: a sheet's description, notebooks run and printed."""
