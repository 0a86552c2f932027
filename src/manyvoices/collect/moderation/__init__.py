"""One queue of what needs a person's decision, with context, a reason and an undo.

In: reports and appeals by contributors, flags that other rooms raise, reviews that are split. Out:
decisions about messages, trees and people, each with its entry in the audit log.
"""
