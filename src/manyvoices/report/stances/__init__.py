"""The page of stances: what ``results.json`` of ``manyvoices evaluate stances`` holds, drawn."""
