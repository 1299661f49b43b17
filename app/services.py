"""Everything wired together from settings: what HTTP and the command line work with."""

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from threadpoolctl import threadpool_limits

from app.access.audit import Audit
from app.access.keys import KeyStore
from app.access.live import LiveKeys
from app.access.rates import RateLimits
from app.counting import caps, cleaning_rules, popularity, retention
from app.disk import free_bytes
from app.equipment import breaker, milvus_store, picture_fetcher, worker_settings
from app.feeds.checkpoints import Checkpoints
from app.feeds.membership import Feed
from app.following import Follower
from app.housekeeping import Chore, Housekeeper
from app.interactions.dossier import Dossiers
from app.interactions.erasure import GRACE, Eraser
from app.interactions.history import Interactions
from app.interactions.lessons import InteractionLessons
from app.interactions.merge import Merger
from app.interactions.peers import PeerHistory
from app.interactions.retention import Sweep
from app.interactions.shown import RecommendationLog
from app.interactions.watch import Watch
from app.measured import MeasuredEmbedder, MeasuredStore
from app.paging import Pages
from app.people.names import Names
from app.people.people import People
from app.people.seeding import Seeding
from app.people.suspects import Suspect, suspects_of
from app.ranking import recommend_settings, together_settings
from app.readiness import Readiness, examine
from app.recommend.people_alike import PeopleFinder
from app.recommend.pipeline import Recommender
from app.scenarios.live import LiveScenarios
from app.scenarios.store import ScenarioStore
from app.schema import upgrade
from app.settings import Settings
from app.telemetry import Metrics
from app.together.keeper import Keeper
from app.together.pairs import Pairs
from app.training import pace, rules, teaching_settings
from embedders import factory
from embedders.behaviour import SPACE as BEHAVIOUR
from indexer.assembly import Assembly, owner_name
from indexer.database import Database
from indexer.errors import IndexerError, StoreUnavailable
from indexer.facts import fact
from indexer.graph import Graph
from indexer.owner import Owner
from indexer.runner import RELEASE_AFTER, JobRunner
from indexer.store import VectorStore
from indexer.sweep import Tried
from indexer.throttle import Throttle

log = structlog.get_logger(__name__)

FOLLOW = timedelta(milliseconds=500)
"""How often a replica looks which generation is live, and whether scenarios or keys changed."""

ASKING = timedelta(seconds=10)
"""People ask while somebody was answered in the last so many seconds."""

TIDY = timedelta(hours=1)
"""How often what is past its retention is deleted, and people are sorted into segments anew."""


