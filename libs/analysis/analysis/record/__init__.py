"""What models, processed days and predictions are about, and whether two of them fit."""
