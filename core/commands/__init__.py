"""The words of the command line: a file for each group of commands, which reads its options and calls a workflow."""
