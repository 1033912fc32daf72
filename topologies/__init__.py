"""The agents joined: the sportsbook as one value, its drawing, and its Faust apps."""
