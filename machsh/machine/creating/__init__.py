"""Creates machines, and resumes creations that ended early."""
