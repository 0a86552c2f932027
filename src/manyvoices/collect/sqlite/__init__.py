"""Django's SQLite backend with a queue for writers, and a flush to disk outside of it."""
