"""Wrong answers that the checks must refuse: typical mistakes of students."""
