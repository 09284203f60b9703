"""What an outside judge would do: a plain DAP client of its own, real programs, edits on disk."""
