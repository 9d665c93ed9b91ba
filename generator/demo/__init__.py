"""The demo: an emulated organization, a real rollout, recorded events, and what came of them."""
