"""Kills of everything, at random, while everything flows in: is anything lost, or there twice?"""
