"""Starting and stopping: the database, the web server and the runner as one command."""
