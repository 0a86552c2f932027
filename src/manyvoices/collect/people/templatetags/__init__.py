"""Template tags of the participant's pages."""
