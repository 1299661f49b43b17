"""What `kindred doctor` looks at: one module a part, small checks that change nothing."""
