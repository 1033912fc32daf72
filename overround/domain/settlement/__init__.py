"""Settlement: a result becomes the fate of every leg, and a correction its compensation."""
