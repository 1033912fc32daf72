"""`overround plot`: what became of a match, as a picture and in the terminal."""
