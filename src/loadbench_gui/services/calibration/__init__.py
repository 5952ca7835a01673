"""What a request and a punctual departure cost the generator on this machine: measured, doubted, kept."""
