"""What comes out: reports, marks of groups and members, feedback pages that are safe to open."""
