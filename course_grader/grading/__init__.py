"""A whole class: what is new is marked by many workers and entered in the gradebook."""
