"""From what was read to what is shown: no query here, so that templates cost none either."""
