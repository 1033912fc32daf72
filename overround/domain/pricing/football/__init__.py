"""Football: two goal rates and the state of play become the price of every selection."""
