"""The survey stage: pages of questions, and the answers to them."""
