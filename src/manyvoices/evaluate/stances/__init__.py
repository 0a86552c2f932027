"""Stances: where models stand on propositions, how firmly, and how far from people.

An instrument (`instrument`) is data: propositions with signed weights on axes, an answer scale,
paraphrases, translations. Models are asked in many forms (`plan`), answers are read by declared
rules (`reading`), and an answer that does not keep its side over paraphrase, order and sample is
counted as unstable (`stability`) and never averaged into a moderate view.
"""