class Services:
    """The parts of a running Kindred, each safe for many threads; their calls may block.

    Opening brings the database's schema up to date; nothing else is contacted before `start`.

    Args:
        settings: Checked.
        clock: Gives the time, with an offset.
        store: Another vector store than the one settings name.
        release_after: How long an index that was replaced is kept in memory by the process that
            replaced it, for those who still ask it.

    Raises:
        DatabaseUnavailable, SchemaMismatch: The message says what to do.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        store: VectorStore | None = None,
        release_after: timedelta = RELEASE_AFTER,
    ) -> None:
        self.settings = settings
        self._release_after = release_after
        self.metrics = Metrics()
        self._clock = clock
        self._database = Database(
            settings.database_url, schema=settings.namespace, breaker=breaker(settings)
        )
        upgrade(self._database)
        names = Names(self._database)
        self.people = People(self._database, names)
        self.audit = Audit(self._database)
        self.keys = KeyStore(self._database)
        self.live_keys = LiveKeys(self.keys, settings.api_keys, always=settings.require_key)
        self.live_keys.refresh()
        self.rates = RateLimits(time.monotonic)
        recommending = recommend_settings(settings)
        self._assembly = Assembly(
            self._database,
            MeasuredStore(store if store is not None else milvus_store(settings), self.metrics),
            picture_fetcher(settings, tell=self.metrics.strain.fetched),
            self._embedder,
            settings.embedder_specifications(),
            factory.prior_mean,
            cached_items=settings.cached_items,
            clock=clock,
            namespace=settings.namespace,
            resolve=factory.resolve,
            kept_picture=self.people.picture,
            patience=settings.ask_timeout,
            cached_questions=settings.cached_questions,
            lessons=InteractionLessons(
                self._database, recommending.evidence, rules(settings), throttle=self._pacing
            ),
            teaching=teaching_settings(settings),
            pace=pace(settings),
            breaker=breaker(settings),
            throttle=self._pacing,
        )
        self._watch()
        self.catalogue = self._assembly.catalogue
        self.queue = self._assembly.queue
        self.jobs = self._assembly.jobs
        self.popularity = popularity(settings, self._database)
        self.popularity.prepare()
        self.seeding = Seeding(self.popularity, self.catalogue)
        kept = retention(settings)
        self.interactions = Interactions(
            self._database, self.popularity, self.people, caps=caps(settings), retention=kept
        )
        self.eraser = Eraser(self._database, self.popularity, self.people)
        self.dossiers = Dossiers(self._database, self.people)
        self._sweep = Sweep(self._database, self.popularity, kept)
        self._machines = Watch(self._database, self.popularity, cleaning_rules(settings))
        self.pairs = Pairs(self._database)
        self.recommender = self.recommending(settings)
        self.people_finder = PeopleFinder(
            self._assembly.index,
            self.interactions,
            PeerHistory(self._database),
            self.popularity,
            recommending,
        )
        self.log = RecommendationLog(self._database, names.salt)
        # Of the data, not of a process: any replica, and the next start, reads these tokens.
        secret = fact(self._database, "page_secret", lambda: secrets.token_hex(32))
        self.pages = Pages(bytes.fromhex(secret))
        self.merger = Merger(self._database, self.log.person)
        self.scenarios = ScenarioStore(self._database)
        self.live_scenarios = LiveScenarios(self.scenarios)
        self.live_scenarios.refresh()
        self._owner: Owner | None = None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def engine(self) -> str:
        """What and where the vector store is, without secrets."""
        return self._assembly.store.engine

    @property
    def generation(self) -> int | None:
        """The generation that answers, or None."""
        return self._assembly.index.following

    @property
    def spaces(self) -> frozenset[str] | None:
        """Names of spaces that can be weighed in the generation that answers; None without one.

        Behaviour is one of them before it has been learned; until then it weighs nothing.
        """
        held = self.held_spaces
        return None if held is None else held | {BEHAVIOUR}

    @property
    def held_spaces(self) -> frozenset[str] | None:
        """Names of the spaces of the generation that answers; None without one."""
        try:
            snapshot = self._assembly.index.snapshot()
        except StoreUnavailable:
            return None
        return frozenset(space.name for space in snapshot.layout.spaces)

    def start(self, *, work: bool | None = None) -> None:
        """Begin following the index, and working as settings say unless told otherwise.

        Returns at once; readiness tells how far it is.
        """
        # Ranking's products are small: on two busy cores two BLAS threads made grouping 200 items
        # take 63 ms, one 8 ms. Models have threads of their own (KINDRED_THREADS).
        threadpool_limits(limits=1, user_api="blas")
        self.log.start()
        # Each followed by its own, as loading an index takes long.
        threads: dict[str, Callable[[], None]] = {
            "follow-index": self._follower("index", self._assembly.index.refresh).run,
            "follow-scenarios": self._follower("scenarios", self.live_scenarios.refresh).run,
            "follow-keys": self._follower("keys", partial(self.live_keys.follow, self._clock)).run,
            "finish-erasures": self._follower("erasures", self._finish_erasures).run,
            "tidy": self._housekeeper().run,
        }
        if work if work is not None else self.settings.worker == "thread":
            self._owner = self._assembly.owner(
                owner_name(), worker_settings(self.settings), release_after=self._release_after
            )
            self._owner.start()
            threads["together"] = self._keeper(owner_name()).run
        for name, target in threads.items():
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the worker after its batch, write the log out, close everything. Idempotent."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._owner is not None:
            self._owner.stop()
        self._assembly.questions.close()
        for thread in self._threads:
            thread.join()
        try:
            self.live_keys.keep_uses(now=self._clock(), at_once=True)
        except IndexerError as error:
            log.warning("uses_of_keys_not_kept", reason=str(error))
        self.log.stop()
        self._assembly.store.close()
        self._database.close()

    def suspects(self, *, after: str = "", limit: int = 1_000) -> list[Suspect]:
        """List who may be a machine, in the order of user_id, from the one after `after` on."""
        return suspects_of(self._database, after=after, limit=limit)

    def recommending(self, settings: Settings) -> Recommender:
        """Make a recommender over these parts that ranks by other settings.

        Counts and the index stay as they are: what those depend on is taken from `self.settings`.
        """
        return Recommender(
            self._assembly.index,
            self.interactions,
            self.popularity,
            self.catalogue,
            recommend_settings(settings),
            pairings=self.pairs,
        )

    def checkpoints(self, *, anew: bool = False) -> Checkpoints:
        """Where imports remember how far they came; `anew` finds nothing of earlier ones."""
        return Checkpoints(self._database, anew=anew)

    def feed(self, url: str) -> Feed:
        """What is known of a feed by its address."""
        return Feed(self._database, url)

    def wake_worker(self) -> None:
        """Tell a worker in this process that there is work."""
        if self._owner is not None:
            self._owner.wake()

    def open_index(self) -> None:
        """Contact the vector store now, for a process that needs it at once.

        Raises:
            StoreUnavailable, OwnedElsewhere: It cannot be had.
        """
        self._assembly.store.collections()

    def swept(
        self,
        built: Sequence[Graph],
        widths: Sequence[int],
        *,
        weights: Mapping[str, float],
        sample: int,
        progress: Callable[[str, int, int], None],
    ) -> list[Tried]:
        """Try graphs and widths on the live index: `indexer.sweep.Sweep.run`.

        Raises:
            StoreUnavailable, OwnedElsewhere: It cannot be had, or there is none yet.
        """
        live = self._assembly.generations.live(self.engine)
        if live is None or live.geometry is None:
            raise StoreUnavailable("no index has been built yet")
        self._assembly.store.load(live.collection)
        return self._assembly.sweep().run(
            live, weights, built, widths, sample=sample, progress=progress
        )

    def job_runner(self) -> JobRunner:
        """Make a runner for jobs, for a process that owns the index only as long as one takes."""
        return self._assembly.runner(owner_name(), release_after=timedelta(0))

    def trained_at(self) -> datetime | None:
        """When what the live generation knows of behaviour was learned, or None.

        Raises:
            DatabaseUnavailable: SQL cannot be read.
        """
        live = self._assembly.generations.live(self.engine)
        return None if live is None else live.trained_at

    def readiness(self, *, now: datetime) -> Readiness:
        """Look at every part; bounded in time by their time-outs."""
        return examine(
            self._database, self._assembly, self._owner, now=now, folder=self.settings.data_dir
        )

    def _pacing(self) -> Throttle:
        """Make what leaves to people what they need, wherever they ask: the log is of all."""
        if self.settings.bulk_share == 1:
            return Throttle()
        return Throttle(
            lambda: self.log.asked_since(self._clock() - ASKING),
            share=self.settings.bulk_share,
            floor=self.settings.bulk_floor,
            tell=self.metrics.strain.rested,
        )

    def _watch(self) -> None:
        strain = self.metrics.strain
        strain.watch_breaker("database", self._database.breaker)
        strain.watch_breaker("index", self._assembly.index.breaker)
        strain.watch_indexing(lambda: self._owner is not None and self._owner.problem is not None)
        strain.watch_disk(lambda: free_bytes(self.settings.data_dir))

    def _keeper(self, owner: str) -> Keeper:
        """Make what keeps pairs counted."""
        return Keeper(
            self._database,
            together_settings(self.settings),
            owner,
            every=self.settings.together_every,
            stopping=self._stopping,
            clock=self._clock,
            tell=lambda report: self.metrics.paired(None if report is None else report.pairs),
            throttle=self._pacing,
        )

    def _embedder(self, specification: str) -> MeasuredEmbedder:
        made = factory.make(specification, self.settings.embedder_options())
        return MeasuredEmbedder(made, self.metrics)

    def _follower(self, what: str, look: Callable[[], object]) -> Follower:
        return Follower(
            what,
            look,
            every=FOLLOW,
            at_most=self.settings.database_timeout,
            stopping=self._stopping,
        )

    def _finish_erasures(self) -> None:
        """Delete what whoever began an erasure, here or elsewhere, did not come to."""
        self.eraser.finish(before=self._clock() - GRACE, stopping=self._stopping.is_set)

    def _housekeeper(self) -> Housekeeper:
        """Make what deletes what is past its retention, and looks after people."""
        settings, stopping = self.settings, self._stopping.is_set
        shown = settings.recommendation_retention
        chores: dict[str, Chore] = {
            "operations": lambda now: self.catalogue.forget_operations(
                before=now - settings.operation_retention
            ),
            "answers": lambda now: self.log.forget(before=now - shown),
            "segments": lambda now: self.people.measure(now=now, unless_within=TIDY / 2),
            "audit": lambda now: self.audit.forget(before=now - settings.audit_retention),
            # As long as there are answers made under them.
            "scenarios": lambda now: self.scenarios.forget(before=now - shown),
            "interactions": lambda now: self._sweep.run(now=now, stopping=stopping),
            "machines": lambda now: self._machines.look(now=now, stopping=stopping),
        }
        return Housekeeper(chores, every=TIDY, clock=self._clock, stopping=self._stopping)
