"""The rules of the sportsbook: pure functions over values.

Nothing here reads a clock, draws a random number, logs or does I/O; time and identity come
in as arguments. Contexts import only `overround.domain.kernel`.
"""
