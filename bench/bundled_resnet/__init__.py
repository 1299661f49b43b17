"""Trains and measures the small ResNet that is shipped with Kindred (embedders/weights)."""
