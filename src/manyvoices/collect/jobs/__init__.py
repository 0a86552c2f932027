"""Work that no web request waits for: a table of leased jobs, and the runner that does them."""
