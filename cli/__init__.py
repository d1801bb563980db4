"""The command line: each command converts its arguments, calls one pipeline and reports."""
