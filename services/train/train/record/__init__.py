"""What a training leaves besides its model: the card, the run in MLflow, the fits for its next try."""
