"""What recommenders are usually measured against."""
