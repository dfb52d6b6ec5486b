"""From a checkpoint to the files that vseal reads."""
