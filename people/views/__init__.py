"""Pages that belong to no one kind of work: log in, home, and the way to everything else."""
