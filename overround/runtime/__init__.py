"""What runs agents: the values that describe them and the two engines that carry them."""
