"""Shutting the runner in: bubblewrap, limits, and a watch from outside."""
