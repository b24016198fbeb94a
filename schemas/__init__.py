"""The contracts every room shares. Imports nothing of ours."""
