"""`overround trading`: what traders set and stop."""
