"""The web pages: they read the serving file, and nothing else."""
