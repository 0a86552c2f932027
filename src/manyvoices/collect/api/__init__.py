"""The typed HTTP interface for programs: health and progress, described by OpenAPI."""
