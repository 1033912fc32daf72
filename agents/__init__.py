"""The agents: one inbox each, thin; they carry, the domain decides."""
