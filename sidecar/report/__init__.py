"""What jobs are made to say about themselves: findings, tables, traces and pages. Pure."""
