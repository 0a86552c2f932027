"""Participants: consent, who a request belongs to, drafts of what they are writing, completion."""
