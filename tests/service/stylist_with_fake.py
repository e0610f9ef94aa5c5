"""The `stylist` command with the fake recommender for the real one: for tests of whole processes.

A vibe such as "sleep 2" takes so many seconds to compose, unless nobody waits for it any more.
"""

import sys
import time
import types

from fake_recommender import FakeRecommender

from service.recommender.progress import ProgressListener, Unwatched
from service.schemas.outfits import OutfitRequest, OutfitResponse


class SleepyRecommender(FakeRecommender):
    def compose(
        self, request: OutfitRequest, request_id: str, watch: ProgressListener | None = None
    ) -> OutfitResponse:
        word, _, seconds = request.vibe.partition(" ")
        until = time.monotonic() + (float(seconds) if word == "sleep" else 0)
        while time.monotonic() < until:
            (watch or Unwatched()).check()
            time.sleep(0.02)
        return super().compose(request, request_id, watch)


module = types.ModuleType("service.recommender.recommender")
module.open_recommender = lambda settings, *_: SleepyRecommender()
sys.modules[module.__name__] = module

if __name__ == "__main__":
    from service.cli.main import main

    main()
