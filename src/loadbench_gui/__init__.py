"""loadbench: which deployment is better for my workload, by how much, and can I believe it?"""

__version__ = "0.1.0"
