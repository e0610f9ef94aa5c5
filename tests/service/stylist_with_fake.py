"""The `stylist` command with the fake recommender for the real one: for tests of whole processes."""

import sys
import types

from fake_recommender import FakeRecommender

module = types.ModuleType("service.recommender")
module.open_recommender = lambda settings: FakeRecommender()
sys.modules[module.__name__] = module

if __name__ == "__main__":
    from service.cli import main

    main()
