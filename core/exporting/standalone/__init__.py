"""Programs that leave with a model and run without this project; they import nothing of it."""
