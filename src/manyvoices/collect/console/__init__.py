"""What a researcher sees of a study: progress, people, conversations, failures."""
