"""What `loadbench http` can be told: how values are read, and what each group of options builds of the plan."""
