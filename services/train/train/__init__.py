"""The step that finds a challenger: candidates compared by cross-validation, the best one fitted and registered."""
