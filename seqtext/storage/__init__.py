"""Store model folders on disk, and find models."""
