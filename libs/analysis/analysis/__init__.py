"""What several steps measure and draw alike: drift, plots, pages."""
