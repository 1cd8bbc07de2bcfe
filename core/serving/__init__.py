"""A finished run's model behind HTTP, for programs; what the dashboard is for people."""
