"""Score one day's rows with the champion."""
