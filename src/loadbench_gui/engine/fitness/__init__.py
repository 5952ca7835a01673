"""Is the generator fit? Pure judgement on the evidence that the workers and the machine gave about themselves."""
