"""Several sessions side by side: progress, comparison, quality. Pure; rows come from the store."""
