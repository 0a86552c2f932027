"""What makes a project a community: points, levels, streaks, boards, reactions, notes to oneself.

None of it is shown inside a task, and none of it exists where the project says
``community: false``. In: rows of trees. Out: pages for contributors.
"""
