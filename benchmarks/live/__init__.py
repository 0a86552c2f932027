"""Parts of the benchmarks that run whole servers: study, people, bots, measures, proof."""
