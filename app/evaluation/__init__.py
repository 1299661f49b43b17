"""The evaluation laboratory: logs, splits, metrics, baselines and comparisons; no services."""
