"""From compose files on disk to one merged document of plain values."""
