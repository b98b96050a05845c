"""What a group runs before it hands in: notebooks run, looked through, printed and packed.

It comes with the students' bundle and imports nothing else of the course but
`course_notebooks`.
"""
