"""The conversations stage: turns with several anonymous responders, ratings, feedback."""
