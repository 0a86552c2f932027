"""Models from a release: supervised fine-tuning, reward models, PPO, DPO, personal reward models.

In: a release and a config. Out: a checkpoint folder that transformers loads. torch lives here and
nowhere else, and importing this package does not import it. May import: analyse and below.
"""
