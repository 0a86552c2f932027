"""``manyvoices evaluate refusals``: what models refuse, rightly and wrongly, and who says so."""
