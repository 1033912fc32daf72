"""`overround evaluate`: what the models' probabilities were worth on matches that were played."""
